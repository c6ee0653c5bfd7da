import { randomUUID } from 'node:crypto';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clock } from '#functions/clock/clock.ts';
import { deliver } from '#functions/mailer/deliver.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { Wake } from '#shared/audience/runs/go-on.ts';
import { sesSender } from '#shared/mail/ses.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { documentClient, shardOf } from '#shared/store/dynamo.ts';
import { dynamoDueEmails } from '#shared/store/mail/due-emails.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { dynamoDueRuns } from '#shared/store/runs/due-runs.ts';
import { type SesMood, startSes } from '#test/fakes/ses.ts';
import { asMany } from '#test/support/as-many.ts';
import { approvedMail } from '#test/support/audience/approved-mail.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let table: string;
let mailboxes: string;
let runsTable: string;

beforeAll(async () => {
  [dynamo, ses] = await Promise.all([startDynamo(), startSes()]);
});
afterAll(async () => {
  await ses.stop();
  await dynamo.stop();
});
beforeEach(async () => {
  const tableOf = await createStackTables(dynamo.client, 'Emails', 'Mailboxes', 'Runs');
  [table, mailboxes] = [tableOf('Emails'), tableOf('Mailboxes')];
  runsTable = tableOf('Runs');
  woken.length = 0;
  queue.length = 0;
  told.length = 0;
  isReleased = false;
  time = Date.parse('2026-11-23T12:00:00.000Z');
});

let time: number;
const now = () => new Date(time);
/** Whether all mail was held once and is not now. */
let isReleased: boolean;
const minute = 60_000;
/** For whoever does not look at the time that a call has left. */
const plenty = () => minute;
/** What lies on the mail queue, as it travels. */
const queue: string[] = [];
/** What the clock asked the worker for. */
const woken: Wake[] = [];
/** The ledger keys of unknown emails, and the runs, that the clock spoke of. */
const told: string[] = [];

const emails = () => dynamoEmails(documentClient(dynamo.client), table, now, mailboxes);

function tick({ mostEmails = 60, mostRuns = 100, leftMs = plenty } = {}): Promise<void> {
  const silent = () => {};
  return clock({
    emails: dynamoDueEmails(documentClient(dynamo.client), table),
    runs: dynamoDueRuns(documentClient(dynamo.client), runsTable),
    wake: async (wakes) => {
      expect(wakes.length).toBeLessThanOrEqual(10);
      woken.push(...wakes);
    },
    mostRuns,
    isReleased: async () => isReleased,
    queue: async (messages) => {
      expect(messages.length).toBeLessThanOrEqual(10);
      queue.push(...messages.map((message) => encodeMailMessage(message).MessageBody));
    },
    mostEmails,
    now,
    log: {
      info: silent,
      warn: silent,
      error: (message, fields = {}) => {
        expect(spokenOf).toContain(message);
        told.push(String(fields['ledgerKey'] ?? fields['runId']));
      },
    },
  })({}, { getRemainingTimeInMillis: leftMs });
}

const spokenOf = [
  'email is unknown for fifteen minutes',
  'email cannot be read',
  'run cannot be read',
];

const queuedKeys = () => queue.map((body) => readMailMessage(body)?.ledgerKey).sort();

function identity(): MailMessage {
  const ledgerKey = randomUUID();
  return {
    ...{ ledgerKey, workflowId: 'welcome', workflowVersion: 1, webhookId: 'evt-1' },
    ...{ customerId: 'c1', contactId: 'contact-1', replayId: 'replay-1', again: true },
  };
}

/** An email that waits, due so many minutes from now. */
async function waiting(minutes: number): Promise<MailMessage> {
  const email = identity();
  const leaseUntil = new Date(time + 2 * minute).toISOString();
  await emails().reserve(email, { token: 't', leaseUntil, addressHash: '0a' });
  await emails().wait(email.ledgerKey, 't', {
    reason: 'Throttled.',
    waitingSince: now().toISOString(),
    dueAt: new Date(time + minutes * minute).toISOString(),
  });
  return email;
}

describe('the clock', () => {
  it('asks for an email that waits once it is due, by a message that says all about it', async () => {
    const email = await waiting(1);
    await tick();
    expect(queue).toEqual([]);
    time += minute;
    await tick();
    expect(queue.map(readMailMessage)).toEqual([{ ...email, attempts: 1 }]);
  });

  it('lets go of what is over, as another version may have left it', async () => {
    const { ledgerKey } = await waiting(0);
    const ended = new UpdateCommand({
      TableName: table,
      Key: { ledgerKey },
      UpdateExpression: 'SET #state = :sent',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':sent': 'sent' },
    });
    await documentClient(dynamo.client).send(ended);
    await tick();
    expect(queue).toEqual([]);
    expect(await emails().find(ledgerKey)).not.toHaveProperty('dueAt');
  });

  it('asks for what was put aside once mail is released, the longest held first, and not before', async () => {
    const keys: string[] = [];
    for (let n = 0; n < 4; n++) {
      const email = identity();
      await emails().putAside(email, 'All mail is held.', now().toISOString());
      keys.push(email.ledgerKey);
      time += minute;
    }
    time += 400 * 24 * 60 * minute;
    await tick();
    expect(queue).toEqual([]);
    isReleased = true;
    const due = await waiting(-1);
    await tick({ mostEmails: 3 });
    expect(queuedKeys()).toEqual([due.ledgerKey, ...keys.slice(0, 2)].sort());
    await tick();
    await tick();
    expect(queuedKeys()).toEqual([due.ledgerKey, ...keys].sort());
  });

  it('asks for what was put aside, too, where all that it may ask for is unknown', async () => {
    for (let n = 0; n < 4; n++) {
      const email = identity();
      const leaseUntil = new Date(time + 2 * minute).toISOString();
      await emails().reserve(email, { token: 't', leaseUntil, addressHash: '0a' });
      await emails().loseSight(email.ledgerKey, 't', 'Lost.', now().toISOString());
    }
    const held = identity();
    await emails().putAside(held, 'All mail is held.', now().toISOString());
    isReleased = true;
    await tick({ mostEmails: 2 });
    expect(queuedKeys()).toEqual([held.ledgerKey]);
    expect(told).toHaveLength(1);
  });

  it('asks again only after a quarter of an hour, should the message be lost', async () => {
    await waiting(0);
    await tick();
    time += 14 * minute;
    await tick();
    expect(queue).toHaveLength(1);
    time += minute;
    await tick();
    expect(queue).toHaveLength(2);
  });

  it('asks once where two run at once', async () => {
    const due = await Promise.all(Array.from({ length: 25 }, () => waiting(0)));
    await Promise.all([tick(), tick(), tick()]);
    expect(queuedKeys()).toEqual(due.map(({ ledgerKey }) => ledgerKey).sort());
  });

  it('asks for as many as it may, those that are due the longest first', async () => {
    const oldest = [await waiting(-9), await waiting(-8), await waiting(-7)];
    await Promise.all(Array.from({ length: 12 }, () => waiting(-1)));
    await tick({ mostEmails: 3 });
    expect(queuedKeys()).toEqual(oldest.map(({ ledgerKey }) => ledgerKey).sort());
    await tick();
    expect(queue).toHaveLength(15);
  });

  it.each([
    ['are due', (n: number) => waiting(-(n % 9))],
    [
      'were held',
      async () => emails().putAside(identity(), 'All mail is held.', now().toISOString()),
    ],
  ])(
    'asks in one call for all that the mailers send in a minute, where so many %s',
    async (_, put) => {
      isReleased = true;
      await Promise.all(Array.from({ length: 130 }, (_, n) => put(n)));
      await tick({ mostEmails: 120 });
      expect(new Set(queuedKeys()).size).toBe(120);
      expect(queue).toHaveLength(120);
    },
  );

  it('begins nothing that it has no time to end, and asks for the rest a minute later', async () => {
    await Promise.all(Array.from({ length: 120 }, () => waiting(0)));
    let left = 2;
    await tick({ mostEmails: 120, leftMs: () => (left-- > 0 ? minute : 14_000) });
    expect(queue).toHaveLength(100);
    time += minute;
    await tick({ mostEmails: 120 });
    expect(new Set(queuedKeys()).size).toBe(120);
  });

  it('asks for what is reserved when its lease is over, and for nothing that is over', async () => {
    const reserve = async () => {
      const email = identity();
      const leaseUntil = new Date(time + 2 * minute).toISOString();
      await emails().reserve(email, { token: 't', leaseUntil, addressHash: '0a' });
      return email.ledgerKey;
    };
    const [sent, failed, reserved] = [await reserve(), await reserve(), await reserve()];
    await emails().sent(sent, 't', 'ses-1');
    await emails().fail(failed, 't', 'Rejected.');
    await tick();
    expect(queue).toEqual([]);
    time += 2 * minute;
    await tick();
    expect(queuedKeys()).toEqual([reserved]);
  });

  it('speaks of an unknown email every quarter of an hour, and asks nobody to send it', async () => {
    const { ledgerKey, ...email } = identity();
    const leaseUntil = new Date(time + 2 * minute).toISOString();
    await emails().reserve({ ...email, ledgerKey }, { token: 't', leaseUntil, addressHash: '0a' });
    await emails().loseSight(ledgerKey, 't', 'Lost.', new Date(time + 15 * minute).toISOString());
    for (let minutes = 0; minutes < 31; minutes++) {
      await tick();
      time += minute;
    }
    expect(told).toEqual([ledgerKey, ledgerKey]);
    expect(queue).toEqual([]);
  });
});

describe('an email whose row cannot be read', () => {
  it('is told of every quarter of an hour, and keeps no other from going out', async () => {
    const bad = await waiting(-1);
    const spoiled = new UpdateCommand({
      TableName: table,
      Key: { ledgerKey: bad.ledgerKey },
      UpdateExpression: 'SET workflowVersion = :spoiled',
      ExpressionAttributeValues: { ':spoiled': 'seven' },
    });
    await documentClient(dynamo.client).send(spoiled);
    const good = await waiting(0);
    for (let minutes = 0; minutes < 16; minutes++) {
      await tick({ mostEmails: 2 });
      time += minute;
    }
    expect(told).toEqual([bad.ledgerKey, bad.ledgerKey]);
    expect(new Set(queuedKeys())).toEqual(new Set([good.ledgerKey]));
  });
});

describe('a run whose row cannot be read', () => {
  const row = (runId: string, more: object) => {
    const wakeAt = now().toISOString();
    const Item = { runId, wakeAt, wakeShard: shardOf(runId), ...more };
    return documentClient(dynamo.client).send(new PutCommand({ TableName: runsTable, Item }));
  };

  it('is told of every quarter of an hour, and keeps no other from going on', async () => {
    const dueAt = now().toISOString();
    await row('bad', { customerId: 'ann', workflowId: 7 });
    await row('good', { customerId: 'bob', workflowId: 'dunning', stepId: 'until-3', dueAt });
    for (let minutes = 0; minutes < 16; minutes++) {
      await tick({ mostRuns: 1 });
      time += minute;
    }
    expect(told).toEqual(['bad', 'bad']);
    expect(new Set(woken.map(({ runId }) => runId))).toEqual(new Set(['good']));
  });
});

describe('a clock that can ask for nothing', () => {
  it('says all that kept it from it', async () => {
    const fail = (what: string) => () => Promise.reject(new Error(`${what} are away.`));
    const parts = {
      ...{ isReleased: async () => false, queue: async () => {}, wake: async () => {}, now },
      ...{ mostEmails: 1, mostRuns: 1, log: { info() {}, warn() {}, error() {} } },
      emails: { ...dynamoDueEmails(documentClient(dynamo.client), table), due: fail('Emails') },
      runs: { ...dynamoDueRuns(documentClient(dynamo.client), runsTable), due: fail('Runs') },
    };
    await expect(clock(parts)({}, { getRemainingTimeInMillis: plenty })).rejects.toThrow(
      'Error: Emails are away. Error: Runs are away.',
    );
  });
});

describe('a clock of which one call fails', () => {
  const failing = () => Promise.reject(new Error('The call was lost.'));
  const quiet = { info() {}, warn() {}, error() {} };

  it('asks for all others that it has taken, and says what kept it from that one', async () => {
    const dueAt = now().toISOString();
    for (const runId of ['lost', 'one', 'other']) {
      const named = { customerId: runId, workflowId: 'dunning', stepId: 'until-3' };
      const Item = { runId, wakeAt: dueAt, wakeShard: shardOf(runId), dueAt, ...named };
      await documentClient(dynamo.client).send(new PutCommand({ TableName: runsTable, Item }));
    }
    const [lost, good] = [await waiting(-1), await waiting(-1)];
    const runs = dynamoDueRuns(documentClient(dynamo.client), runsTable);
    const due = dynamoDueEmails(documentClient(dynamo.client), table);
    const asked: string[] = [];
    const once = clock({
      ...{ isReleased: async () => false, mostEmails: 60, mostRuns: 100, now, log: quiet },
      runs: { ...runs, take: (run, to) => (run.runId === 'lost' ? failing() : runs.take(run, to)) },
      emails: {
        ...due,
        take: (one, to) => (one.ledgerKey === lost.ledgerKey ? failing() : due.take(one, to)),
      },
      wake: async (wakes) => asked.push(...wakes.map(({ runId }) => runId)),
      queue: async (messages) => asked.push(...messages.map(({ ledgerKey }) => ledgerKey)),
    });
    await expect(once({}, { getRemainingTimeInMillis: plenty })).rejects.toThrow(
      'The call was lost.',
    );
    expect(asked.sort()).toEqual(['one', 'other', good.ledgerKey].sort());
  });

  it('sends the other messages where the queue refuses some', async () => {
    const dueAt = now().toISOString();
    const runs = Array.from({ length: 25 }, (_, nth) => ({
      ...{ runId: `run-${nth}`, customerId: 'ann', workflowId: 'dunning', stepId: 'until-3' },
      ...{ dueAt, wakeAt: dueAt, wakes: 0 },
    }));
    for (let nth = 0; nth < 25; nth += 1) await waiting(-1);
    /** Takes all batches but the first. */
    const taking = () => {
      const taken = { batches: 0, messages: 0 };
      const take = async ({ length }: readonly unknown[]) => {
        taken.batches += 1;
        if (taken.batches === 1) await failing();
        taken.messages += length;
      };
      return { taken, take };
    };
    const [queue, wake] = [taking(), taking()];
    const once = clock({
      ...{ isReleased: async () => false, mostEmails: 60, mostRuns: 100, now, log: quiet },
      runs: { due: async () => ({ runs, unreadable: [] }), take: async () => true },
      emails: dynamoDueEmails(documentClient(dynamo.client), table),
      ...{ queue: queue.take, wake: wake.take },
    });
    await expect(once({}, { getRemainingTimeInMillis: plenty })).rejects.toThrow(
      'The call was lost.',
    );
    const allButTen = { batches: 3, messages: 15 };
    expect([queue.taken, wake.taken]).toEqual([allButTen, allButTen]);
  });
});

describe('an email that SES refuses for 47 hours', () => {
  /** How many minutes lie between one try and the next. */
  const betweenTries = asMany(60, 20);

  it('goes out in the 48th, by messages none of which comes of another', async () => {
    const client = new SESv2Client({ ...clientConfig(ses.endpoint), maxAttempts: 1 });
    const until = time + 47 * 60 * minute;
    ses.behave(
      (function* (): Generator<SesMood> {
        for (;;) yield time < until ? 'throttle' : 'send';
      })(),
    );
    const email = identity();
    queue.push(encodeMailMessage(email).MessageBody);
    const states: string[] = [];
    let messages = 0;
    while (time < until + 60 * minute) {
      for (const body of queue.splice(0)) {
        const message = readMailMessage(body);
        if (!message) throw new Error('The mailer cannot read the message.');
        messages += 1;
        const { kind } = await deliver(message, {
          emails: emails(),
          hold: async () => undefined,
          known: async () => approvedMail(now()),
          compose: async (_, __, ledgerKey) => ({
            kind: 'composed',
            mail: {
              ...{ from: 'shop@example.com', to: 'ann@example.com', replyTo: undefined },
              ...{ subject: 'Hello', html: '<p>Hello</p>', text: 'Hello', headers: {}, ledgerKey },
            },
          }),
          send: sesSender(client, undefined),
          addressHash: async () => '0a1b',
          mailboxHash: async () => 'one mailbox',
          hasSender: true,
          newToken: randomUUID,
          now,
        });
        if (states.at(-1) !== kind) states.push(kind);
      }
      time += betweenTries * minute;
      await tick();
    }
    client.destroy();
    ses.behave(undefined);
    expect(states).toEqual(['waiting', 'sent']);
    expect(messages).toBeGreaterThan((2 / 3) * 47 * (60 / betweenTries));
    expect(ses.sent.map(({ ledgerKey }) => ledgerKey)).toEqual([email.ledgerKey]);
    const row = await emails().find(email.ledgerKey);
    expect(row).toMatchObject({ state: 'sent', attempts: messages });
  }, 600_000);
});
