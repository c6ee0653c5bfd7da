import { gzipSync } from 'node:zlib';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { eventItem, recordedOf } from '#shared/store/events/event-item.ts';
import { dynamoEventLog } from '#shared/store/events/event-log.ts';
import { dynamoEventRecords } from '#shared/store/events/event-records.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let table: string;
beforeAll(async () => {
  dynamo = await startDynamo();
  table = (await createStackTables(dynamo.client, 'Events'))('Events');
});
afterAll(() => dynamo.stop());

const record: EventRecord = {
  ...{ webhookId: 'evt-1', type: 'subscription.active', outcome: 'applied', reason: 'Because.' },
  ...{ occurredAt: '2026-11-23T11:59:00.000000Z', receivedAt: '2026-11-23T12:00:00.000Z' },
  ...{ customerId: 'c1', contactId: 'contact', email: normalisedEmail('ann@example.com') },
  changes: [{ field: 'email', from: null, to: 'ann@example.com' }],
  settingsVersion: 3,
  properties: {
    ...{ customerId: 'c1', country: 'SE', externalId: 'u1', locale: 'sv', status: 'active' },
    ...{ amount: 1_999, currency: 'usd', formattedAmount: '$19.99' },
  },
  subscription: { version: '2026-11-23T11:59:00.000000Z' },
  workflows: [{ workflowId: 'w', version: 1, name: 'W', verdict: 'send', ledgerKey: 'k' }],
};
const payload = JSON.stringify({ email: 'ann@example.com', name: 'Ann' });

/** The ways in which a record may be kept. */
const items: readonly (readonly [string, Record<string, unknown>])[] = [
  ['packed with its payload', eventItem(record, payload, 90)],
  ['beside a long payload', eventItem(record, payload + ' '.repeat(20_000), 90)],
  ['without a payload', eventItem(record, undefined, 90)],
  ['as 0.1.0 kept it', { ...record, payload: gzipSync(payload), expiresAt: 1, dayShard: 'd#1' }],
];

async function kept(item: Record<string, unknown>) {
  const db = documentClient(dynamo.client);
  await db.send(new PutCommand({ TableName: table, Item: item }));
  const read = async () =>
    (await db.send(new GetCommand({ TableName: table, Key: { webhookId: 'evt-1' } }))).Item;
  return { read, records: dynamoEventRecords(db, table), log: dynamoEventLog(db, table) };
}

describe.each(items)('the record of an event, %s,', (_, item) => {
  it('is read whole', async () => {
    const { read, log } = await kept(item);
    expect(recordedOf(await read()).record).toEqual(record);
    expect((await log.find('evt-1'))?.record).toEqual(record);
    expect(await log.detailsOf(['evt-1'])).toEqual(
      new Map([['evt-1', { properties: record.properties, mails: 1, addsContact: true }]]),
    );
  });

  it('loses by an erasure what says something of the person, and nothing else', async () => {
    const { read, records, log } = await kept(item);
    await records.erase('evt-1');
    await records.erase('evt-1');
    const { email, ...left } = record;
    const { country, externalId, locale, ...properties } = record.properties;
    const row = await read();
    expect(recordedOf(row)).toEqual({
      record: { ...left, changes: [], properties, erased: true, added: true },
      payload: undefined,
    });
    expect(JSON.stringify(row)).not.toContain('ann@');
    for (const name of ['payload', 'email']) expect(row).not.toHaveProperty(name);
    expect(await log.addedBy([record])).toEqual(new Set(['evt-1']));
    expect(row).toHaveProperty('dayShard', item['dayShard']);
  });
});

describe('an erasure', () => {
  const skipped = { workflowId: 'w', version: 1, name: 'W', verdict: 'skip' } as const;
  const long = { ...skipped, reason: 'It is long. '.repeat(400) };

  it.each<[string, Record<string, unknown>]>([
    [
      'a number that DynamoDB does not take',
      eventItem({ ...record, properties: { customerId: 'c1', amount: 2 ** 60 } }, payload, 90),
    ],
    [
      'more than an item may be once it is unpacked',
      eventItem({ ...record, workflows: Array.from({ length: 100 }, () => long) }, payload, 90),
    ],
    ['something packed that cannot be read', { ...record, packed: Uint8Array.of(9, 9, 9) }],
    ['properties of another version', { ...record, properties: { amount: 'nineteen' } }],
  ])('goes through although a record has %s', async (_, item) => {
    const { read, records } = await kept(item);
    await records.erase('evt-1');
    const row = await read();
    expect(recordedOf(row)).toMatchObject({ record: { erased: true, changes: [] } });
    expect(recordedOf(row).payload).toBeUndefined();
    expect(recordedOf(row).record).not.toHaveProperty('email');
    expect(JSON.stringify(row)).not.toContain('ann@');
  });
});

it('what was written into a record since it was packed wins', () => {
  const item = { ...eventItem(record, payload, 90), settingsVersion: 4 };
  expect(recordedOf(item)).toEqual({ record: { ...record, settingsVersion: 4 }, payload });
});

it('an erasure of a record that is gone makes none', async () => {
  const { records, log } = await kept({ ...record });
  await records.erase('evt-gone');
  expect(await log.has('evt-gone')).toBe(false);
});
