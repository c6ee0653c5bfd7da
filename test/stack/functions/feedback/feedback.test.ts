import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fresh, startFeedback } from './feedback-at-work.ts';
import { bounce, complaint, delivery, sentAt, sesNotification } from './ses-notification.ts';

let work: Awaited<ReturnType<typeof startFeedback>>;
beforeAll(async () => {
  work = await startFeedback();
});
afterAll(() => work.stop());

describe('an email whose fate is unknown', () => {
  it.each([
    ['send', (mail: { ledgerKey: string; to: string }) => sesNotification('Send', mail)],
    ['delivery', (mail: { ledgerKey: string; to: string }) => delivery(mail)],
    ['bounce', (mail: { ledgerKey: string; to: string }) => bounce(mail, 'Transient')],
    ['complaint', (mail: { ledgerKey: string; to: string }) => complaint(mail)],
  ])('is settled as sent by the event %s', async (_, event) => {
    const { mail } = await work.mailed();
    await work.emails.loseSight(mail.ledgerKey, mail.token, 'Lost.', sentAt);
    expect(await work.hear([event(mail)])).toBe(0);
    const row = await work.email(mail.ledgerKey);
    expect(row).toMatchObject({
      state: 'sent',
      sesMessageId: '0100019-ses-id',
      feedback: { sentAt },
    });
    for (const gone of ['reason', 'dueAt', 'dueShard']) expect(row).not.toHaveProperty(gone);
  });

  it('is settled as failed, with the reason, when SES rejected it', async () => {
    const { mail, email } = await work.mailed();
    await work.emails.loseSight(mail.ledgerKey, mail.token, 'Lost.', sentAt);
    await work.hear([sesNotification('Reject', mail, { reject: { reason: 'Bad content' } })]);
    expect(await work.email(mail.ledgerKey)).toMatchObject({
      state: 'failed',
      reason: 'SES rejected the email: Bad content.',
      feedback: { rejectedAt: sentAt },
    });
    expect(await work.reasons(email)).toEqual([]);
  });
});

describe('an event that overtakes the mailer', () => {
  it('lets it note that the email was sent, and keeps the feedback', async () => {
    const { mail } = await work.mailed();
    await work.hear([delivery(mail)]);
    expect(await work.emails.sent(mail.ledgerKey, mail.token, '0100019-ses-id')).toBe(true);
    expect(await work.email(mail.ledgerKey)).toMatchObject({
      state: 'sent',
      feedback: { sentAt, deliveredAt: '2026-11-23T10:00:30.000Z' },
    });
  });

  it('is not undone by a mailer that has lost sight of the email', async () => {
    const { mail } = await work.mailed();
    await work.hear([sesNotification('Send', mail)]);
    expect(await work.emails.loseSight(mail.ledgerKey, mail.token, 'lost', sentAt)).toBe(false);
    expect(await work.email(mail.ledgerKey)).toMatchObject({ state: 'sent' });
  });
});

describe('a permanent bounce', () => {
  it('suppresses the address, for later events too, and does not follow the person', async () => {
    const { id, email, mail } = await work.mailed();
    await work.hear([bounce(mail, 'Permanent')]);
    expect(await work.contact(email)).toMatchObject({ subscribed: false });
    await work.tell('order.paid', id, { minute: 2, email, name: 'Ann Lee' });
    expect(await work.contact(email)).toMatchObject({ lastName: 'Lee', subscribed: false });
    expect(await work.item('Suppressions', { addressHash: work.hash(email) })).toMatchObject({
      reasons: { bounced: { at: '2026-11-23T10:01:00.000Z', by: 'SES' } },
    });
    const next = `${fresh('new')}@example.com`;
    await work.tell('customer.updated', id, { minute: 3, email: next });
    expect(await work.contact(next)).toMatchObject({ subscribed: true });
  });

  it('that comes after a change of address leaves the present address alone', async () => {
    const { id, email, mail } = await work.mailed();
    const next = `${fresh('new')}@example.com`;
    await work.tell('customer.updated', id, { minute: 2, email: next });
    await work.hear([bounce(mail, 'Permanent')]);
    expect(await work.contact(next)).toMatchObject({ subscribed: true });
    expect(await work.reasons(email)).toEqual(['bounced']);
  });

  it('behind a forwarding suppresses the address that was mailed, and no other', async () => {
    const { email, mail } = await work.mailed();
    const behind = `${fresh('behind')}@example.net`;
    await work.hear([bounce(mail, 'Permanent', { bounced: [behind] })]);
    expect(await work.reasons(email)).toEqual(['bounced']);
    expect(await work.reasons(behind)).toEqual([]);
  });

  it('suppresses the address also when SES spells it in another way', async () => {
    const { email, mail } = await work.mailed();
    await work.hear([bounce({ ...mail, to: 'ann@xn--mnchen-3ya.example' }, 'Permanent')]);
    expect(await work.contact(email)).toMatchObject({ subscribed: false });
  });

  it.each([
    ['whose email is not in the ledger', { ledgerKey: 'never-reserved' }],
    ['of an email without a ledger key', { ledgerKey: undefined }],
  ])('%s still suppresses the address', async (_, tag) => {
    const [id, email] = [fresh('c'), `${fresh('ann')}@example.com`];
    await work.tell('customer.created', id, { minute: 1, email });
    await work.hear([bounce({ ...tag, to: `Ann Lee <${email}>` }, 'Permanent')]);
    expect(await work.contact(email)).toMatchObject({ subscribed: false });
    expect(await work.email('never-reserved')).toBeUndefined();
  });
});

it.each(['Transient', 'Undetermined', 'Tomorrow'])(
  'a bounce of the type %s only marks the email',
  async (type) => {
    const { email, mail } = await work.mailed();
    await work.hear([bounce(mail, type)]);
    expect(await work.email(mail.ledgerKey)).toMatchObject({
      state: 'sent',
      feedback: { bouncedAt: '2026-11-23T10:01:00.000Z' },
    });
    expect(await work.contact(email)).toMatchObject({ subscribed: true });
  },
);

describe('a bounce that SES calls transient', () => {
  it('counts where the mailbox said that no repetition will help', async () => {
    const { email, mail } = await work.mailed();
    await work.hear([bounce(mail, 'Transient', { status: '5.2.1' })]);
    expect(await work.reasons(email)).toEqual(['bounced']);
  });

  it.each(['MessageTooLarge', 'ContentRejected', 'AttachmentRejected'])(
    'does not where it was for the email: %s',
    async (bounceSubType) => {
      const { email, mail } = await work.mailed();
      await work.hear([bounce(mail, 'Transient', { status: '5.7.1', bounceSubType })]);
      expect(await work.reasons(email)).toEqual([]);
    },
  );
});

it.each([
  [
    'a bounce',
    (mail: { ledgerKey: string; to: string }) =>
      bounce(mail, 'Permanent', { bounceSubType: 'OnAccountSuppressionList' }),
  ],
  [
    'a complaint',
    (mail: { ledgerKey: string; to: string }) =>
      complaint(mail, { complaintSubType: 'OnAccountSuppressionList' }),
  ],
])(
  '%s by which SES tells of its own list is no new one of the person, and the email says why it did not arrive',
  async (_, event) => {
    const { email, mail } = await work.mailed();
    await work.emails.sent(mail.ledgerKey, mail.token, '0100019-ses-id');
    await work.hear([event(mail)]);
    expect(await work.reasons(email)).toEqual([]);
    expect(await work.contact(email)).toMatchObject({ subscribed: true });
    expect(await work.email(mail.ledgerKey)).toMatchObject({
      state: 'sent',
      reason: expect.stringContaining("SES's own suppression list"),
      feedback: { rejectedAt: expect.any(String) },
    });
  },
);

describe('a complaint', () => {
  it('is the "no" of the person, and follows it to every address', async () => {
    const { id, email, mail } = await work.mailed();
    const no = {
      complained: { at: '2026-11-23T10:02:00.000Z', by: 'the recipient, through SES' },
    };
    await work.hear([complaint(mail)]);
    expect(await work.item('Customers', { customerId: id })).toMatchObject({ no });
    expect(await work.reasons(email)).toEqual(['complained']);
    const next = `${fresh('new')}@example.com`;
    await work.tell('customer.updated', id, { minute: 2, email: next });
    expect(await work.contact(next)).toMatchObject({ subscribed: false });
  });

  it('that comes after a change of address reaches the present one', async () => {
    const { id, email, mail } = await work.mailed();
    const next = `${fresh('new')}@example.com`;
    await work.tell('customer.updated', id, { minute: 2, email: next });
    await work.hear([complaint(mail)]);
    expect(await work.contact(next)).toMatchObject({ subscribed: false });
    expect(await work.reasons(email)).toEqual(['complained']);
  });

  it('that names nobody finds the person through the ledger', async () => {
    const { email, mail } = await work.mailed();
    await work.hear([complaint({ ...mail, to: [] }, { complained: [] })]);
    expect(await work.contact(email)).toMatchObject({ subscribed: false });
  });

  it('of a customer who is erased by now suppresses the address', async () => {
    const { id, email, mail } = await work.mailed();
    await work.tell('customer.deleted', id, { minute: 2, deletedAt: 'x', anonymised: true });
    await work.hear([complaint(mail)]);
    expect(await work.contact(email)).toBeUndefined();
    expect(await work.reasons(email)).toEqual(['complained']);
  });

  it('by which a mail program says "not spam" is none', async () => {
    const { email, mail } = await work.mailed();
    await work.hear([complaint(mail, { complaintFeedbackType: 'not-spam' })]);
    expect(await work.contact(email)).toMatchObject({ subscribed: true });
    expect((await work.email(mail.ledgerKey))?.['feedback']).toEqual({ sentAt });
  });
});

it('a repeated event writes nothing more', async () => {
  const { email, mail } = await work.mailed();
  await work.hear([bounce(mail, 'Permanent'), complaint(mail), delivery(mail)]);
  const state = async () => [await work.email(mail.ledgerKey), await work.contact(email)];
  const before = await state();
  await work.hear([complaint(mail), bounce(mail, 'Permanent'), delivery(mail), delivery(mail)]);
  expect(await state()).toEqual(before);
});

it('logs which webhook the email goes back to', async () => {
  const { mail } = await work.mailed();
  await work.hear([delivery(mail)]);

  const row = await work.email(mail.ledgerKey);
  const line = work.lines.find((one) => one.includes(mail.ledgerKey));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ webhookId: row?.['webhookId'] });
});

it('logs no addresses', () => {
  expect(work.lines.filter((line) => line.includes('feedback applied')).length).toBeGreaterThan(10);
  expect(work.lines.join('\n')).not.toMatch(/@example/i);
});
