import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Failures } from '#shared/aws/dynamo-failures.ts';
import type { FailedMessage } from '#shared/aws/failed-message.ts';
import type { MailMessage } from '#shared/aws/mail-message.ts';
import { readMailMessage } from '#shared/aws/read-mail-message.ts';
import { Unprocessable } from '#shared/aws/unprocessable.ts';
import type { Log } from '#shared/log.ts';
import { type Delivery, type DeliveryParts, deliver } from './deliver.ts';

export type MailerParts = DeliveryParts &
  Readonly<{
    failures: Pick<Failures, 'clear'>;
    failed: (message: FailedMessage, error: unknown) => Promise<'retry' | 'dead'>;
    log: Log;
  }>;

type RemainingTime = Readonly<{ getRemainingTimeInMillis: () => number }>;

/** What is left must suffice for one call of SES and to report the messages that were not begun. */
const leastRemainingMs = 20_000;

/** Sends a batch of emails one after another, so that the rate of a mailer is known. */
export function mailer(parts: MailerParts) {
  return async (batch: SQSEvent, time: RemainingTime): Promise<SQSBatchResponse> => {
    const failures: string[] = [];
    for (const record of batch.Records) {
      const message = readMailMessage(record.body);
      try {
        if (!message) throw new Unprocessable('The body is no message of the mail queue.');
        if (time.getRemainingTimeInMillis() < leastRemainingMs) {
          throw new Error('The mailer ran out of time before it came to this email.');
        }
        report(message, await deliver(message, parts), parts.log);
        await forgetFailure(record, message, parts);
      } catch (error) {
        const fate = await parts.failed(failedMessage(record, message), error);
        if (fate === 'retry') failures.push(record.messageId);
      }
    }
    return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

async function forgetFailure(
  record: SQSRecord,
  { ledgerKey }: MailMessage,
  { failures, log }: MailerParts,
): Promise<void> {
  if (Number(record.attributes.ApproximateReceiveCount) <= 1) return;
  try {
    await failures.clear(ledgerKey);
  } catch {
    log.warn('could not clear the reason of a failure that is over', { ledgerKey });
  }
}

/** The copy in the dead letters says under which id its reason is kept, where its body cannot. */
function failedMessage(record: SQSRecord, message: MailMessage | undefined): FailedMessage {
  if (message) return { record, webhookId: message.ledgerKey, type: 'mail' };
  const failureId = `message ${record.messageId}`;
  const webhookId = { dataType: 'String' as const, stringValue: failureId };
  const copied = { ...record, messageAttributes: { ...record.messageAttributes, webhookId } };
  return { record: copied, webhookId: failureId, type: 'mail' };
}

function report(message: MailMessage, { kind, reason }: Delivery, log: Log): void {
  const { ledgerKey, webhookId, workflowId } = message;
  const fields = { webhookId, workflowId, ledgerKey, state: kind, reason };
  if (kind === 'still-unknown') log.error('email is unknown for fifteen minutes', fields);
  else log[kind === 'failed' || kind === 'unknown' ? 'warn' : 'info']('email decided', fields);
}
