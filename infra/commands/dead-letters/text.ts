import { shortened } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { isFinal } from '#shared/queue/dead-letters/letter-choice.ts';
import {
  ageText,
  type ExplainedLetter,
  firstReasonOf,
  keptUntil,
  lastReasonOf,
  noReason,
  prospectOf,
  receivesOf,
} from '#shared/queue/dead-letters/letter-reasons.ts';

export type ShownHow = Readonly<{ now: Date; address: (address: string) => string }>;

export function deadLetterRows(letters: readonly ExplainedLetter[], how: ShownHow): string[] {
  const rows = letters.map((letter) => [
    letter.queue,
    letter.id,
    letter.type,
    ageText(how.now.getTime() - letter.since.getTime()),
    String(receivesOf(letter)),
    who(letter, how),
    `${isFinal(letter) ? 'final: ' : ''}${reasonsOf(letter)}`,
  ]);
  return columns([['QUEUE', 'ID', 'TYPE', 'AGE', 'RECEIVES', 'CONTACT', 'REASON'], ...rows]);
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

/** One dead letter for a program. */
export function letterDocument(letter: ExplainedLetter, address: ShownHow['address']) {
  const { queue, id, messageId, webhookId, type, since, email, customerId, failure } = letter;
  return {
    ...{ queue, id, type },
    webhookId: webhookId ?? null,
    customerId: customerId ?? null,
    email: email === undefined ? null : address(email),
    since: since.toISOString(),
    keptUntil: keptUntil(letter).toISOString(),
    receives: receivesOf(letter),
    failure: failure ?? null,
    sqsMessageId: messageId,
  };
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
