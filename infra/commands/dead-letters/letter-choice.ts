import { Advice } from '#infra/terminal/advice.ts';
import { isMeant } from '#shared/queue/dead-letters/dead-letter.ts';
import { type ExplainedLetter, lastReasonOf } from '#shared/queue/dead-letters/letter-reasons.ts';

/** Which dead letters of the queues that were named. All that is given must fit. */
export type LetterFilter = Readonly<{
  /** A part of the first or the last reason. */
  reason?: string | undefined;
  type?: string | undefined;
  /** So long ago it happened. */
  olderThanMs?: number | undefined;
}>;

export type LetterChoice =
  | Readonly<{ kind: 'all' }>
  | Readonly<{ kind: 'id'; id: string }>
  | Readonly<{ kind: 'filter'; filter: LetterFilter }>;

/** Whether a letter is one of those. */
export function isChosen(letter: ExplainedLetter, choice: LetterChoice, now: Date): boolean {
  if (choice.kind === 'all') return true;
  if (choice.kind === 'id') return isMeant(letter, choice.id);
  const { reason, type, olderThanMs } = choice.filter;
  const text = reason?.toLowerCase();
  const reasons = [letter.failure?.firstReason, lastReasonOf(letter)];
  return (
    (text === undefined || reasons.some((one) => one?.toLowerCase().includes(text))) &&
    (type === undefined || letter.type === type) &&
    (olderThanMs === undefined || now.getTime() - letter.since.getTime() > olderThanMs)
  );
}

export function isFinal({ failure }: ExplainedLetter): boolean {
  return failure?.isFinal ?? false;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads 90m, 24h or 7d. Throws Advice about anything else. */
export function durationMs(given: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(given) ?? [];
  const length = unit === 'm' || unit === 'h' || unit === 'd' ? unitMs[unit] : 0;
  if (length > 0) return Number(count) * length;
  throw new Advice(`--older-than is a time such as 90m, 24h or 7d, not "${given}".`);
}
