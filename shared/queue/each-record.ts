import {
  ChangeMessageVisibilityCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { reasonOf, Unprocessable } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Failures } from './failures.ts';

export type FailedMessage = Readonly<{
  record: SQSRecord;
  webhookId: string;
  type: string | undefined;
}>;

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
}): (message: FailedMessage, error: unknown) => Promise<'retry' | 'dead'> {
  const attempt = async (what: string, webhookId: string, action: () => Promise<unknown>) => {
    try {
      await action();
      return true;
    } catch (error) {
      log.error(`could not ${what}`, { webhookId, reason: reasonOf(error) });
      return false;
    }
  };

  return async ({ record, webhookId, type }, error) => {
    const isFinal = error instanceof Unprocessable;
    const reason = reasonOf(error);
    const receives = Number(record.attributes.ApproximateReceiveCount);
    log[isFinal ? 'error' : 'warn'](isFinal ? 'message is dead' : 'message will be retried', {
      webhookId,
      type,
      reason,
      receives,
    });
    await attempt('keep the reason of a failure', webhookId, () =>
      failures.record({ webhookId, type, reason, isFinal }),
    );
    // The copy is in the dead letters before Lambda deletes the original: a crash in between leaves two, never none.
    const isDead =
      isFinal &&
      (await attempt('send a message to the dead letters', webhookId, () =>
        sqs.send(
          new SendMessageCommand({ QueueUrl: deadLettersUrl, ...copyOf(record, webhookId) }),
        ),
      ));
    if (isDead) return 'dead';
    await attempt('delay a message', webhookId, () =>
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

/** Under the id of its reason, where the message itself has none that can be read. */
function copyOf(record: SQSRecord, webhookId: string) {
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
      webhookId: { DataType: 'String', StringValue: webhookId },
      ...Object.fromEntries(attributes),
    },
  };
}
