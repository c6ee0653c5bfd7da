import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryParts, deliver } from '#functions/mailer/deliver.ts';
import type { EmailIdentity } from '#shared/audience/emails/email.ts';
import type { SendResult } from '#shared/mail/ses.ts';
import { asMany } from '#test/support/as-many.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { mailOf, someone, startMails } from './mails-at-work.ts';

type Mails = Awaited<ReturnType<typeof startMails>>;

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

let time = Date.parse('2026-11-23T12:00:00.000Z');
const now = () => new Date(time);
const dayMs = 24 * 3_600_000;

const start = (options: Partial<Parameters<typeof startMails>[1]>) =>
  startMails(dynamo.client, { now, event: 'customer.created', kind: 'transactional', ...options });

const names = [
  'annlee',
  'ann.lee',
  'a.n.n.l.e.e',
  'annl.ee',
  'annlee+1',
  'ann.lee+shop',
  'AnnLee+2',
];
/** Twenty addresses that all reach one mailbox. */
const spellings = ['gmail.com', 'googlemail.com', 'GMail.com']
  .flatMap((domain) =>
    names.map((name) => `${domain === 'GMail.com' ? 'al.' : 'al'}${name}@${domain}`),
  )
  .slice(0, 20);

const sent: SendResult = { kind: 'sent', sesMessageId: 'ses-1' };
const always = (result: SendResult, times = 100) => Array<SendResult>(times).fill(result);

/** The emails of checkouts with these addresses. */
async function checkouts(at: Mails, addresses: readonly string[]): Promise<EmailIdentity[]> {
  const mails: EmailIdentity[] = [];
  for (const address of addresses) {
    mails.push(mailOf(await at.tell('customer.created', someone(address), now())));
  }
  return mails;
}

/** Each of several mailers takes its share, all at the same time. */
async function deliveredBy(mailers: readonly DeliveryParts[], mails: readonly EmailIdentity[]) {
  const shares = mailers.map(async (mailer, nth) => {
    const results: Awaited<ReturnType<typeof deliver>>[] = [];
    for (let one = nth; one < mails.length; one += mailers.length) {
      const mail = mails[one];
      if (mail) results.push(await deliver(mail, mailer));
    }
    return results;
  });
  return (await Promise.all(shares)).flat();
}

async function counts({ db, mailboxes }: Mails) {
  const { Items = [] } = await db.send(new ScanCommand({ TableName: mailboxes }));
  return Items;
}

describe('one mailbox', () => {
  it.each([
    [
      'marketing',
      2,
      'This mailbox has had 2 marketing emails today (UTC), the most that it gets in a day.',
    ],
    [
      'transactional',
      10,
      'This mailbox has had 10 emails today (UTC), the most that it gets in a day.',
    ],
  ] as const)(
    'in twenty spellings of twenty checkouts gets no more %s mail than %i',
    async (kind, most, reason) => {
      const at = await start({ kind });
      const mails = await checkouts(at, spellings);
      const mailers = [1, 2, 3].map(() => at.mailer(always(sent)));
      const results = await deliveredBy(mailers, mails);
      expect(results.filter(({ kind }) => kind === 'sent')).toHaveLength(most);
      const blocked = results.filter(({ kind }) => kind !== 'sent');
      expect(blocked).toEqual(Array(20 - most).fill({ kind: 'blocked', reason }));
      const rows = await Promise.all(mails.map(({ ledgerKey }) => at.emails.find(ledgerKey)));
      expect(rows.filter((row) => row?.state === 'blocked' && row.reason === reason)).toHaveLength(
        20 - most,
      );
    },
  );

  it('keeps its count under a keyed hash, which expires after days', async () => {
    const at = await start({ kind: 'marketing' });
    const mails = await checkouts(at, ['annlee@gmail.com']);
    await deliveredBy([at.mailer([sent])], mails);
    expect(await counts(at)).toEqual([
      {
        mailboxDay: expect.stringMatching(/^[0-9a-f]{64}#2026-11-23$/),
        ...{ mails: 1, marketing: 1 },
        expiresAt: Date.parse('2026-11-26T00:00:00Z') / 1_000,
      },
    ]);
  });

  it('gets all receipts of what was paid, and counts none of them', async () => {
    const at = await start({ event: 'order.paid', dailyLimit: 1 });
    const records = [1, 2, 3].map(() => at.tell('order.paid', someone('ann@example.com'), now()));
    const mails = (await Promise.all(records)).map(mailOf);
    const results = await deliveredBy([at.mailer(always(sent))], mails);
    expect(results).toEqual(Array(3).fill({ kind: 'sent' }));
    expect(await counts(at)).toEqual([]);
  });

  it('hears of a failed payment, however many checkouts there were that cost nothing', async () => {
    const at = await start({ event: 'subscription.past_due', dailyLimit: 1 });
    const told = [1, 2, 3].map((nth) =>
      at.tell('subscription.past_due', someone(`ann+${nth}@example.com`), now()),
    );
    const mails = (await Promise.all(told)).map(mailOf);
    const results = await deliveredBy([at.mailer(always(sent))], mails);
    expect(results.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'blocked']);
  });

  it('gets mail again on the next day', async () => {
    const at = await start({ dailyLimit: 1 });
    const mails = await checkouts(at, [
      'ann@example.com',
      'ann+2@example.com',
      'ann+3@example.com',
    ]);
    const [first, second, third] = mails;
    if (!first || !second || !third) throw new Error('three mails');
    const mailer = at.mailer(always(sent));
    expect(await deliver(first, mailer)).toEqual({ kind: 'sent' });
    expect(await deliver(second, mailer)).toMatchObject({ kind: 'blocked' });
    time += dayMs;
    expect(await deliver(third, mailer)).toEqual({ kind: 'sent' });
  });
});

describe('a count', () => {
  it('is given back where SES refuses the email, and stays where nobody knows', async () => {
    const at = await start({ dailyLimit: 1 });
    const addresses = ['ann+1@example.com', 'ann+2@example.com', 'ann+3@example.com'];
    const [refused, unknown, late] = await checkouts(at, addresses);
    if (!refused || !unknown || !late) throw new Error('three mails');
    const answers: SendResult[] = [
      { kind: 'refused', reason: 'no such sender' },
      { kind: 'unknown', reason: 'no answer' },
    ];
    const mailer = at.mailer(answers);
    expect(await deliver(refused, mailer)).toMatchObject({ kind: 'failed' });
    expect(await at.emails.find(refused.ledgerKey)).not.toHaveProperty('counted');
    expect(await deliver(unknown, mailer)).toMatchObject({ kind: 'unknown' });
    expect(await deliver(late, mailer)).toMatchObject({ kind: 'blocked' });
    expect(await counts(at)).toMatchObject([{ mails: 1 }]);
  });

  it('is taken once a day by an email that waits, and given back where it is blocked then', async () => {
    const at = await start({ dailyLimit: 1 });
    const [waiting, other] = await checkouts(at, ['ann+1@example.com', 'ann+2@example.com']);
    if (!waiting || !other) throw new Error('two mails');
    const mailer = at.mailer(always({ kind: 'not-now', reason: 'throttled' }, 3));
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await deliver(waiting, mailer)).toMatchObject({ kind: 'waiting' });
      expect(await counts(at)).toMatchObject([{ mails: 1 }]);
    }
    expect(await deliver(waiting, { ...mailer, hasSender: false })).toMatchObject({
      kind: 'blocked',
      reason: 'No sender is set up.',
    });
    expect(await counts(at)).toMatchObject([{ mails: 0 }]);
    expect(await deliver(other, at.mailer([sent]))).toEqual({ kind: 'sent' });
  });

  it('is given back once where two mailers block the same email at the same moment', async () => {
    const at = await start({ dailyLimit: 3 });
    const [other, waiting] = await checkouts(at, ['ann+1@example.com', 'ann+2@example.com']);
    if (!other || !waiting) throw new Error('two mails');
    await deliver(other, at.mailer([sent]));
    await deliver(waiting, at.mailer([{ kind: 'not-now', reason: 'throttled' }]));
    const { counted } = (await at.emails.find(waiting.ledgerKey)) ?? {};
    expect(await at.emails.block(waiting, 'paused', counted)).toBe(true);
    expect(await at.emails.block(waiting, 'paused', counted)).toBe(false);
    expect(await counts(at)).toMatchObject([{ mails: 1 }]);
    const leaseUntil = new Date(time + 60_000).toISOString();
    const reservation = { token: 't1', leaseUntil, addressHash: '0a1b', counted };
    expect(await at.emails.reserve(waiting, reservation)).toBe(false);
  });

  it('is taken once by a reservation that the client repeats', async () => {
    const at = await start({});
    const [email] = await checkouts(at, ['ann@example.com']);
    if (!email) throw new Error('a mail');
    const leaseUntil = new Date(time + 60_000).toISOString();
    const reservation = { token: 't1', leaseUntil, addressHash: '0a1b' };
    const quota = { key: 'hash#2026-11-23', isMarketing: false, mails: 10 };
    expect(await at.emails.reserveWithin(email, reservation, quota)).toBe('reserved');
    expect(await at.emails.reserveWithin(email, reservation, quota)).toBe('reserved');
    const another = { ...reservation, token: 't2' };
    expect(await at.emails.reserveWithin(email, another, quota)).toBe('taken');
    expect(await counts(at)).toMatchObject([{ mails: 1 }]);
  });

  it('is what was sent or may be, whatever SES answers to however many mailers', async () => {
    const answer = fc.constantFrom<SendResult>(
      sent,
      { kind: 'refused', reason: 'no' },
      { kind: 'not-now', reason: 'busy' },
      { kind: 'unknown', reason: 'lost' },
    );
    const at = await start({ kind: 'marketing', dailyLimit: 3 });
    let people = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(answer, { minLength: 8, maxLength: 8 }), { minLength: 2, maxLength: 4 }),
        async (answers) => {
          people += 1;
          const before = (await counts(at)).length;
          const addresses = Array.from({ length: 8 }, (_, nth) => `p${people}+${nth}@example.com`);
          const mails = await checkouts(at, addresses);
          const mailers = answers.map((some) => at.mailer(some));
          await deliveredBy(mailers, mails);
          const rows = await Promise.all(mails.map(({ ledgerKey }) => at.emails.find(ledgerKey)));
          const counting = rows.filter(
            (row) => row && ['sent', 'unknown', 'waiting'].includes(row.state),
          );
          expect(counting.length).toBeLessThanOrEqual(2);
          const all = await counts(at);
          expect(all).toHaveLength(before + 1);
          const own = all.find(({ mailboxDay }) =>
            counting.some((row) => row?.counted?.key === mailboxDay),
          );
          if (own)
            expect(own).toMatchObject({ mails: counting.length, marketing: counting.length });
          else expect(all.filter(({ mails: many }) => many === 0).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: asMany(2, 200) },
    );
  });
});
