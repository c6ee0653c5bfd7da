import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DeliveryParts, deliver } from '#functions/mailer/deliver.ts';
import { type EmailParts, emailVerbs } from '#infra/commands/emails/verbs.ts';
import type { Email, MailMessage } from '#shared/audience/emails/email.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { countHeld } from '#shared/store/mail/due-emails.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { audienceStory } from '#test/support/audience/audience-story.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

export const at = '2026-11-23T12:00:00.000Z';
export const now = () => new Date(at);

/** An empty ledger, the commands on it, and a mailer whose SES takes everything. */
export async function ledgerAtWork(client: DynamoDBClient) {
  const tableOf = await createStackTables(client, 'Emails', 'Mailboxes', 'Settings');
  const table = tableOf('Emails');
  const db = documentClient(client);
  const ledger = dynamoEmails(db, table, now, tableOf('Mailboxes'));
  const admin = dynamoEmailAdmin(db, table, now);
  const hold = dynamoHold(db, tableOf('Settings'));
  const audience = audienceStory({ ...defaultSettings, customerDeleted: 'delete' });
  const printed: string[] = [];
  const queued: MailMessage[] = [];
  const sent: string[] = [];

  const parts: DeliveryParts = {
    emails: ledger,
    hold: hold.read,
    known: async () => approvedMail(),
    compose: async (_, __, ledgerKey) => ({
      kind: 'composed',
      mail: {
        from: 'shop@example.com',
        to: 'ann@example.com',
        replyTo: undefined,
        subject: 'Hello',
        html: '<p>Hello</p>',
        text: 'Hello',
        headers: {},
        ledgerKey,
      },
    }),
    send: async ({ ledgerKey }) => {
      sent.push(ledgerKey);
      return { kind: 'sent', sesMessageId: `ses-again-${sent.length}` };
    },
    addressHash: async () => '0a1b',
    mailboxHash: async () => randomUUID(),
    hasSender: true,
    newToken: randomUUID,
    now,
  };

  return {
    db,
    table,
    audience,
    ledger,
    admin,
    hold,
    /** The parts of the mailer. */
    parts,
    queued,
    /** The ledger keys of what SES took. */
    sent,
    output: () => printed.join('\n'),
    countHeld: (most?: Parameters<typeof countHeld>[2]) => countHeld(db, table, most),
    lastLine: () => printed.at(-1),

    does: (changed: Partial<EmailParts> = {}) =>
      emailVerbs({
        emails: admin,
        workflows: async () => [],
        customers: (ids) => keptCustomers(audience.store, ids),
        hold,
        countHeld: () => countHeld(db, table),
        now,
        queue: async (message) => {
          const read = readMailMessage(encodeMailMessage(message).MessageBody);
          if (read) queued.push(read);
        },
        deployment: { options: '' },
        person: 'grace',
        print: (line) => void printed.push(line),
        ...changed,
      }),

    /** Brings an email into a state by what the mailer writes on the way there. */
    emailIn: async (
      state: Email['state'],
      workflowId = 'welcome',
      createdAt = at,
      customerId = 'c1',
    ) => {
      const ledgerKey = randomUUID();
      const email = {
        ledgerKey,
        workflowId,
        workflowVersion: 1,
        webhookId: 'evt-1',
        customerId,
        contactId: 'contact-1',
      };
      const emails = dynamoEmails(db, table, () => new Date(createdAt));
      if (state === 'blocked') await emails.block(email, 'The contact is not subscribed.');
      else await emails.reserve(email, { token: 't1', leaseUntil: at, addressHash: '0a1b' });
      if (state === 'sent') await emails.sent(ledgerKey, 't1', 'ses-1');
      if (state === 'waiting') {
        const waiting = { reason: 'Throttled.', waitingSince: createdAt, dueAt: at };
        await emails.wait(ledgerKey, 't1', waiting);
      }
      if (state === 'failed') await emails.fail(ledgerKey, 't1', 'MessageRejected');
      if (state === 'unknown') await emails.loseSight(ledgerKey, 't1', 'The answer was lost.', at);
      return email;
    },

    /** The mailer works off what is queued now. */
    deliverQueued: async () => {
      for (const message of queued.splice(0)) await deliver(message, parts);
    },
  };
}
