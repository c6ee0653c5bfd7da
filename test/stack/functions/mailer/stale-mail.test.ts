import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver } from '#functions/mailer/deliver.ts';
import type { SendResult } from '#shared/mail/ses.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { mailOf, someone, startMails } from './mails-at-work.ts';

const now = () => new Date('2026-11-23T12:00:00.000Z');
const minutesAgo = (minutes: number) => new Date(now().getTime() - minutes * 60_000);

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let account: Awaited<ReturnType<typeof startMails>>;
beforeAll(async () => {
  dynamo = await startDynamo();
  account = await startMails(dynamo.client, {
    now,
    event: 'subscription.past_due',
    kind: 'transactional',
  });
});
afterAll(() => dynamo.stop());

const sent: SendResult = { kind: 'sent', sesMessageId: 'ses-1' };
const recoveredSince = {
  kind: 'blocked',
  reason: 'The subscription has changed since, so this event is out of date.',
};

describe('an email about a subscription', () => {
  it('is sent while its news lasts', async () => {
    const message = mailOf(
      await account.tell('subscription.past_due', someone('ann@example.com'), now()),
    );
    expect(await deliver(message, account.mailer([sent]))).toEqual({ kind: 'sent' });
  });

  it('is blocked where the subscription recovered before it was sent', async () => {
    const bob = someone('bob@example.com');
    const message = mailOf(await account.tell('subscription.past_due', bob, minutesAgo(5)));
    await account.tell('subscription.uncanceled', bob, minutesAgo(1));
    expect(await deliver(message, account.mailer([]))).toEqual(recoveredSince);
    expect(await account.emails.find(message.ledgerKey)).toMatchObject({
      state: 'blocked',
      reason: recoveredSince.reason,
    });
  });

  it('is blocked where it recovered while SES kept the email waiting', async () => {
    const cy = someone('cy@example.com');
    const message = mailOf(await account.tell('subscription.past_due', cy, minutesAgo(5)));
    const mailer = account.mailer([{ kind: 'not-now', reason: 'throttled' }]);
    expect(await deliver(message, mailer)).toMatchObject({ kind: 'waiting' });
    await account.tell('subscription.uncanceled', cy, minutesAgo(1));
    expect(await deliver(message, mailer)).toEqual(recoveredSince);
  });

  it('stays, where another event asked for it first and its news lasts', async () => {
    const [dee, eve] = [someone('dee@example.com'), someone('eve@example.com')];
    const first = mailOf(await account.tell('subscription.past_due', dee, now()));
    const mailer = account.mailer([{ kind: 'not-now', reason: 'throttled' }, sent]);
    expect(await deliver(first, mailer)).toMatchObject({ kind: 'waiting' });
    const over = mailOf(await account.tell('subscription.past_due', eve, minutesAgo(5)));
    await account.tell('subscription.uncanceled', eve, minutesAgo(1));
    const { ledgerKey } = first;
    expect(await deliver({ ...over, ledgerKey }, mailer)).toEqual({ kind: 'settled' });
    expect(await account.emails.find(ledgerKey)).toMatchObject({
      ...{ state: 'waiting', webhookId: first.webhookId },
    });
    expect(await deliver(first, mailer)).toEqual({ kind: 'sent' });
  });

  it('is that of the last event to ask for it while all mail is held', async () => {
    const at = now().toISOString();
    const held = {
      ...account.mailer([]),
      hold: async () => ({ isOn: true, by: 'ann', at, reason: 'x' }),
    };
    const fay = someone('fay@example.com');
    const first = mailOf(await account.tell('subscription.past_due', fay, minutesAgo(5)));
    expect(await deliver(first, held)).toMatchObject({ kind: 'waiting' });
    expect(await deliver({ ...first, webhookId: 'later' }, held)).toMatchObject({
      kind: 'waiting',
    });
    expect(await account.emails.find(first.ledgerKey)).toMatchObject({ webhookId: 'later' });
  });
});
