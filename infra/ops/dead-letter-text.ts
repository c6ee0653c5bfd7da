import { ageText } from '#shared/age-text.ts';
import { noReason } from '#shared/aws/failure-row.ts';
import type { ExplainedLetter } from '#shared/dead-letters/explain-dead-letters.ts';
import {
  firstReasonOf,
  keptUntil,
  lastReasonOf,
  prospectOf,
  receivesOf,
} from '#shared/dead-letters/letter-reasons.ts';
import { columns } from './columns.ts';

export type ShownHow = Readonly<{ now: Date; address: (address: string) => string }>;

const longestReason = 120;

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
  const left = ageText(keptUntil(letter).getTime() - how.now.getTime());
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
  return [...columns(known), '', prospectOf(letter)];
}

function who({ email, customerId }: ExplainedLetter, { address }: ShownHow): string {
  if (email !== undefined) return address(email);
  return customerId === undefined ? '' : `customer ${customerId}`;
}

function reasonsOf(letter: ExplainedLetter): string {
  const last = shortened(lastReasonOf(letter));
  const first = firstReasonOf(letter);
  return first === undefined ? last : `${last} (at first: ${shortened(first)})`;
}

function shortened(reason: string): string {
  return reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
}
