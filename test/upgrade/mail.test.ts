import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMailMessage, mailsOf, mailsOfReplay } from '#shared/queue/mail-queue.ts';
import { recordedOf } from '#shared/store/events/event-item.ts';
import { bounce, delivery } from '#test/stack/functions/feedback/ses-notification.ts';
import { startUpgraded, type Upgraded } from './upgraded-stack.ts';
import { keptVersions } from './version-folder.ts';

describe.each(keptVersions)('an email of version %s,', (version) => {
  let upgraded: Upgraded;
  beforeAll(async () => {
    upgraded = await startUpgraded(version);
  });
  afterAll(() => upgraded?.stop());

  const mail = (state: string) => {
    const known = upgraded.kept.story.mails[state];
    if (!known) throw new Error(`The story knows no email that is ${state}.`);
    return known;
  };
  const inLedger = (state: string) => upgraded.stack.parts.emails.find(mail(state).ledgerKey);
  const hear = (body: string) => upgraded.deliver({ queue: 'FeedbackQueue', body, attributes: {} });
  const sentKeys = () => upgraded.stack.ses.sent.map(({ ledgerKey }) => ledgerKey);

  it('asked for again by its event, is sent only if it still had to be', async () => {
    const records = (upgraded.kept.rows.get('Events') ?? []).map(
      (row) => recordedOf(unmarshall(row)).record,
    );
    const mails = records.flatMap((record) => [
      ...mailsOf(record),
      ...(record.replays ?? []).flatMap((entry) => mailsOfReplay(record, entry)),
    ]);
    for (const { MessageBody: body, MessageAttributes } of mails.map(encodeMailMessage)) {
      const { webhookId, type } = MessageAttributes;
      const attributes = { webhookId: webhookId.StringValue ?? '', type: type.StringValue ?? '' };
      expect(await upgraded.deliver({ queue: 'MailQueue', body, attributes })).toEqual([]);
    }
    const inFlight = (upgraded.kept.rows.get('Emails') ?? []).map((row) => row['ledgerKey']?.S);
    const notYetAsked = mails
      .map(({ ledgerKey }) => ledgerKey)
      .filter((key) => !inFlight.includes(key));
    expect(mails.length).toBeGreaterThan(30);
    expect(sentKeys().sort()).toEqual([mail('waiting').ledgerKey, ...notYetAsked].sort());
  });

  it('that waited for SES, is sent', async () => {
    expect(await inLedger('waiting')).toMatchObject({ state: 'sent', attempts: 2 });
  });

  it('whose mailer was gone before it told of it, is not sent blindly', async () => {
    expect(await inLedger('reserved')).toMatchObject({ state: 'unknown' });
    expect(sentKeys()).not.toContain(mail('reserved').ledgerKey);
  });

  it.each(['sent', 'blocked', 'failed', 'rejected', 'unknown'])(
    'that is %s, stays so',
    async (state) => {
      const before = upgraded.kept.rows
        .get('Emails')
        ?.find((row) => row['ledgerKey']?.S === mail(state).ledgerKey);
      expect((await inLedger(state))?.state).toBe(before?.['state']?.S);
    },
  );

  it.each(['sent', 'unknown', 'reserved'])(
    'that is %s, is settled by the delivery that SES tells of',
    async (state) => {
      const at = new Date().toISOString();
      const { ledgerKey, email: to } = mail(state);
      expect(await hear(delivery({ ledgerKey, to, timestamp: at }, at))).toEqual([]);
      expect(await inLedger(state)).toMatchObject({ state: 'sent', feedback: { deliveredAt: at } });
    },
  );

  it('that bounces only now, suppresses its address', async () => {
    const at = new Date().toISOString();
    const { ledgerKey, email: to } = mail('delivered');
    expect((await upgraded.contactAt(to))?.subscribed).toBe(true);
    expect(await hear(bounce({ ledgerKey, to }, 'Permanent', { at }))).toEqual([]);
    expect((await upgraded.contactAt(to))?.subscribed).toBe(false);
    const { webhookId } = await upgraded.life.happens('order.paid', 'delia');
    const blocked = await upgraded.life.mailOf('delia', { webhookId });
    expect(await upgraded.stack.parts.emails.find(blocked.ledgerKey)).toMatchObject({
      state: 'blocked',
      reason: 'Mail to this address bounced.',
    });
  });

  it('that is sent once per contact, is not sent again to a contact made of two', async () => {
    const before = upgraded.stack.ses.sent.length;
    await upgraded.life.happens('customer.created', 'max', { isNew: true });
    await upgraded.life.happens('customer.created', 'ada', { isNew: true });
    expect(upgraded.stack.ses.sent).toHaveLength(before);
  });

  it('follows the same workflow for a new event', async () => {
    await upgraded.life.happens('customer.created', 'newcomer', { isNew: true });
    const { email } = upgraded.life.person('newcomer');
    expect(upgraded.stack.ses.sent.filter(({ to }) => to === email)).toMatchObject([
      { subject: 'Welcome, Newcomer!' },
    ]);
  });

  it('unsubscribes whom its link names', async () => {
    const { customers, links } = upgraded.kept.story;
    const { email = '' } = customers['ada'] ?? {};
    const token = links['ada'] ?? '';
    expect((await upgraded.contactAt(email))?.subscribed).toBe(true);
    expect((await upgraded.stack.unsubscribe(`${token}A`, 'POST')).statusCode).toBe(404);
    expect((await upgraded.stack.unsubscribe(token, 'GET')).statusCode).toBe(200);
    expect((await upgraded.contactAt(email))?.subscribed).toBe(true);
    expect((await upgraded.stack.unsubscribe(token, 'POST')).statusCode).toBe(200);
    expect((await upgraded.contactAt(email))?.subscribed).toBe(false);
    expect((await upgraded.stack.unsubscribe(links['nina'] ?? '', 'POST')).statusCode).toBe(200);
  });
});
