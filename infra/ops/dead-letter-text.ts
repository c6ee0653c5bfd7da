import { noReason } from '#shared/aws/failure-row.ts';
import type { ExplainedLetter } from '#shared/dead-letters/explain-dead-letters.ts';
import { ageText } from './age-text.ts';
import { columns } from './columns.ts';

export type ShownHow = Readonly<{ now: Date; address: (address: string) => string }>;

const longestReason = 120;

/** SQS keeps a message for so long after it was first sent. */
const keptMs = 14 * 86_400_000;

export function deadLetterRows(letters: readonly ExplainedLetter[], how: ShownHow): string[] {
  const rows = letters.map((letter) => [
    letter.queue,
    letter.id,
    letter.type,
    ageText(how.now.getTime() - letter.since.getTime()),
    String(receivesOf(letter)),
    who(letter, how),
    reasonsOf(letter),
  ]);
  return columns([['QUEUE', 'ID', 'TYPE', 'AGE', 'RECEIVES', 'CONTACT', 'REASON'], ...rows]);
}

/** How many there are of each reason, the most frequent first. */
export function reasonRows(counts: ReadonlyMap<string, number>, most: number): string[] {
  const all = [...counts].sort(([, a], [, b]) => b - a);
  const rows = all.slice(0, most).map(([reason, count]) => [`${count} ×`, shortened(reason)]);
  const more = all.length - most;
  return [...columns(rows), ...(more > 0 ? [`… and ${more} other reasons`] : [])];
}

export function deadLetterLines(letter: ExplainedLetter, how: ShownHow): string[] {
  const { failure } = letter;
  const age = (date: Date) => ageText(how.now.getTime() - date.getTime());
  const left = ageText(letter.sentAt.getTime() + keptMs - how.now.getTime());
  const rows: [string, string | undefined][] = [
    ['id', letter.id],
    ['queue', letter.queue],
    ['type', letter.type],
    ['webhook', letter.webhookId],
    ['since', `${letter.since.toISOString()}, ${age(letter.since)} ago`],
    ['contact', letter.email && how.address(letter.email)],
    ['customer', letter.customerId],
    ['receives', String(receivesOf(letter))],
    ['first reason', failure ? `${failure.firstReason} (${failure.firstAt})` : noReason],
    ['last reason', failure && `${failure.lastReason} (${failure.lastAt})`],
    ['kept by SQS', `for ${left} more`],
    ['SQS message', letter.messageId],
  ];
  const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const advice = failure?.isFinal
    ? 'No retry by itself can mend it: it takes another version of the code, or has to be discarded.'
    : 'It was retried for about an hour and a half. Remove the cause, then resend it.';
  return [...columns(known), '', advice];
}

export function lastReasonOf({ failure }: ExplainedLetter): string {
  return failure?.lastReason ?? noReason;
}

/** By the function, where it could note that; SQS's own count grows with each look at a dead letter. */
function receivesOf({ failure, receives }: ExplainedLetter): number {
  return failure?.attempts ?? receives;
}

function who({ email, customerId }: ExplainedLetter, { address }: ShownHow): string {
  if (email !== undefined) return address(email);
  return customerId === undefined ? '' : `customer ${customerId}`;
}

function reasonsOf(letter: ExplainedLetter): string {
  const last = shortened(lastReasonOf(letter));
  const first = letter.failure?.firstReason;
  return first === undefined || first === letter.failure?.lastReason
    ? last
    : `${last} (at first: ${shortened(first)})`;
}

function shortened(reason: string): string {
  return reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
}
