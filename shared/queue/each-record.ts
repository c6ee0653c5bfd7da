import {
  ChangeMessageVisibilityCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { reasonOf, Unprocessable } from '#shared/failure.ts';
import { inGroups, within } from '#shared/in-time.ts';
import type { Log } from '#shared/log.ts';
import { type Failures, mostReceives } from './failures.ts';

/** What a function does with the messages of its queue. */
export type Handling<M> = Readonly<{
  read: (record: SQSRecord) => M;
  /** Messages of one group are handled one after another, in their order. */
  groupOf: (message: M) => string;
  groupsSideBySide: number;
  /** What must be left of the function's time to begin a message: it must suffice to report all that were not begun. */
  leastRemainingMs: number;
  /**
   * Throws when the message must come again, and `Unprocessable` when it never can. Safe to repeat. `left`: what comes
   * after it in its group.
   */
  handle: (message: M, leftMs: number, left: readonly M[]) => Promise<void>;
  failureOf: (message: M) => FailureName;
  /** Whether the reason of an earlier failure may be kept; by default where SQS handed the message out before. */
  mayHaveFailed?: (message: M) => boolean;
}>;

/** Under which id the reason of a failure is kept. */
type FailureName = Readonly<{
  failureId: string;
  type: string | undefined;
  /** Whether the message tells the id itself; else its copy in the dead letters carries it as `webhookId`. */
  isTold: boolean;
}>;

type FailedMessage = FailureName & Readonly<{ record: SQSRecord }>;

export type BatchParts = Readonly<{
  failures: Pick<Failures, 'clear'>;
  failed: (message: FailedMessage, error: unknown) => Promise<'retry' | 'dead'>;
  log: Log;
}>;

export type RemainingTime = Readonly<{ getRemainingTimeInMillis: () => number }>;

/**
 * Handles a batch. One message that fails disturbs no other: it comes again, or is in the dead letters with its reason.
 * What is not in the answer is done, and the reason of an earlier failure is forgotten: where it can't be, the message
 * may come again for that.
 */
export async function eachRecord<M>(
  batch: SQSEvent,
  time: RemainingTime,
  handling: Handling<M>,
  parts: BatchParts,
): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  const messages = batch.Records.map((record) => ({ record, message: handling.read(record) }));
  type One = (typeof messages)[number];
  const tryOne = async ({ record, message }: One, left: readonly One[]) => {
    try {
      const leftMs = time.getRemainingTimeInMillis() - handling.leastRemainingMs;
      if (leftMs <= 0) throw new Error('There was no time left to begin.');
      await handling.handle(
        message,
        leftMs,
        left.map((one) => one.message),
      );
      const receives = Number(record.attributes.ApproximateReceiveCount);
      const mayHaveFailed = receives > 1 || handling.mayHaveFailed?.(message);
      if (!mayHaveFailed || (await forgetFailure(handling.failureOf(message), parts))) return;
      if (comesAgainToForget(receives)) {
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    } catch (error) {
      const fate = await parts.failed({ record, ...handling.failureOf(message) }, error);
      if (fate === 'retry') batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  };
  await inGroups(
    messages,
    ({ message }) => handling.groupOf(message),
    tryOne,
    handling.groupsSideBySide,
  );
  return { batchItemFailures };
}

/**
 * A reason that stays would tell of a dead letter that there isn't, and what is done may be done again. Not at the first
 * receive, or messages that ask for their successors would multiply; and not once half of the receives are used, which
 * are for what is not done.
 */
const comesAgainToForget = (receives: number) => receives > 1 && receives < mostReceives / 2;

/** It must not take the time in which the batch is reported. */
const forgettingMs = 2_000;

/** Says whether it is gone. */
async function forgetFailure(
  { failureId }: FailureName,
  { failures, log }: BatchParts,
): Promise<boolean> {
  try {
    await within(forgettingMs, () => failures.clear(failureId));
    return true;
  } catch {
    log.warn('could not clear the reason of a failure that is over', { webhookId: failureId });
    return false;
  }
}

const firstDelaySeconds = 15;
const longestDelaySeconds = 900;

/** How long a message waits after its nth receive failed. Twelve receives are spread over more than an hour. */
export function retryDelaySeconds(receives: number): number {
  return Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.max(0, receives - 1));
}

/**
 * What becomes of a message that failed: `retry` (report it as a batch item failure; it comes back after a growing
 * delay) or `dead` (it is in the dead letters and may be deleted). Its reason is kept in Failures. Never throws.
 */
export function failedMessages({
  sqs,
  queueUrl,
  deadLettersUrl,
  failures,
  log,
}: {
  sqs: SQSClient;
  queueUrl: string;
  deadLettersUrl: string;
  failures: Failures;
  log: Log;
}): BatchParts['failed'] {
  const attempt = async (what: string, failureId: string, action: () => Promise<unknown>) => {
    try {
      await action();
      return true;
    } catch (error) {
      log.error(`could not ${what}`, { webhookId: failureId, reason: reasonOf(error) });
      return false;
    }
  };

  return async (message, error) => {
    const { record, failureId, type } = message;
    const isFinal = error instanceof Unprocessable;
    const reason = reasonOf(error);
    const receives = Number(record.attributes.ApproximateReceiveCount);
    log[isFinal ? 'error' : 'warn'](isFinal ? 'message is dead' : 'message will be retried', {
      webhookId: failureId,
      type,
      reason,
      receives,
    });
    await attempt('keep the reason of a failure', failureId, () =>
      failures.record({ failureId, type, reason, isFinal }),
    );
    // The copy is in the dead letters before Lambda deletes the original: a crash in between leaves two, never none.
    const isDead =
      isFinal &&
      (await attempt('send a message to the dead letters', failureId, () =>
        sqs.send(new SendMessageCommand({ QueueUrl: deadLettersUrl, ...copyOf(message) })),
      ));
    if (isDead) return 'dead';
    await attempt('delay a message', failureId, () =>
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: record.receiptHandle,
          VisibilityTimeout: retryDelaySeconds(receives),
        }),
      ),
    );
    return 'retry';
  };
}

/** The message as it came, with the id of its reason where nothing else of it tells that. */
function copyOf({ record, failureId, isTold }: FailedMessage) {
  const attributes = Object.entries(record.messageAttributes).map(
    ([name, { dataType, stringValue, binaryValue }]): [string, MessageAttributeValue] => [
      name,
      {
        DataType: dataType,
        ...(stringValue !== undefined && { StringValue: stringValue }),
        ...(binaryValue !== undefined && { BinaryValue: Buffer.from(binaryValue, 'base64') }),
      },
    ],
  );
  return {
    MessageBody: record.body,
    MessageAttributes: {
      ...Object.fromEntries(attributes),
      ...(!isTold && { webhookId: { DataType: 'String', StringValue: failureId } }),
    },
  };
}
