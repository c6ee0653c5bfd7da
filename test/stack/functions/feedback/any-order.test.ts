import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmailMarks, feedbackLedger, marked } from '#functions/feedback/feedback-ledger.ts';
import { type SesEvent, sesMessage } from '#functions/feedback/ses-event.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { asMany } from '#test/support/as-many.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';
import { bounce, complaint, delivery, sentAt, sesNotification } from './ses-notification.ts';

const mail = { ledgerKey: 'key', to: 'ann@example.com' };

const events = [
  sesNotification('Send', mail),
  delivery(mail),
  delivery(mail, '2026-11-23T10:00:20.000Z'),
  bounce(mail, 'Transient'),
  bounce(mail, 'Permanent', { at: '2026-11-23T10:05:00.000Z' }),
  complaint(mail),
  sesNotification('DeliveryDelay', mail, { deliveryDelay: { timestamp: sentAt } }),
  sesNotification('Reject', mail, { reject: { reason: 'Bad content' } }),
  sesNotification('Rendering Failure', mail, {
    failure: { errorMessage: 'no', templateName: 'x' },
  }),
].map((body) => {
  const message = sesMessage(body);
  if (message.kind !== 'event') throw new Error(message.reason);
  return message.event;
});

/** Some of the events, without two that give different reasons for one rejection. */
const someEvents = fc
  .subarray(events, { minLength: 1 })
  .map((some) =>
    some.filter(
      ({ kind }, at) => some.findIndex((one) => one.kind === kind) === at || kind !== 'reject',
    ),
  );

const disorder = someEvents.chain((some) =>
  fc.record({
    some: fc.constant(some),
    arrival: fc
      .array(fc.constantFrom(...some), { maxLength: 5 })
      .chain((again) =>
        fc.shuffledSubarray([...some, ...again], { minLength: some.length + again.length }),
      ),
  }),
);

/** What the row must say in the end, told by the set of the events alone. */
function expected(some: readonly SesEvent[], before: EmailMarks): EmailMarks {
  const proofs = some.filter(({ kind }) => kind !== 'reject');
  const rejection = some.find(({ kind }) => kind === 'reject');
  const first = (kind: string) =>
    some
      .filter((event) => event.kind === kind)
      .map(({ at }) => at)
      .sort()[0];
  const times = {
    sentAt: proofs[0]?.sentAt,
    deliveredAt: first('delivery'),
    bouncedAt: first('bounce'),
    transientAt: some.find(({ isTransient }) => isTransient)?.at,
    complainedAt: first('complaint'),
    rejectedAt: first('reject'),
  };
  const isSettled =
    before.state === 'sent' || before.state === 'blocked' || before.state === 'failed';
  const state = proofs.length > 0 ? 'sent' : isSettled ? before.state : 'failed';
  const kept = before.state === 'sent' ? before.reason : undefined;
  return {
    state,
    sesMessageId: before.sesMessageId ?? '0100019-ses-id',
    reason: rejection?.reason ?? kept,
    feedback: Object.fromEntries(Object.entries(times).filter(([, at]) => at !== undefined)),
  };
}

const rows = fc.constantFrom<EmailMarks>(
  { state: 'reserved' },
  { state: 'waiting', reason: 'throttled' },
  { state: 'unknown', reason: 'The answer was lost.' },
  { state: 'sent', sesMessageId: '0100019-ses-id' },
  { state: 'sent', reason: 'Marked as sent by a person.' },
  { state: 'blocked', reason: 'The contact is not subscribed.' },
  { state: 'failed', reason: 'refused' },
);

describe('the events of one email', () => {
  it('say the same in any order and however often each comes', () => {
    fc.assert(
      fc.property(rows, disorder, (before, { some, arrival }) => {
        expect(arrival.reduce(marked, before)).toEqual(expected(some, before));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('in DynamoDB', () => {
  let audience: Awaited<ReturnType<typeof startAudience>>;
  beforeAll(async () => {
    audience = await startAudience();
  });
  afterAll(() => audience.stop());

  it('they say the same with the mailer at work at the same time, and it can still note what it knows', async () => {
    const { db, tableOf, now } = audience;
    const ledger = feedbackLedger(db, tableOf('Emails'), { now, pause: audience.pause });
    const emails = dynamoEmails(db, tableOf('Emails'), now);
    let made = 0;
    const proofs = disorder.filter(({ some }) => some.some(({ kind }) => kind !== 'reject'));
    const mailerEnds = fc.constantFrom('sent', 'lost', 'crash');
    await fc.assert(
      fc.asyncProperty(proofs, mailerEnds, fc.nat(10), async ({ some, arrival }, end, after) => {
        made += 1;
        const ledgerKey = `race-${made}`;
        const identity = {
          ledgerKey,
          workflowId: 'welcome',
          workflowVersion: 1,
          webhookId: 'evt',
          customerId: 'c',
        };
        const attempt = { token: 'mine', leaseUntil: sentAt, addressHash: 'hash' };
        expect(await emails.reserve(identity, attempt)).toBe(true);
        const endAttempt = async () => {
          if (end === 'sent') await emails.sent(ledgerKey, 'mine', '0100019-ses-id');
          if (end === 'lost') await emails.loseSight(ledgerKey, 'mine', 'Lost.', sentAt);
        };
        await Promise.all([
          ...arrival.slice(0, after).map((event) => ledger.mark(ledgerKey, event)),
          endAttempt(),
        ]);
        await Promise.all(arrival.slice(after).map((event) => ledger.mark(ledgerKey, event)));
        const row = await audience.item('Emails', { ledgerKey });
        const { state, sesMessageId, feedback } = expected(some, { state: 'reserved' });
        expect(row).toMatchObject({ ...identity, token: 'mine', state, sesMessageId, feedback });
        expect(await emails.reserve(identity, attempt)).toBe(false);
      }),
      { numRuns: asMany(5, 625) },
    );
  });
});
