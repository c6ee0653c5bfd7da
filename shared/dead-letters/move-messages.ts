import {
  DeleteMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import { copyOf, type ReceivedMessage } from './received-message.ts';

export type Fate =
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

export type Moved = Readonly<{
  /** Of each message but those on which the queues did not answer. */
  fates: ReadonlyMap<ReceivedMessage, Fate>;
  /** Why they did not, if so. */
  failure: { reason: unknown } | undefined;
}>;

/**
 * Moves up to ten messages into another queue. Each is there before it is removed here, so a crash at any moment
 * leaves it in one queue or in both, never in none.
 */
export async function moveMessages(
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
export async function removeMessages(
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
