import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryParts, deliver } from '#functions/mailer/deliver.ts';
import type { Known } from '#functions/mailer/situation.ts';
import { contactLedgerKey } from '#shared/audience/consider-workflows.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let table: string;
let mailboxes: string;
beforeAll(async () => {
  dynamo = await startDynamo();
  const tableOf = await createStackTables(dynamo.client);
  [table, mailboxes] = [tableOf('Emails'), tableOf('Mailboxes')];
});
afterAll(() => dynamo.stop());

const now = () => new Date('2026-11-23T12:00:00.000Z');
const emails = () => dynamoEmails(documentClient(dynamo.client), table, now, mailboxes);

const nobody: Partial<Known> = { workflow: undefined };

function partsWith(known: Partial<Known> = {}): DeliveryParts {
  return {
    emails: emails(),
    hold: async () => undefined,
    known: async () => ({ ...approvedMail(now()), ...known }),
    compose: async ({ contact }, _, ledgerKey) => ({
      kind: 'composed',
      mail: {
        from: 'shop@example.com',
        to: contact.address,
        replyTo: undefined,
        subject: 'Hello',
        html: '<p>Hello</p>',
        text: 'Hello',
        headers: {},
        ledgerKey,
      },
    }),
    send: async () => ({ kind: 'sent', sesMessageId: 'ses-1' }),
    addressHash: async () => '0a1b',
    mailboxHash: async () => randomUUID(),
    hasSender: true,
    newToken: randomUUID,
    now,
  };
}

function mail(patch: Partial<MailMessage> = {}): MailMessage {
  return {
    ledgerKey: randomUUID(),
    workflowId: 'welcome',
    workflowVersion: 1,
    webhookId: 'evt-1',
    customerId: 'c1',
    ...patch,
  };
}

describe('an email that a replay asks for', () => {
  it('is not sent a second time under the usual key', async () => {
    const message = mail();
    await deliver(message, partsWith());
    const replayed = { ...message, replayId: 'r1' };
    expect(await deliver(replayed, partsWith())).toEqual({ kind: 'settled' });
  });

  it('is tried again when it was blocked before, once for each replay', async () => {
    const message = mail();
    expect(await deliver(message, partsWith(nobody))).toMatchObject({ kind: 'blocked' });
    const first = { ...message, replayId: 'r1' };
    expect(await deliver(first, partsWith(nobody))).toMatchObject({ kind: 'blocked' });
    expect(await deliver(first, partsWith())).toEqual({ kind: 'settled' });
    expect(await deliver({ ...message, replayId: 'r2' }, partsWith())).toEqual({ kind: 'sent' });
    expect(await emails().find(message.ledgerKey)).toMatchObject({ state: 'sent', replayId: 'r2' });
  });

  it('to be sent once per contact is sent again only where the person asked for that', async () => {
    const present = mail({ ledgerKey: contactLedgerKey('welcome', 'contact-1') });
    expect(await deliver(present, partsWith())).toEqual({ kind: 'sent' });
    const other = mail({ replayId: 'r1' });
    expect(await deliver(other, partsWith())).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('Already sent'),
    });
    const again = mail({ replayId: 'r2', again: true });
    expect(await deliver(again, partsWith())).toEqual({ kind: 'sent' });
    expect(await deliver(again, partsWith())).toEqual({ kind: 'settled' });
  });

  it('remembers that it was asked for when a person sends it again', async () => {
    const again = mail({ replayId: 'r3', again: true });
    await deliver(again, partsWith(nobody));
    const admin = dynamoEmailAdmin(documentClient(dynamo.client), table, now);
    const message = await admin.sendAgain(again.ledgerKey, 'an engineer');
    expect(message).toMatchObject({ replayId: 'r3', again: true });
    expect(await deliver(message ?? mail(), partsWith())).toEqual({ kind: 'sent' });
  });
});
