import { noReason } from '#shared/aws/failure-row.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { ExplainedLetter } from './explain-dead-letters.ts';

/** SQS keeps a message for so long after it was first sent. */
const keptMs = 14 * 86_400_000;

export function lastReasonOf({ failure }: ExplainedLetter): string {
  return failure?.lastReason ?? noReason;
}

/** Where it is another one than the last. */
export function firstReasonOf({ failure }: ExplainedLetter): string | undefined {
  return failure?.firstReason === failure?.lastReason ? undefined : failure?.firstReason;
}

/** By the function, where it could note that; SQS's own count grows with each look at a dead letter. */
export function receivesOf({ failure, receives }: ExplainedLetter): number {
  return failure?.attempts ?? receives;
}

export function keptUntil({ sentAt }: DeadLetter): Date {
  return new Date(sentAt.getTime() + keptMs);
}

/** What a person can expect of sending it again. */
export function prospectOf({ failure }: ExplainedLetter): string {
  return failure?.isFinal
    ? 'No retry by itself can mend it: it takes another version of the code, or has to be discarded.'
    : 'It was retried for about an hour and a half. Remove the cause, then resend it.';
}
