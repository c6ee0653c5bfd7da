import { readdirSync, readFileSync } from 'node:fs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optionalEventTypes } from '#shared/polar/event-types.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';
import { readableRow } from '#test/support/readable-row.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8');

let work: Awaited<ReturnType<typeof startWorker>>;
let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  [work, dynamo] = await Promise.all([startWorker(), startDynamo()]);
});
afterAll(() => Promise.all([work.stop(), dynamo.stop()]));

const anna = { email: 'anna.lindqvist@example.com', firstName: 'Anna', lastName: 'Lindqvist' };
const annaMoved = { ...anna, email: 'anna@northlight.example' };
const marguerite = { email: 'marguerite.oleary+polar.trial@example.com' };
const zoe = { email: 'zoë.müller@example.com', firstName: 'Zoë', externalId: '42' };
const xiaolong = { email: 'xiaolong.li@example.com', firstName: '李', lastName: '小龍' };
const eve = { email: 'eve@example.com', firstName: 'Eve', externalId: '0' };

const noAddress =
  'The customer has no known email address yet, so there is no contact. What else Polar said is kept.';

/** The contact that each makes by itself. */
const applied = {
  'customer.created.awkward.json': marguerite,
  'customer.created.plain.json': anna,
  'customer.updated.awkward.json': zoe,
  'customer.updated.plain.json': annaMoved,
  'order.paid.no-product-zero.json': marguerite,
  'order.paid.plain.json': anna,
  'subscription.active.awkward.json': zoe,
  'subscription.active.plain.json': anna,
  'subscription.canceled.awkward.json': marguerite,
  'subscription.canceled.plain.json': anna,
  'subscription.created.awkward.json': xiaolong,
  'subscription.created.plain.json': anna,
  'subscription.past_due.awkward.json': eve,
  'subscription.past_due.plain.json': anna,
  'subscription.revoked.plain.json': anna,
  'subscription.revoked.unpaid.json': xiaolong,
  'subscription.uncanceled.plain.json': anna,
};

/** Why each makes no contact by itself. */
const skipped: Readonly<Record<string, string>> = {
  'customer.created.team-no-email.json': noAddress,
  'order.paid.awkward.json': noAddress,
  'subscription.uncanceled.awkward.json': noAddress,
  'customer.deleted.awkward.json':
    'The customer was deleted with anonymization: what was known of it is erased.',
  'customer.deleted.plain.json':
    'The customer is deleted and has no known email address, so there is no contact to change.',
  'subscription.revoked.awkward.json':
    'Polar sent this with a customer it had already deleted, so it changes nothing.',
  ...Object.fromEntries(
    optionalEventTypes.map((type) => [
      `${type}.plain.json`,
      `${type} is switched off in the settings.`,
    ]),
  ),
};

/** Hands one webhook to the worker as the first that its audience ever hears. */
async function feedAlone(webhookId: string, body: string) {
  const db = documentClient(dynamo.client);
  const tables = audienceTables(await createStackTables(dynamo.client));
  const store = dynamoAudienceStore(db, tables, {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  const { type } = JSON.parse(body);
  await work.queue(webhookId, type, body);
  expect(await work.drain({ store })).toEqual([]);
  async function items(table: keyof typeof tables) {
    const { Items = [] } = await db.send(new ScanCommand({ TableName: tables[table] }));
    return Items.map(readableRow);
  }
  return { records: await items('events'), contacts: await items('contacts') };
}

describe('a webhook that is all an audience has heard', () => {
  it.each(Object.entries(applied))('%s is applied and makes its contact', async (name, contact) => {
    const body = fixture(name);
    const { records, contacts } = await feedAlone(name, body);
    expect(contacts).toEqual([expect.objectContaining({ ...contact, subscribed: true })]);
    const { email } = contact;
    const { contactId, customerId } = contacts[0] ?? {};
    expect(records).toEqual([expect.objectContaining({ outcome: 'applied', email, contactId })]);
    expect(records[0]).toMatchObject({ type: JSON.parse(body).type, customerId });
    expect(records[0]).not.toHaveProperty('reason');
    expect(records[0]?.['payload']).toBe(body);
  });

  it.each(Object.entries(skipped))('%s is skipped with its reason', async (name, reason) => {
    const body = fixture(name);
    const { records, contacts } = await feedAlone(name, body);
    expect(contacts).toEqual([]);
    expect(records).toEqual([expect.objectContaining({ outcome: 'skipped', reason, changes: [] })]);
    expect(records[0]).toMatchObject({ type: JSON.parse(body).type });
    if (name === 'customer.deleted.awkward.json') {
      expect(records[0]).toMatchObject({ erased: true, erases: true });
      expect(records[0]).not.toHaveProperty('payload');
      expect(records[0]?.['properties']).not.toHaveProperty('externalId');
    } else {
      expect(records[0]?.['payload']).toBe(body);
    }
  });

  it('is in one of the two tables when it is of a supported type', () => {
    const supported = readdirSync(folder).filter((name) => !name.includes('unsupported'));
    expect([...Object.keys(applied), ...Object.keys(skipped)].sort()).toEqual(supported.sort());
  });
});
