import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DeliveryParts, deliver } from '#functions/mailer/mailer.ts';
import type { Known } from '#functions/mailer/situation.ts';
import { contactLedgerKey } from '#shared/audience/consider-workflows.ts';
import type { MailMessage } from '#shared/audience/email.ts';
import { defaultSettings } from '#shared/audience/settings.ts';
import { sesSender } from '#shared/mail/ses.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmails, type Emails } from '#shared/store/mail/ledger.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import { approvedMail } from '#test/support/approved-mail.ts';
import { clientConfig, startDynamo } from '#test/support/emulators.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let client: SESv2Client;
const table = 'Emails';

beforeAll(async () => {
  [dynamo, ses] = await Promise.all([startDynamo(), startSes()]);
  client = new SESv2Client({ ...clientConfig(ses.endpoint), maxAttempts: 1 });
  await dynamo.client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'ledgerKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'ledgerKey', AttributeType: 'S' }],
    }),
  );
});
afterAll(async () => {
  client.destroy();
  await ses.stop();
  await dynamo.stop();
});

let clock = Date.parse('2026-11-23T12:00:00.000Z');
const now = () => new Date(clock);
let queued: { message: MailMessage; delaySeconds: number }[] = [];

beforeEach(() => {
  queued = [];
  ses.behave(undefined);
});

const emails = () => dynamoEmails(documentClient(dynamo.client), table, now);

function partsWith(changed: Partial<DeliveryParts> = {}): DeliveryParts {
  return {
    emails: emails(),
    known: async () => approvedMail(now()),
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
    send: sesSender(client, undefined),
    queue: async (message, delaySeconds) => queued.push({ message, delaySeconds }),
    addressHash: async () => '0a1b',
    hasSender: true,
    newToken: randomUUID,
    now,
    ...changed,
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

const sentUnder = (ledgerKey: string) => ses.sent.filter((one) => one.ledgerKey === ledgerKey);

function inMood(...moods: SesMood[]): void {
  ses.behave(moods[Symbol.iterator]());
}

describe('an email', () => {
  it('is sent once, however often its message comes', async () => {
    const message = mail();
    expect(await deliver(message, partsWith())).toEqual({ kind: 'sent' });
    expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
    expect(await deliver({ ...message, webhookId: 'evt-2' }, partsWith())).toEqual({
      kind: 'settled',
    });
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
    const row = await emails().find(message.ledgerKey);
    expect(row).toMatchObject({
      state: 'sent',
      sesMessageId: expect.stringMatching(/^ses-/),
      attempts: 1,
    });
    expect(row).not.toHaveProperty('leaseUntil');
  });

  it('that SES refuses for now waits, and is sent later', async () => {
    const message = mail();
    inMood('throttle', 'throttle', 'send');
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'waiting' });
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'waiting' });
    expect(queued.map(({ delaySeconds }) => delaySeconds)).toEqual([15, 30]);
    expect(await emails().find(message.ledgerKey)).toMatchObject({ state: 'waiting', attempts: 2 });
    expect(await deliver(message, partsWith())).toEqual({ kind: 'sent' });
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
  });

  it('that SES refuses for two days has failed', async () => {
    const message = mail();
    inMood('throttle', 'throttle');
    await deliver(message, partsWith());
    clock += 49 * 3_600_000;
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'failed' });
    expect(await emails().find(message.ledgerKey)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('two days'),
    });
  });

  it('that SES rejects has failed, for a reason without an address, and leaves its key to the next event', async () => {
    const message = mail();
    inMood('reject', 'send');
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'failed' });
    const row = await emails().find(message.ledgerKey);
    expect(row).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('MessageRejected'),
    });
    expect(JSON.stringify(row)).not.toContain('ann@example.com');
    expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
    expect(await deliver({ ...message, webhookId: 'evt-2' }, partsWith())).toEqual({
      kind: 'sent',
    });
  });

  it('whose answer is lost is unknown and never sent again by itself', async () => {
    const message = mail();
    inMood('lost');
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'unknown' });
    expect(queued).toEqual([{ message: { ...message, check: true }, delaySeconds: 900 }]);
    expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
    const check = { ...message, check: true };
    expect(await deliver(check, partsWith())).toEqual({ kind: 'still-unknown' });
    expect(queued).toHaveLength(2);
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
  });

  it('whose mailer died is unknown once its lease is over, and not before', async () => {
    const message = mail();
    const dying = partsWith({ send: () => Promise.reject(new Error('killed')) });
    await expect(deliver(message, dying)).rejects.toThrow('killed');
    await expect(deliver(message, partsWith())).rejects.toThrow('Another mailer');
    clock += 121_000;
    expect(await deliver(message, partsWith())).toMatchObject({ kind: 'unknown' });
    expect(sentUnder(message.ledgerKey)).toHaveLength(0);
  });

  it('is blocked with the reason, which is not looked at again for the same event', async () => {
    const message = mail();
    const blocked: Partial<Known> = { settings: defaultSettings, workflow: undefined };
    const parts = partsWith({ known: async () => ({ ...approvedMail(now()), ...blocked }) });
    expect(await deliver(message, parts)).toEqual({
      kind: 'blocked',
      reason: 'The workflow was removed.',
    });
    expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
    expect(await deliver({ ...message, webhookId: 'evt-2' }, partsWith())).toEqual({
      kind: 'sent',
    });
  });

  it('is blocked without a sender', async () => {
    const result = await deliver(mail(), partsWith({ hasSender: false }));
    expect(result).toEqual({ kind: 'blocked', reason: 'no sender is set up' });
  });

  it('that was sent once to a contact under a former id is not sent again', async () => {
    const former = mail({ ledgerKey: contactLedgerKey('welcome', 'former-id') });
    await deliver(former, partsWith());
    const known = approvedMail(now());
    const merged = {
      ...known,
      contact: known.contact && { ...known.contact, mergedIds: ['former-id'] },
    };
    const result = await deliver(mail(), partsWith({ known: async () => merged }));
    expect(result).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('before') });
  });
});

describe('an email to a contact that became one with another', () => {
  it('is not sent when it waited under the former id and the other was mailed', async () => {
    const present = mail({ ledgerKey: contactLedgerKey('welcome', 'merged-into') });
    await deliver(present, partsWith());
    const known = approvedMail(now());
    const merged = {
      ...known,
      contact: known.contact && {
        ...known.contact,
        contactId: 'merged-into',
        mergedIds: ['was-waiting'],
      },
    };
    const waiting = mail({ ledgerKey: contactLedgerKey('welcome', 'was-waiting') });
    const result = await deliver(waiting, partsWith({ known: async () => merged }));
    expect(result).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('before') });
    expect(sentUnder(waiting.ledgerKey)).toEqual([]);
  });
});

class Crash extends Error {}

/** Lets calls of the ledger fail before or after they act, as a crash in between would. */
function crashing(ledger: Emails, faults: Iterator<string>): Emails {
  const wrap =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const fault = faults.next().value;
      if (fault === 'before') throw new Crash();
      const result = await call(...args);
      if (fault === 'after') throw new Crash();
      return result;
    };
  return {
    find: wrap(ledger.find),
    reserve: wrap(ledger.reserve),
    sent: wrap(ledger.sent),
    wait: wrap(ledger.wait),
    fail: wrap(ledger.fail),
    loseSight: wrap(ledger.loseSight),
    block: wrap(ledger.block),
  };
}

describe('whatever crashes, repeats, races and gets lost', () => {
  it('no key is sent twice and none is lost silently', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.constantFrom('', '', '', '', 'before', 'after')),
        fc.infiniteStream(
          fc.constantFrom<SesMood>('send', 'send', 'throttle', 'lost', 'reject', 'unreachable'),
        ),
        async (deliveries, faults, moods) => {
          const keys = [randomUUID(), randomUUID(), randomUUID()];
          ses.behave(moods[Symbol.iterator]());
          const stream = faults[Symbol.iterator]();
          const waiting: MailMessage[] = deliveries.map((index, n) =>
            mail({ ledgerKey: keys[index] ?? '', webhookId: `evt-${n}` }),
          );
          const asked = new Set(waiting.map(({ ledgerKey }) => ledgerKey));
          const checks = new Set<string>();
          const parts = () =>
            partsWith({
              emails: crashing(emails(), stream),
              queue: async (message) => {
                const fault = stream.next().value;
                if (fault === 'before') throw new Crash();
                if (message.check) checks.add(message.ledgerKey);
                else waiting.push(message);
                if (fault === 'after') throw new Crash();
              },
            });
          for (let round = 0; waiting.length > 0 && round < 60; round++) {
            const taken = waiting.splice(0, 2);
            const results = await Promise.allSettled(taken.map((one) => deliver(one, parts())));
            results.forEach((result, index) => {
              const message = taken[index];
              if (result.status === 'rejected' && message) waiting.push(message);
            });
            clock += 121_000;
          }
          expect(waiting).toEqual([]);
          for (const ledgerKey of asked) {
            const row = await emails().find(ledgerKey);
            const count = sentUnder(ledgerKey).length;
            expect(count).toBeLessThanOrEqual(1);
            expect(row?.state).toMatch(count === 1 ? /^(sent|unknown)$/ : /^(failed|unknown)$/);
            if (row?.state === 'unknown') expect(checks).toContain(ledgerKey);
          }
        },
      ),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) },
    );
  });
});
