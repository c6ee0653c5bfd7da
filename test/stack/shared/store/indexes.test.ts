import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { type Contact, contactSchema } from '#shared/audience/person/person.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient, listShards, shardOf } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

const contact = contactSchema.parse({
  email: 'ann@example.com',
  address: 'Ann@Example.com',
  contactId: 'contact-ann',
  externalId: 'user 1',
  customerId: 'customer-ann',
  userGroup: 'buyers',
  createdAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-23T12:00:00.000Z',
  source: 'Polar webhook',
  consent: {},
  subscribed: true,
});

const record = eventRecordSchema.parse({
  webhookId: 'evt-ann',
  type: 'order.paid',
  occurredAt: '2026-11-21T23:59:59.999999Z',
  receivedAt: '2026-11-23T23:59:59.999Z',
  outcome: 'applied',
  reason: 'Because.',
  changes: [{ field: 'email', from: null, to: 'ann@example.com' }],
  settingsVersion: 0,
  contactId: 'contact-ann',
  email: 'ann@example.com',
  customerId: 'customer-ann',
  properties: { customerId: 'customer-ann' },
});

/** Others, so that an index which gives everything is not taken for one that finds something. */
const otherContact: Contact = {
  ...contact,
  email: normalisedEmail('bob@example.com'),
  contactId: 'contact-bob',
  externalId: 'user 2',
  customerId: 'customer-bob',
  userGroup: 'members',
  createdAt: '2026-11-20T12:00:00.000Z',
};
const otherRecord: EventRecord = {
  ...record,
  webhookId: 'evt-bob',
  contactId: 'contact-bob',
  customerId: 'customer-bob',
  receivedAt: '2026-11-24T00:00:00.000Z',
};

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let tableOf: (id: string) => string;
let db: DynamoDBDocumentClient;

beforeAll(async () => {
  dynamo = await startDynamo();
  tableOf = await createStackTables(dynamo.client);
  db = documentClient(dynamo.client);
  const store = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  const put = (row: Contact) => ({ act: 'put' as const, key: row.email, revision: null, row });
  const nothing = { customers: [], addresses: [], suppressions: [] };
  await store.commit({ steps: { ...nothing, contacts: [put(contact)] }, record, payload: '{}' });
  await store.commit({ steps: { ...nothing, contacts: [put(otherContact)] } });
  await store.commit({ steps: undefined, record: otherRecord, payload: '{}' });
});
afterAll(() => dynamo.stop());

async function find(table: string, index: string, key: string, value: string, sort = {}) {
  const conditions = Object.entries({ [key]: value, ...sort });
  const page = await db.send(
    new QueryCommand({
      TableName: tableOf(table),
      IndexName: index,
      KeyConditionExpression: conditions.map((_, n) => `#k${n} = :v${n}`).join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(conditions.map(([name], n) => [`#k${n}`, name])),
      ExpressionAttributeValues: Object.fromEntries(conditions.map(([, is], n) => [`:v${n}`, is])),
    }),
  );
  return page.Items ?? [];
}

/** What a list finds that asks every shard. */
async function list(table: string, index: string, key: string, valueIn: (shard: number) => string) {
  const shards = Array.from({ length: listShards }, (_, shard) => shard);
  const found = await Promise.all(shards.map((n) => find(table, index, key, valueIn(n))));
  return found.flat();
}

describe('a contact that was committed', () => {
  const shard = shardOf('contact-ann');
  const { createdAt } = contact;

  it.each([
    ['byCreation', 'creationShard', shard, { createdAt }],
    ['byGroup', 'groupShard', `${shard}#buyers`, { createdAt }],
  ])('is found whole in the index %s, in the shard of its id', async (index, key, value, sort) => {
    const found = await find('Contacts', index, key, value, sort);
    expect(found.map((item) => contactSchema.parse(item))).toEqual([contact]);
  });

  it.each([
    ['byContactId', 'contactId', 'contact-ann'],
    ['byExternalId', 'externalIdKey', 'user 1'],
  ])('is found by its key in the index %s', async (index, key, value) => {
    const found = await find('Contacts', index, key, value);
    expect(found).toEqual([{ email: 'ann@example.com', [key]: value }]);
  });

  it('is listed once by creation, and once in its group', async () => {
    const emails = (items: Record<string, unknown>[]) => items.map((item) => item['email']).sort();
    const all = await list('Contacts', 'byCreation', 'creationShard', (n) => `${n}`);
    expect(emails(all)).toEqual(['ann@example.com', 'bob@example.com']);
    const buyers = await list('Contacts', 'byGroup', 'groupShard', (n) => `${n}#buyers`);
    expect(emails(buyers)).toEqual(['ann@example.com']);
  });
});

describe('an event record that was committed', () => {
  const { receivedAt, occurredAt, customerId, contactId, webhookId } = record;
  const day = `2026-11-23#${shardOf('evt-ann')}`;
  const shown = (({ type, outcome, reason, email }) => ({ type, outcome, reason, email }))(record);

  it.each([
    ['byContact', 'contactId', 'contact-ann', { occurredAt }],
    ['byDay', 'dayShard', day, { receivedAt }],
  ])('is found without its payload in the index %s', async (index, key, value, sort) => {
    const found = await find('Events', index, key, value, sort);
    const times = { receivedAt, occurredAt };
    const ids = { webhookId, customerId, contactId };
    expect(found).toEqual([{ ...shown, ...times, ...ids, [key]: value }]);
  });

  it('is found by its key in the index byCustomer', async () => {
    const found = await find('Events', 'byCustomer', 'customerId', 'customer-ann', { receivedAt });
    expect(found).toEqual([{ webhookId, customerId, receivedAt }]);
  });

  it.each([
    ['2026-11-21', []],
    ['2026-11-22', []],
    ['2026-11-23', ['evt-ann']],
    ['2026-11-24', ['evt-bob']],
  ])('is listed once, on the day on which it was received: %s', async (day, expected) => {
    const listed = await list('Events', 'byDay', 'dayShard', (n) => `${day}#${n}`);
    expect(listed.map((item) => item['webhookId'])).toEqual(expected);
  });
});
