import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { feedbackLedger } from '#functions/feedback/feedback-ledger.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { at, ledgerAtWork, now } from './ledger-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let work: Awaited<ReturnType<typeof ledgerAtWork>>;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  work = await ledgerAtWork(dynamo.client);
});

describe('npm run emails -- mark-sent', () => {
  it('settles an unknown email for good', async () => {
    const { ledgerKey } = await work.emailIn('unknown');
    await work.does().markSent(ledgerKey);
    expect(await work.ledger.find(ledgerKey)).toMatchObject({
      state: 'sent',
      reason: 'Marked as sent by grace',
    });
    await work.does().show(ledgerKey);
    expect(work.lastLine()).toContain('Marked as sent by grace');
    expect(work.lastLine()).toMatch(/\nA person marked it as sent\. SES has not confirmed it\.$/);
    await expect(work.does().sendAgain(ledgerKey)).rejects.toThrow(
      /^Nothing was changed: .* is sent/,
    );
    expect(work.queued).toEqual([]);
  });

  it.each(['reserved', 'waiting', 'sent', 'blocked', 'failed'] as const)(
    'leaves one that is %s as it is',
    async (state) => {
      const { ledgerKey } = await work.emailIn(state);
      const before = await work.admin.find(ledgerKey);
      await expect(work.does().markSent(ledgerKey)).rejects.toThrow(`the email is ${state}`);
      expect(await work.admin.find(ledgerKey)).toEqual(before);
    },
  );

  it('does not keep a late answer of SES from being noted', async () => {
    const { ledgerKey } = await work.emailIn('unknown');
    await work.does().markSent(ledgerKey);
    expect(await work.ledger.sent(ledgerKey, 't1', 'ses-late')).toBe(true);
    const row = await work.ledger.find(ledgerKey);
    expect(row).toMatchObject({ state: 'sent', sesMessageId: 'ses-late' });
  });
});

describe('npm run emails -- send-again', () => {
  it.each(['unknown', 'blocked', 'failed'] as const)('sends one that is %s', async (state) => {
    const email = await work.emailIn(state);
    await work.does().sendAgain(email.ledgerKey);
    expect(await work.ledger.find(email.ledgerKey)).toMatchObject({
      state: 'waiting',
      reason: 'Queued to be sent again by grace',
    });
    expect(work.queued).toEqual([email]);
    await work.deliverQueued();
    expect(work.sent).toHaveLength(1);
    const row = await work.ledger.find(email.ledgerKey);
    expect(row).toMatchObject({ state: 'sent', sesMessageId: 'ses-again-1' });
  });

  it.each(['reserved', 'waiting', 'sent'] as const)('leaves one that is %s', async (state) => {
    const { ledgerKey } = await work.emailIn(state);
    await expect(work.does().sendAgain(ledgerKey)).rejects.toThrow(`the email is ${state}`);
    expect(work.queued).toEqual([]);
    expect(await work.ledger.find(ledgerKey)).toMatchObject({ state });
  });

  it('can be repeated when the queue did not take the message, and still sends once', async () => {
    const { ledgerKey } = await work.emailIn('failed');
    const queue = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    await expect(work.does({ queue }).sendAgain(ledgerKey)).rejects.toThrow(
      /tried again within ten minutes\. To try now, run the same command again/,
    );
    await work.does().sendAgain(ledgerKey);
    await work.does().sendAgain(ledgerKey);
    await work.deliverQueued();
    expect(work.sent).toHaveLength(1);
    await expect(work.does().sendAgain(ledgerKey)).rejects.toThrow(/the email is sent/);
  });

  it('can be repeated where version 0.1.0 marked it, and the queue did not take the message', async () => {
    const email = await work.emailIn('failed');
    await work.admin.sendAgain(email.ledgerKey, 'grace');
    await work.db.send(
      new UpdateCommand({
        TableName: work.table,
        Key: { ledgerKey: email.ledgerKey },
        UpdateExpression: 'SET reason = :reason REMOVE dueAt, dueShard',
        ExpressionAttributeValues: { ':reason': 'to be sent again, says grace' },
      }),
    );
    await work.does().sendAgain(email.ledgerKey);
    expect(work.queued).toEqual([email]);
  });

  it.each([
    ['before the command', 'row', 0],
    ['between the row and the queue', 'queue', 0],
    ['after the message was queued', 'deliver', 0],
    ['after it was sent again', 'end', 1],
  ] as const)('SES reports the first sending %s: nothing is lost', async (_, moment, expected) => {
    const { ledgerKey } = await work.emailIn('unknown');
    const isReportedAt = async (step: string) => {
      if (step !== moment) return;
      const feedback = feedbackLedger(work.db, work.table, { now, pause: async () => {} });
      await feedback.mark(ledgerKey, {
        kind: 'send',
        ledgerKey,
        messageId: 'ses-first',
        sentAt: at,
        at,
        refusal: undefined,
        isTransient: false,
        addresses: [],
        reason: undefined,
      });
    };
    await isReportedAt('row');
    const queue = async (message: MailMessage) => {
      await isReportedAt('queue');
      work.queued.push(message);
    };
    const again = work.does({ queue }).sendAgain(ledgerKey);
    if (moment === 'row') await expect(again).rejects.toThrow(/the email is sent/);
    else await again;
    await isReportedAt('deliver');
    await work.deliverQueued();
    await isReportedAt('end');
    expect(work.sent).toHaveLength(expected);
    expect(await work.admin.find(ledgerKey)).toMatchObject({
      state: 'sent',
      feedback: { sentAt: at },
    });
  });
});
