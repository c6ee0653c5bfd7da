import {
  DeleteMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import type { Failures } from '#shared/queue/failures.ts';
import {
  copyOf,
  type DeadLetter,
  deadLetterOf,
  type KeptMessage,
  type ReceivedMessage,
} from './dead-letter.ts';
import type { DeadLetterQueue, DeadLetterQueues, ExplainedLetter } from './letter-reasons.ts';
import { findDeadLetters, queueStatus, type Walked, walkQueue } from './walk-queue.ts';

type Fate =
  | 'moved'
  /** The copy is where it belongs, but the original could not be removed: it is in both queues. */
  | 'copied'
  /** SQS does not take the copy. */
  | 'refused';

/** What SQS says, after a prefix at times, of a message that it will never take. Other errors are not the message's own. */
const refusals = new Set([
  'InvalidMessageContents',
  'InvalidParameterValue',
  'MessageTooLong',
  'InvalidAttributeValue',
]);

type Moved = Readonly<{
  /** Of each message but those on which the queues did not answer. */
  fates: ReadonlyMap<ReceivedMessage, Fate>;
  /** Why they did not, if so. */
  failure: { reason: unknown } | undefined;
}>;

/**
 * Moves up to ten messages into another queue. Each is there before it is removed here, so a crash at any moment
 * leaves it in one queue or in both, never in none.
 */
async function moveMessages(
  sqs: SQSClient,
  { from, to }: Readonly<{ from: string; to: string }>,
  messages: readonly ReceivedMessage[],
): Promise<Moved> {
  const sent = await Promise.allSettled(messages.map((message) => send(sqs, to, message)));
  const fates = new Map<ReceivedMessage, Fate>();
  for (const [index, message] of messages.entries()) {
    const end = sent[index];
    if (end?.status === 'fulfilled') fates.set(message, end.value);
  }
  const copied = messages.filter((message) => fates.get(message) === 'copied');
  try {
    const kept = await removeMessages(sqs, from, copied);
    for (const message of copied) if (!kept.has(message)) fates.set(message, 'moved');
  } catch (reason) {
    return { fates, failure: { reason } };
  }
  return { fates, failure: sent.find((end) => end.status === 'rejected') };
}

async function send(sqs: SQSClient, to: string, message: ReceivedMessage): Promise<Fate> {
  try {
    await sqs.send(new SendMessageCommand({ QueueUrl: to, ...copyOf(message) }));
    return 'copied';
  } catch (error) {
    const code = error instanceof SQSServiceException ? error.name.split('.').at(-1) : undefined;
    if (code !== undefined && refusals.has(code)) return 'refused';
    throw error;
  }
}

/** Removes up to ten messages that were just received. Gives those that SQS did not remove. */
async function removeMessages(
  sqs: SQSClient,
  queueUrl: string,
  messages: readonly ReceivedMessage[],
): Promise<Set<ReceivedMessage>> {
  if (messages.length === 0) return new Set();
  const { Failed = [] } = await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: messages.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
      })),
    }),
  );
  const ids = new Set(Failed.map(({ Id }) => Id));
  return new Set(messages.filter((_, index) => ids.has(String(index))));
}

type Discarding = Parameters<typeof findDeadLetters>[0] &
  Pick<DeadLetterQueues, 'queues'> &
  Readonly<{
    failures: Pick<Failures, 'clear'>;
    /** Keeps the content, before it goes. */
    keep: (letter: ExplainedLetter, message: ReceivedMessage) => Promise<unknown>;
  }>;

/**
 * Takes the dead letters with these message ids away for good, and what was kept of why they died, unless others share it.
 * Gives how many went: one that is with another reader at the moment stays.
 */
export async function discardDeadLetters(
  parts: Discarding,
  messageIds: ReadonlySet<string>,
): Promise<number> {
  const discarded: DeadLetter[] = [];
  const shared = new Set<string>();
  const { isWhole } = await findDeadLetters(
    parts,
    ({ messageId, failureId }) => {
      const isOne = messageIds.has(messageId);
      if (!isOne) shared.add(failureId);
      return isOne;
    },
    async (page) => {
      for (const [letter, message] of page) await parts.keep(letter, message);
      const messages = page.map(([, message]) => message);
      const url = parts.queues.find(({ name }) => name === page[0]?.[0].queue)?.url ?? '';
      const left = await removeMessages(parts.sqs, url, messages);
      const gone = page.filter(([, message]) => !left.has(message));
      discarded.push(...gone.map(([letter]) => letter));
      for (const [letter, message] of page) if (left.has(message)) shared.add(letter.failureId);
      return new Set(gone.map(([, message]) => message));
    },
  );
  // A row that stays behind says nothing wrong, and goes by itself after a month.
  const reasons = isWhole ? new Set(discarded.map(({ failureId }) => failureId)) : [];
  for (const id of reasons) if (!shared.has(id)) await parts.failures.clear(id).catch(() => {});
  return discarded.length;
}

type PutBack = { kind: 'put' } | { kind: 'other-queue'; queue: string };

/**
 * Puts messages that were kept among the dead letters again, with why they died: all, or none where one has no queue
 * here. The reason first, so that no letter is there without it.
 */
export async function putBackLetters(
  {
    sqs,
    queues,
    failures,
  }: Pick<DeadLetterQueues, 'sqs' | 'queues'> & Readonly<{ failures: Pick<Failures, 'putBack'> }>,
  kept: readonly KeptMessage[],
): Promise<PutBack> {
  const urlOf = new Map(queues.map(({ name, url }) => [name, url]));
  const other = kept.find(({ queue }) => !urlOf.has(queue));
  if (other) return { kind: 'other-queue', queue: other.queue };
  for (const { queue, message, reason } of kept) {
    if (reason) await failures.putBack(reason);
    await sqs.send(new SendMessageCommand({ QueueUrl: urlOf.get(queue), ...message }));
  }
  return { kind: 'put' };
}

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
