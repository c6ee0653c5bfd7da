import { isMeant } from './dead-letter.ts';
import { type ExplainedLetter, lastReasonOf } from './letter-reasons.ts';

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
  return isFiltered(letter, choice.filter, now);
}

/** Whether a filter lets a letter through. */
export function isFiltered(
  letter: ExplainedLetter,
  { reason, type, olderThanMs }: LetterFilter,
  now: Date,
): boolean {
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

/** Whether all that is there would fail again, so that sending it again is nothing to offer. `unread`: how many more there are. */
export function allWouldFailAgain(letters: readonly ExplainedLetter[], unread: number): boolean {
  return unread === 0 && letters.every(isFinal);
}

/** What to expect of so many that no retry can mend; nothing of none. */
export function finalText(count: number): string {
  if (count === 0) return '';
  const [fail, them] = count === 1 ? ['1 fails', 'it'] : [`${count} fail`, 'them'];
  return `${fail} again if you resend ${them}, unless you deployed another version since.`;
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads 90m, 24h or 7d; `undefined`: it is none of these. */
export function durationMs(given: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(given) ?? [];
  const length = unit === 'm' || unit === 'h' || unit === 'd' ? unitMs[unit] : 0;
  return length > 0 ? Number(count) * length : undefined;
}
