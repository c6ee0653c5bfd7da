import { createHash, createHmac, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { saveDemoWorkflows } from '#infra/local/demo/demo-workflows.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { deliver } from '#infra/local/running-stack.ts';
import { addContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { type SupportedEventType, supportedEventTypes } from '#shared/polar/event-types.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { requestErasure, requestReplay, type SendToWorker } from '#shared/queue/events-queue.ts';
import { dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { comparedWithPolicies, recordedCalls } from '#test/support/cloud/aws-calls.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { readableText } from '#test/support/readable-row.ts';
import { rowsOfTables } from './rows-of-tables.ts';

let stack: LocalStack;
let db: ReturnType<typeof documentClient>;
let sqs: SQSClient;
const recorded = recordedCalls();

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    prepare: saveDemoWorkflows,
    inFront: recorded.inFront,
  });
  db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
  sqs = new SQSClient(stack.clientConfigs.sqs);
});
afterAll(async () => {
  db?.destroy();
  sqs?.destroy();
  await stack?.stop();
  await recorded.stop();
});

const by = 'an engineer';

/** What should come a quarter of an hour later comes at once. */
const sendAtOnce: SendToWorker = (message) =>
  sqs.send(new SendMessageCommand({ QueueUrl: stack.queues['EventsQueue'], ...message }));

async function item(table: string, Key: Record<string, string>) {
  const get = new GetCommand({ TableName: stack.tables[table], Key, ConsistentRead: true });
  return (await db.send(get)).Item;
}

async function until<T>(read: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await read();
    if (found !== undefined && found !== false) return found;
    await setTimeout(50);
  }
}

/** Sends an event as Polar would and waits until it is recorded. Gives its webhook id. */
async function happens(type: SupportedEventType, of: Person): Promise<string> {
  const webhookId = randomUUID();
  const body = Buffer.from(JSON.stringify(polarPayload(type, of, new Date())));
  const { webhookUrl: url, webhookSecret: secret } = stack;
  await deliver({ url, secret, secretReading: 'decoded', webhookId, body }, new Date());
  await until(() => item('Events', { webhookId }));
  return webhookId;
}

/** Waits until nothing is in a queue but what comes later. */
async function quiet(): Promise<void> {
  const busy = async (name: string) => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: stack.queues[name], AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  };
  // One queue feeds the next, and the last one the first tables.
  for (let calm = 0; calm < 5; ) {
    const counts = await Promise.all(['EventsQueue', 'MailQueue', 'FeedbackQueue'].map(busy));
    calm = counts.every((count) => count === 0) ? calm + 1 : 0;
    await setTimeout(50);
  }
}

const rows = () => rowsOfTables(db, Object.values(stack.tables));
const everything = async () => readableText(await rows());

const emailsSchema = z.object({
  emails: z.array(
    z.object({
      destination: z.object({ to: z.array(z.string()) }),
      headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
});

/** Follows the link in the one marketing mail that went to this address. */
async function unsubscribe(email: string): Promise<void> {
  const url = await until(async () => {
    const store = await fetch(`${stack.ses?.address}/store`);
    const { emails } = emailsSchema.parse(await store.json());
    const own = emails.filter(({ destination: { to } }) =>
      to.some((one) => one.toLowerCase() === email),
    );
    const headers = own.flatMap((email) => email.headers);
    return headers.find(({ name }) => name === 'List-Unsubscribe')?.value.slice(1, -1);
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(url, { method: 'POST', body: 'List-Unsubscribe=One-Click', headers });
  expect(answer.status).toBe(200);
}

const suppressionKey = () => stack.secrets.get('SuppressionKey-local') ?? '';

function hmac(email: string): string {
  return createHmac('sha256', suppressionKey()).update(email).digest('hex');
}

async function addByHand(email: string): Promise<void> {
  const table = (id: string) => stack.tables[id] ?? '';
  const tables = {
    contacts: table('Contacts'),
    customers: table('Customers'),
    addresses: table('Addresses'),
    suppressions: table('Suppressions'),
    events: table('Events'),
    runs: table('Runs'),
    emails: table('Emails'),
    workflows: table('Workflows'),
    words: table('Words'),
  };
  const store = dynamoAudienceStore(db, tables, {
    addressHash: async () => hmac,
    retentionDays: 90,
  });
  const surroundings = { settings: defaultSettings, now: new Date(), newId: randomUUID };
  const act = { at: new Date().toISOString(), by };
  const means = { store, surroundings, pause: () => setTimeout(10) };
  expect(await addContact({ email, firstName: 'Handmade' }, act, means)).toMatchObject({
    kind: 'done',
  });
}

/** Has the contact at this address erased, as the console does. */
async function erase(email: string): Promise<void> {
  const { contactId } = z
    .object({ contactId: z.string() })
    .parse(await item('Contacts', { email }));
  await requestErasure(
    { contactId, email: normalisedEmail(email), by, at: new Date().toISOString() },
    sendAtOnce,
  );
  await quiet();
}

const otherTypes = supportedEventTypes.filter(
  (type) => type !== 'customer.created' && type !== 'customer.deleted',
);

describe.each([
  ['is a customer', false],
  ['was deleted in Polar, after all ten events,', true],
])('who %s and is erased', (_, isDeleted) => {
  const tag = randomUUID().slice(0, 8);
  const typed = `Bounce+${tag}@Simulator.AmazonSES.com`;
  const email = typed.toLowerCase();
  const former = `former-${tag}@example.com`;
  const person: Person = {
    customerId: randomUUID(),
    email: typed,
    name: `Ada L${tag}`,
    externalId: `usr_${tag}`,
    isNew: true,
  };
  const other: Person = { ...person, customerId: randomUUID(), email: `other-${tag}@b.example` };
  const traces = [
    email,
    former,
    encodeURIComponent(email),
    `l${tag}`,
    `usr_${tag}`,
    createHash('sha256').update(email).digest('hex'),
    createHash('sha256').update(typed).digest('hex'),
  ];
  const reasons = async () =>
    Object.keys((await item('Suppressions', { addressHash: hmac(email) }))?.['reasons'] ?? {});
  let ofOther: Record<string, unknown>[];
  const rowsOf = async (id: string) =>
    (await rows()).filter((row) => JSON.stringify(row).includes(id));

  it('is known everywhere before: in the audience, in records and their replays, in the ledger', async () => {
    await happens('customer.created', { ...other, name: 'Grace Hopper', externalId: null });
    await happens('customer.updated', { ...person, email: former });
    const webhookIds = [await happens('customer.created', { ...person, isNew: false })];
    // Before a bounce, after which no mail with a link goes out.
    await unsubscribe(email);
    for (const [n, type] of otherTypes.entries()) {
      const spelled = n % 2 === 0 ? typed : typed.toUpperCase();
      webhookIds.push(await happens(type, { ...person, email: spelled, isNew: false }));
    }

    await until(async () => (await reasons()).length === 2);
    for (const [webhookId, again] of webhookIds.flatMap(
      (id) =>
        [
          [id, false],
          [id, true],
        ] as const,
    )) {
      const replay = { replayId: `r-${again}`, webhookId, triggers: true, again, by };
      await requestReplay({ ...replay, at: new Date().toISOString() }, sendAtOnce);
    }
    if (isDeleted) await happens('customer.deleted', person);
    await addByHand(`hand-${tag}@example.com`);
    await quiet();
    ofOther = await rowsOf(other.customerId);
    expect(ofOther.length).toBeGreaterThan(2);
    const known = await everything();
    expect(traces.slice(0, 5).filter((trace) => !known.includes(trace))).toEqual([
      encodeURIComponent(email),
    ]);
    expect(known).toContain('"replayid":"r-true"');
  });

  it('is found nowhere after, in whatever spelling, but as the hash that keeps the refusals', async () => {
    await erase(email);
    await erase(`hand-${tag}@example.com`);
    const left = await everything();
    const all = [...traces, `hand-${tag}`];
    expect(all.filter((trace) => left.includes(trace))).toEqual([]);
    expect((await reasons()).sort()).toEqual(['bounced', 'unsubscribed']);
    expect(await item('Customers', { customerId: person.customerId })).toMatchObject({
      erased: true,
    });
    expect(await rowsOf(other.customerId)).toEqual(ofOther);
  });

  it('leaves nothing either of what comes later, and is not mailed', async () => {
    const emails = async () =>
      (await rowsOf(person.customerId)).filter((row) => 'ledgerKey' in row);
    const before = await emails();
    expect(before.length).toBeGreaterThan(1);
    for (const type of ['order.paid', 'customer.updated', 'subscription.revoked'] as const) {
      const webhookId = await happens(type, { ...person, isNew: false });
      const record = await item('Events', { webhookId });
      expect(record).toMatchObject({ outcome: 'skipped', erased: true });
      expect(record).not.toHaveProperty('payload');
      await requestReplay(
        { replayId: 'late', webhookId, triggers: true, again: true, by, at: '' },
        sendAtOnce,
      );
    }
    await quiet();
    const left = await everything();
    expect(traces.filter((trace) => left.includes(trace))).toEqual([]);
    expect(await item('Contacts', { email })).toBeUndefined();
    expect(await emails()).toEqual(before);
  });
});

it('IAM would have allowed every call that a function made', async () => {
  const { refused } = await comparedWithPolicies(await localAssembly(), recorded.calls);
  expect(refused).toEqual([]);
});
