import type { DeadLetter } from './dead-letter.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { DeadLetterQueue, DeadLetterQueues } from './dead-letter-queues.ts';
import type { ExplainedLetter } from './explain-dead-letters.ts';
import { type Fate, moveMessages } from './move-messages.ts';
import { queueStatus } from './queue-status.ts';
import type { ReceivedMessage } from './received-message.ts';
import { type Walked, walkQueue } from './walk-queue.ts';

/** Which of the dead letters. */
export type Wanted =
  | { kind: 'all' }
  | { kind: 'chosen'; isChosen: (letter: DeadLetter) => boolean }
  /** Where it takes the reasons to tell, which have to be looked up. */
  | { kind: 'explained'; isChosen: (letter: ExplainedLetter) => boolean };

export type Resent = Walked & {
  counts: Record<Fate | 'left' | 'newer', number>;
  /** About how many it did not meet, because another reader hid them. SQS's counts lag by up to a minute. */
  unseen: number;
  /** What came in since is left alone. */
  startedAt: Date;
};

/**
 * Moves dead letters back to where they came from. What dies again while this goes on, or comes in newly, is left
 * alone, so that it ends. Safe to interrupt and to run twice: what is in both queues then is applied once.
 */
export async function resendDeadLetters(
  { name, url, sourceUrl }: DeadLetterQueue,
  wanted: Wanted,
  parts: Pick<
    DeadLetterQueues,
    'sqs' | 'explain' | 'now' | 'isStopped' | 'progress' | 'waitSeconds' | 'shownAfterSeconds'
  > &
    Readonly<{ /** When a run began that this one goes on with. */ since?: Date | undefined }>,
  counts: Resent['counts'],
): Promise<Resent> {
  const { sqs, explain, isStopped, waitSeconds, shownAfterSeconds } = parts;
  const { at, visible, hidden } = await queueStatus(sqs, url, parts.now);
  const startedAt = parts.since ?? at;

  let newer = 0;

  async function chosen(messages: readonly ReceivedMessage[]): Promise<Set<ReceivedMessage>> {
    if (wanted.kind === 'all') return new Set(messages);
    const letters = messages.map((message) => deadLetterOf(name, message));
    if (wanted.kind === 'chosen') {
      return new Set(messages.filter((_, index) => isTrue(letters[index], wanted.isChosen)));
    }
    const explained = await explain(letters);
    return new Set(messages.filter((_, index) => isTrue(explained[index], wanted.isChosen)));
  }

  async function visit(messages: readonly ReceivedMessage[]): Promise<ReceivedMessage[]> {
    const older = messages.filter(({ sentAt }) => sentAt < startedAt);
    const selected = await chosen(older);
    counts.newer += messages.length - older.length;
    newer += messages.length - older.length;
    counts.left += older.length - selected.size;
    const way = { from: url, to: sourceUrl };
    const { fates, failure } = await moveMessages(sqs, way, [...selected]);
    for (const fate of fates.values()) counts[fate] += 1;
    if (failure) throw failure.reason;
    const done = counts.moved + counts.copied + counts.refused + counts.left;
    parts.progress(`${name}: ${done} of about ${Math.max(visible, done)}, ${counts.moved} resent`);
    return messages.filter((message) => fates.get(message) !== 'moved');
  }

  const how = { queueUrl: url, waitSeconds, shownAfterSeconds, isStopped };
  const walked = await walkQueue(sqs, { ...how, visit });
  const older = walked.met - newer;
  return { ...walked, counts, startedAt, unseen: Math.max(0, visible + hidden - older) };
}

export const noneYet = (): Resent['counts'] => ({
  moved: 0,
  copied: 0,
  refused: 0,
  left: 0,
  newer: 0,
});

function isTrue<T>(letter: T | undefined, isChosen: (letter: T) => boolean): boolean {
  return letter !== undefined && isChosen(letter);
}
