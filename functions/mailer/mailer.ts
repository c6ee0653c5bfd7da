import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { Unprocessable } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import {
  type BatchParts,
  eachRecord,
  type Handling,
  type RemainingTime,
} from '#shared/queue/each-record.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { type Delivery, type DeliveryParts, deliver } from './deliver.ts';

type MailerParts = DeliveryParts &
  BatchParts &
  Readonly<{
    /** How many emails it works on at a time, however many wait for their turn at SES. */
    sideBySide: number;
  }>;

/** What is left must suffice for one call of SES and to report the messages that were not begun. */
const leastRemainingMs = 20_000;

type Message = Readonly<{ record: SQSRecord; mail: MailMessage | undefined }>;

/**
 * Sends a batch of emails side by side; those of one customer one after another, because each counts for the mailbox.
 * What `send` makes wait keeps the rate.
 */
export function mailer(parts: MailerParts) {
  const handling: Handling<Message> = {
    read: (record) => ({ record, mail: readMailMessage(record.body) }),
    groupOf: ({ record, mail }) => mail?.customerId ?? record.messageId,
    groupsSideBySide: parts.sideBySide,
    leastRemainingMs,
    handle: async ({ mail }) => {
      if (!mail) throw new Unprocessable('The body is no message of the mail queue.');
      report(mail, await deliver(mail, parts), parts.log);
    },
    failureOf: ({ record, mail }) => ({
      failureId: mail?.ledgerKey ?? `message ${record.messageId}`,
      type: 'mail',
      isTold: mail !== undefined,
    }),
  };
  return (batch: SQSEvent, time: RemainingTime) => eachRecord(batch, time, handling, parts);
}

function report(message: MailMessage, { kind, ...delivery }: Delivery, log: Log): void {
  const { ledgerKey, webhookId, workflowId } = message;
  const fields = { webhookId, workflowId, ledgerKey, state: kind, ...delivery };
  log[kind === 'failed' || kind === 'unknown' ? 'warn' : 'info']('email decided', fields);
}
