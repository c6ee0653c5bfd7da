import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import {
  type DeadLetter,
  deadLetterOf,
  type ReceivedMessage,
  receivedMessage,
} from './dead-letter.ts';
import type { DeadLetterQueue, DeadLetterQueues, ExplainedLetter } from './letter-reasons.ts';

export type Walked = Readonly<{
  /** How many different messages were met. */
  met: number;
  /** Whether none is left that could be seen; what others hide at the moment cannot. */
  isWhole: boolean;
}>;

type Visit = (messages: readonly ReceivedMessage[]) => Promise<readonly ReceivedMessage[]>;

type Walk = Readonly<{
  queueUrl: string;
  /** How long to wait for more before the queue counts as empty. */
  waitSeconds: number;
  /** After how long, at the end, others see what stays. */
  shownAfterSeconds: number;
  isStopped: () => boolean;
  /** Takes up to ten messages at a time, several times at once; gives those that stay in the queue. */
  visit: Visit;
}>;

const walkers = 4;

/** Long enough for a page of ten; whoever is interrupted hides nothing for longer. */
const hiddenSeconds = 60;

/** SQS hides 120,000 messages of one queue at the most, and refuses to hand out more. */
const mostStaying = 100_000;

/** So many messages in a row that were met before: everything has been. */
const mostRepeats = 200;

/**
 * Meets every message of a queue once. What stays is hidden from others for as long as this goes on, or a minute
 * where it takes longer, and shown again at the end, whatever happens. Holds the bodies of some pages, and a handle
 * for each message that stays.
 */
export async function walkQueue(sqs: SQSClient, walk: Walk): Promise<Walked> {
  const handles = new Map<string, string>();
  let met = 0;
  let repeats = 0;
  let hasFailed = false;
  const isFull = () => handles.size >= mostStaying;
  const isOver = () => hasFailed || walk.isStopped() || isFull() || repeats > mostRepeats;

  async function walker(): Promise<void> {
    while (!isOver()) {
      const messages = await receive(sqs, walk);
      if (messages.length === 0) return;
      const fresh = messages.filter(({ messageId }) => !handles.has(messageId));
      for (const { messageId, receiptHandle } of messages) handles.set(messageId, receiptHandle);
      repeats = fresh.length > 0 ? 0 : repeats + messages.length;
      if (fresh.length === 0) continue;
      met += fresh.length;
      const staying = new Set(await walk.visit(fresh));
      for (const one of fresh) if (!staying.has(one)) handles.delete(one.messageId);
    }
  }

  const ends = await Promise.allSettled(
    Array.from({ length: walkers }, () =>
      walker().catch((error: unknown) => {
        hasFailed = true;
        throw error;
      }),
    ),
  );
  await show(sqs, walk, [...handles.values()]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return { met, isWhole: !walk.isStopped() && !isFull() };
}

async function receive(sqs: SQSClient, { queueUrl, waitSeconds }: Walk) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: hiddenSeconds,
      WaitTimeSeconds: waitSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    }),
  );
  return Messages.map(receivedMessage);
}

/** Best effort: a handle may have run out, and a message that cannot be shown now shows itself within a minute. */
async function show(
  sqs: SQSClient,
  { queueUrl, shownAfterSeconds }: Walk,
  handles: readonly string[],
): Promise<void> {
  const starts = Array.from({ length: Math.ceil(handles.length / 10) }, (_, n) => n * 10).values();
  const lane = async () => {
    for (const start of starts) {
      const Entries = handles.slice(start, start + 10).map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: shownAfterSeconds,
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      await sqs.send(command).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: walkers }, lane));
}

/** One page of dead letters that were found, each with its message. */
type FoundPage = readonly (readonly [ExplainedLetter, ReceivedMessage])[];

/**
 * Goes through the dead letters of all queues and takes those that are chosen, page by page, explained. `take` gives
 * those that it removed; all others stay.
 */
export async function findDeadLetters(
  parts: Pick<
    DeadLetterQueues,
    'sqs' | 'queues' | 'explain' | 'isStopped' | 'progress' | 'waitSeconds' | 'shownAfterSeconds'
  >,
  isChosen: (letter: DeadLetter) => boolean,
  take: (page: FoundPage) => Promise<ReadonlySet<ReceivedMessage>>,
): Promise<Walked> {
  const { sqs, explain, isStopped, progress, waitSeconds, shownAfterSeconds } = parts;
  async function walkOne({ name, url }: DeadLetterQueue): Promise<Walked> {
    let met = 0;
    const visit = async (messages: readonly ReceivedMessage[]) => {
      met += messages.length;
      progress(`${name}: ${met} read`);
      const letters = new Map(messages.map((message) => [message, deadLetterOf(name, message)]));
      const chosen = [...letters].filter(([, letter]) => isChosen(letter));
      if (chosen.length === 0) return messages;
      const explained = await explain(chosen.map(([, letter]) => letter));
      const removed = await take(
        chosen.flatMap(([message], index) => {
          const letter = explained[index];
          return letter ? [[letter, message] as const] : [];
        }),
      );
      return messages.filter((message) => !removed.has(message));
    };
    return walkQueue(sqs, { queueUrl: url, waitSeconds, shownAfterSeconds, isStopped, visit });
  }

  // Side by side: each waits at its end for what may still come, and most are empty. All end before a failure is told,
  // so that each has shown what it hid.
  const ends = await Promise.allSettled(parts.queues.map(walkOne));
  const walked = ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
  return {
    met: walked.reduce((sum, { met }) => sum + met, 0),
    isWhole: walked.every(({ isWhole }) => isWhole),
  };
}

type QueueStatus = Readonly<{
  /** About how many messages can be received now, and how many are with a reader; both lag by up to a minute. */
  visible: number;
  hidden: number;
  /** The time by the clock that stamps messages. */
  at: Date;
}>;

const answerSchema = z.object({ headers: z.object({ date: z.string() }) });

/** The header has whole seconds and may be a second old. Closer than this, the clock of this machine is right. */
const toleranceMs = 2_000;

export async function queueStatus(
  sqs: SQSClient,
  queueUrl: string,
  now: () => Date,
): Promise<QueueStatus> {
  let at = now();
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const answer = answerSchema.safeParse(result.response);
      const here = now();
      const there = answer.success ? new Date(answer.data.headers.date) : here;
      at = Math.abs(there.getTime() - here.getTime()) > toleranceMs ? there : here;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'serverTime' },
  );
  const { Attributes } = await sqs.send(command);
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    at,
  };
}
