import { randomUUID } from 'node:crypto';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clock as clockFunction } from '#functions/clock/clock.ts';
import { type DeliveryParts, deliver } from '#functions/mailer/deliver.ts';
import type { Known } from '#functions/mailer/situation.ts';
import { contactLedgerKey } from '#shared/audience/consider-workflows.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { Emails } from '#shared/audience/emails/ledger.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { sesSender } from '#shared/mail/ses.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import { asMany } from '#test/support/as-many.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { noRuns } from '#test/support/audience/no-runs.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let client: SESv2Client;
let table: string;
let mailboxes: string;

beforeAll(async () => {
  [dynamo, ses] = await Promise.all([startDynamo(), startSes()]);
  client = new SESv2Client({ ...clientConfig(ses.endpoint), maxAttempts: 1 });
  const tableOf = await createStackTables(dynamo.client, 'Emails', 'Mailboxes');
  [table, mailboxes] = [tableOf('Emails'), tableOf('Mailboxes')];
});
afterAll(async () => {
  client.destroy();
  await ses.stop();
  await dynamo.stop();
});

let clock = Date.parse('2026-11-23T12:00:00.000Z');
const now = () => new Date(clock);

beforeEach(() => ses.behave(undefined));

const emails = () => dynamoEmails(documentClient(dynamo.client), table, now, mailboxes);

function partsWith(changed: Partial<DeliveryParts> = {}): DeliveryParts {
  return {
    emails: emails(),
    hold: async () => undefined,
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
    addressHash: async () => '0a1b',
    // Each email is to a mailbox of its own.
    mailboxHash: async () => randomUUID(),
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

/** In how many seconds the clock will ask for it. */
async function waitOf({ ledgerKey }: MailMessage): Promise<number> {
  const { dueAt = '' } = (await emails().find(ledgerKey)) ?? {};
  return (Date.parse(dueAt) - clock) / 1_000;
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
    for (const gone of ['leaseUntil', 'dueAt', 'dueShard']) expect(row).not.toHaveProperty(gone);
  });

  it('says in which version of its workflow it was sent, whichever asked for it', async () => {
    const message = mail();
    const approved = approvedMail(now());
    const workflow = approved.workflow && { ...approved.workflow, version: 3 };
    const parts = partsWith({ known: async () => ({ ...approved, workflow }) });
    expect(await deliver(message, parts)).toEqual({ kind: 'sent' });
    expect(await emails().find(message.ledgerKey)).toMatchObject({ workflowVersion: 3 });
  });

  it('to an address that SES does not take is blocked before SES is called', async () => {
    const message = mail();
    const approved = approvedMail(now());
    const contact = approved.contact && { ...approved.contact, address: 'José@example.com' };
    const calls = ses.calls();
    const parts = partsWith({ known: async () => ({ ...approved, contact }) });
    expect(await deliver(message, parts)).toMatchObject({ kind: 'blocked' });
    expect(ses.calls()).toBe(calls);
    expect(await emails().find(message.ledgerKey)).toMatchObject({
      state: 'blocked',
      reason: expect.stringContaining('non-ASCII'),
    });
  });

  describe('of a run that was erased, or has begun again,', () => {
    const ofRun = () => mail({ runId: randomUUID(), stepDueAt: '2026-11-23T11:59:00.000Z' });
    const held = { isOn: true, reason: 'a storm', by: 'ann', at: '' };
    const waiting = async (message: MailMessage) => {
      expect(await deliver(message, partsWith({ hold: async () => held }))).toMatchObject({
        kind: 'waiting',
      });
    };

    it('ends as blocked where it waits, so that nobody asks for it again', async () => {
      const message = ofRun();
      await waiting(message);
      expect(await deliver(message, partsWith())).toEqual({
        kind: 'blocked',
        reason: 'The run that asked for it was erased, or has started over.',
      });
      const row = await emails().find(message.ledgerKey);
      expect(row).toMatchObject({ state: 'blocked' });
      expect(row).not.toHaveProperty('dueAt');
      expect(sentUnder(message.ledgerKey)).toEqual([]);
    });

    it('keeps away from what waits for the run that began again', async () => {
      const message = ofRun();
      const again = { ...message, webhookId: 'evt-2', stepDueAt: '2026-11-24T11:59:00.000Z' };
      await waiting(again);
      expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
      expect(await emails().find(message.ledgerKey)).toMatchObject({
        state: 'waiting',
        webhookId: 'evt-2',
      });
    });

    it('keeps away from what was put aside for another run at the same moment', async () => {
      const message = ofRun();
      await waiting(message);
      const again = { ...message, stepDueAt: '2026-11-24T11:59:00.000Z' };
      const known = async () => {
        clock += 1;
        await waiting(again);
        return approvedMail(now());
      };
      expect(await deliver(message, partsWith({ known }))).toEqual({ kind: 'settled' });
      expect(await emails().find(message.ledgerKey)).toMatchObject({
        state: 'waiting',
        stepDueAt: again.stepDueAt,
      });
    });
  });

  it('that SES refuses for now waits, and is sent later', async () => {
    const message = mail();
    inMood('throttle', 'throttle', 'send');
    for (const seconds of [15, 30]) {
      expect(await deliver(message, partsWith())).toMatchObject({ kind: 'waiting' });
      expect(await waitOf(message)).toBe(seconds);
    }
    expect(await emails().find(message.ledgerKey)).toMatchObject({ state: 'waiting', attempts: 2 });
    expect(await deliver(message, partsWith())).toEqual({ kind: 'sent' });
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
  });

  it('that SES refuses for two days has failed', async () => {
    const message = mail();
    inMood('throttle', 'throttle', 'throttle');
    expect(await deliver(message, partsWith())).toMatchObject({ waitedMinutes: 0 });
    clock += 47 * 3_600_000;
    expect(await deliver(message, partsWith())).toMatchObject({ waitedMinutes: 47 * 60 });
    expect(await waitOf(message)).toBe(30);
    clock += 2 * 3_600_000;
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
    expect(await waitOf(message)).toBe(900);
    expect(await deliver(message, partsWith())).toEqual({ kind: 'settled' });
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
  });

  it('is tried once for all messages of the clock, however late they come', async () => {
    const message = mail();
    inMood('throttle', 'throttle', 'send');
    await deliver(message, partsWith());
    const asked = (attempts: number) => deliver({ ...message, attempts }, partsWith());
    expect(await asked(0)).toEqual({ kind: 'settled' });
    expect(await asked(1)).toMatchObject({ kind: 'waiting' });
    expect(await asked(1)).toEqual({ kind: 'settled' });
    clock += 24 * 3_600_000;
    expect(await asked(2)).toEqual({ kind: 'sent' });
    expect(await asked(2)).toEqual({ kind: 'settled' });
    expect(sentUnder(message.ledgerKey)).toHaveLength(1);
  });

  it('that 0.1.0 asks about by a message is in sight of the clock from then on', async () => {
    const message = mail();
    inMood('lost');
    await deliver(message, partsWith());
    const { ledgerKey } = message;
    const leftByOldVersion = new UpdateCommand({
      TableName: table,
      Key: { ledgerKey },
      UpdateExpression: 'REMOVE dueAt, dueShard',
    });
    await documentClient(dynamo.client).send(leftByOldVersion);
    const check = { ...message, check: true };
    expect(await deliver(check, partsWith())).toEqual({ kind: 'settled' });
    expect(await waitOf(message)).toBe(900);
    const { dueAt } = (await emails().find(ledgerKey)) ?? {};
    clock += 60_000;
    await deliver(check, partsWith());
    expect(await emails().find(ledgerKey)).toMatchObject({ state: 'unknown', dueAt });
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
    const reason = 'No sender is set up.';
    expect(result).toEqual({ kind: 'blocked', reason, needsPerson: true });
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
    expect(result).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('Already sent'),
    });
  });
});

describe('a deletion or an erasure that is recorded while an email is in the hands of a mailer', () => {
  const deletion = {
    ...{ occurredAt: '2026-11-14T12:00:00.000000Z', webhookId: 'evt-deleted' },
    mode: 'unsubscribe' as const,
  };
  it.each([
    ['deleted in Polar', { deletion }],
    ['erased', { erased: true as const }],
  ])('comes too late for that one alone, where its customer is %s', async (reason, gone) => {
    let isRecorded = false;
    const known: DeliveryParts['known'] = async () => {
      const { customer, ...rest } = approvedMail(now());
      if (!customer) throw new Error('approvedMail has no customer.');
      return { ...rest, customer: isRecorded ? { ...customer, ...gone } : customer };
    };
    const compose: DeliveryParts['compose'] = (...judged) => {
      isRecorded = true;
      return partsWith().compose(...judged);
    };
    const [inHand, next] = [mail(), mail({ webhookId: 'evt-next' })];
    const parts = partsWith({ known, compose });
    expect(await deliver(inHand, parts)).toEqual({ kind: 'sent' });
    expect(await deliver(next, parts)).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining(reason),
    });
    expect(sentUnder(next.ledgerKey)).toEqual([]);
  });
});

describe('an email to a contact that became one with another', () => {
  it('is not sent in place of one that the other was mailed', async () => {
    await deliver(mail({ ledgerKey: contactLedgerKey('welcome', 'former-id') }), partsWith());
    const { workflow, contact, ...known } = approvedMail(now());
    if (!workflow || !contact) throw new Error('approvedMail has no workflow.');
    const replaced = workflow.steps.map((step) => ({ ...step, id: 'second' }));
    const merged = {
      ...known,
      workflow: { ...workflow, steps: replaced },
      contact: { ...contact, mergedIds: ['former-id'] },
    };
    const result = await deliver(
      mail({ stepId: 'second' }),
      partsWith({ known: async () => ({ ...merged, stepId: 'second' }) }),
    );
    expect(result).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('Already sent'),
    });
  });

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
    expect(result).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('Already sent'),
    });
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
    reserveWithin: wrap(ledger.reserveWithin),
    sent: wrap(ledger.sent),
    wait: wrap(ledger.wait),
    putAside: wrap(ledger.putAside),
    fail: wrap(ledger.fail),
    loseSight: wrap(ledger.loseSight),
    keepInSight: wrap(ledger.keepInSight),
    block: wrap(ledger.block),
    giveUp: wrap(ledger.giveUp),
  };
}

/** A clock that dies at some of its calls. */
function clockOf(
  faults: Iterator<string>,
  isReleased: () => boolean,
  queue: (message: MailMessage) => void,
  speaksOf: (ledgerKey: string) => void,
) {
  const ledger = dynamoDueEmails(documentClient(dynamo.client), table);
  const crash = (moment: string, fault: string) => {
    if (fault === moment) throw new Crash();
  };
  const tick = clockFunction({
    ...noRuns,
    emails: {
      due: ledger.due,
      held: ledger.held,
      settled: ledger.settled,
      take: async (email, until) => {
        const fault = faults.next().value;
        crash('before', fault);
        const row = await ledger.take(email, until);
        crash('after', fault);
        return row;
      },
    },
    isReleased: async () => isReleased(),
    queue: async (messages) => {
      const fault = faults.next().value;
      crash('before', fault);
      messages.forEach(queue);
      crash('after', fault);
    },
    mostEmails: 60,
    now,
    log: {
      info: () => {},
      warn: () => {},
      error: (_, fields) => speaksOf(String(fields?.['ledgerKey'])),
    },
  });
  return () => tick({}, { getRemainingTimeInMillis: () => 60_000 }).catch(() => undefined);
}

/** What is unknown would be spoken of for ever. */
async function forget(keys: readonly string[]) {
  for (const ledgerKey of keys) {
    const row = new DeleteCommand({ TableName: table, Key: { ledgerKey } });
    await documentClient(dynamo.client).send(row);
  }
}

describe('whatever crashes, repeats, races and gets lost', () => {
  // What other tests leave unknown would be in the hands of this clock, too, and make it die for its own.
  beforeAll(async () => {
    const tableOf = await createStackTables(dynamo.client, 'Emails', 'Mailboxes');
    [table, mailboxes] = [tableOf('Emails'), tableOf('Mailboxes')];
  });

  it('no key is sent twice and none is lost silently', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.constantFrom('', '', '', '', 'before', 'after')),
        fc.infiniteStream(
          fc.constantFrom<SesMood>('send', 'send', 'throttle', 'lost', 'reject', 'unreachable'),
        ),
        // Whether somebody holds or releases all mail in a round.
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (deliveries, faults, moods, flips) => {
          const keys = [randomUUID(), randomUUID(), randomUUID()];
          ses.behave(moods[Symbol.iterator]());
          const stream = faults[Symbol.iterator]();
          const waiting: MailMessage[] = deliveries.map((index, n) =>
            mail({ ledgerKey: keys[index] ?? '', webhookId: `evt-${n}` }),
          );
          const asked = new Set(waiting.map(({ ledgerKey }) => ledgerKey));
          const unknown = new Set<string>();
          let isHeld = false;
          const hold = async () => ({ isOn: isHeld, reason: 'a storm', by: 'ann', at: '' });
          const parts = () => partsWith({ emails: crashing(emails(), stream), hold });
          const tick = clockOf(
            stream,
            () => !isHeld,
            (message) => waiting.push(message),
            (ledgerKey) => unknown.add(ledgerKey),
          );
          const underWay = async () => {
            const rows = await Promise.all(keys.map(emails().find));
            return rows.some((row) => row?.state === 'waiting' || row?.state === 'reserved');
          };
          for (let round = 0; round < 100; round++) {
            if (flips[round]) isHeld = !isHeld;
            if (round >= flips.length) isHeld = false;
            const sentBefore = keys.flatMap(sentUnder).length;
            if (waiting.length === 0) {
              if (!isHeld && !(await underWay())) break;
              await tick();
            }
            const taken = waiting.splice(0, 2);
            const results = await Promise.allSettled(taken.map((one) => deliver(one, parts())));
            results.forEach((result, index) => {
              const message = taken[index];
              if (result.status === 'rejected' && message) waiting.push(message);
            });
            if (isHeld) expect(keys.flatMap(sentUnder)).toHaveLength(sentBefore);
            clock += 121_000;
          }
          expect(waiting).toEqual([]);
          // A clock that dies with an email in its hands speaks of it a quarter of an hour later.
          const rows = await Promise.all(keys.map(emails().find));
          const isUnspoken = (row: (typeof rows)[number]) =>
            row?.state === 'unknown' && !unknown.has(row.ledgerKey);
          for (let round = 0; rows.some(isUnspoken) && round < 50; round++) {
            clock += 900_001;
            await tick();
          }
          for (const ledgerKey of asked) {
            const row = await emails().find(ledgerKey);
            const count = sentUnder(ledgerKey).length;
            expect(count).toBeLessThanOrEqual(1);
            expect(row?.state).toMatch(count === 1 ? /^(sent|unknown)$/ : /^(failed|unknown)$/);
            if (row?.state === 'unknown') expect(unknown).toContain(ledgerKey);
            else expect(row).not.toHaveProperty('dueAt');
          }
          await forget(keys);
        },
      ),
      { numRuns: asMany(4, 750) },
    );
  }, 600_000);
});
