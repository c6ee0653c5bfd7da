import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { RowKey } from '#shared/audience/rows/workspace.ts';
import { dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoSettings } from '#shared/store/settings/settings.ts';
import { settingsRowsInOneGo } from '#shared/store/settings/settings-row.ts';
import { type Asked, startDynamoStandIn } from '#test/fakes/dynamodb.ts';

const tables = {
  customers: 'the-customers',
  addresses: 'the-addresses',
  contacts: 'the-contacts',
  suppressions: 'the-suppressions',
  events: 'the-events',
  runs: 'the-runs',
  emails: 'the-emails',
  workflows: 'the-workflows',
};

const requestSchema = z.object({
  RequestItems: z.record(
    z.string(),
    z.object({
      ConsistentRead: z.boolean().optional(),
      Keys: z.array(z.record(z.string(), z.object({ S: z.string() }))),
    }),
  ),
});

const asksFor = ({ input }: Asked) => requestSchema.parse(input).RequestItems;

/** Every key of a call as `table key`. */
const keysIn = (call: Asked) =>
  Object.entries(asksFor(call)).flatMap(([table, { Keys }]) =>
    Keys.flatMap((key) => Object.values(key).map(({ S }) => `${table} ${S}`)),
  );

function row(id: string) {
  return { customerId: { S: id }, addresses: { L: [] }, revision: { S: `revision of ${id}` } };
}

/** A store on a DynamoDB that gives, for each call, at most `atOnce` of the asked rows, all of them customers. */
async function storeOn(atOnce: number) {
  const standIn = await startDynamoStandIn(({ input }) => {
    const { RequestItems } = requestSchema.parse(input);
    const Keys = RequestItems[tables.customers]?.Keys ?? [];
    const left = Keys.slice(atOnce);
    const given = Keys.slice(0, atOnce).map(({ customerId }) => row(customerId?.S ?? ''));
    return {
      Responses: { [tables.customers]: given },
      UnprocessedKeys:
        left.length > 0 ? { [tables.customers]: { Keys: left, ConsistentRead: true } } : {},
    };
  });
  onTestFinished(standIn.stop);
  const store = dynamoAudienceStore(documentClient(standIn.client), tables, {
    addressHash: async () => (email) => `hash of ${email}`,
    retentionDays: 90,
  });
  return { ...standIn, store };
}

const customers = (count: number): RowKey[] =>
  Array.from({ length: count }, (_, n) => ({ kind: 'customers', key: `c${n}` }));

describe('loading rows from DynamoDB', () => {
  it('reads every table consistently', async () => {
    const { store, asked } = await storeOn(100);
    await store.load([
      { kind: 'customers', key: 'c1' },
      { kind: 'addresses', key: normalisedEmail('ann@example.com') },
      { kind: 'contacts', key: normalisedEmail('ann@example.com') },
      { kind: 'suppressions', key: 'ann@example.com' },
    ]);
    expect(asked.map(({ operation }) => operation)).toEqual(['BatchGetItem']);
    expect(asked.flatMap(keysIn).sort()).toEqual([
      'the-addresses ann@example.com',
      'the-contacts ann@example.com',
      'the-customers c1',
      'the-suppressions hash of ann@example.com',
    ]);
    for (const request of asked.flatMap((call) => Object.values(asksFor(call)))) {
      expect(request.ConsistentRead).toBe(true);
    }
  });

  it('asks again for the keys that were left unread, and only for those', async () => {
    const { store, asked } = await storeOn(2);
    const known = await store.load(customers(5));
    expect(asked.map(keysIn)).toEqual([
      ['c0', 'c1', 'c2', 'c3', 'c4'].map((id) => `the-customers ${id}`),
      ['c2', 'c3', 'c4'].map((id) => `the-customers ${id}`),
      ['the-customers c4'],
    ]);
    expect([...known.customers].map(([id, stored]) => [id, stored?.revision])).toEqual(
      ['c0', 'c1', 'c2', 'c3', 'c4'].map((id) => [id, `revision of ${id}`]),
    );
  });

  it('fails rather than take a row for missing that stays unread', async () => {
    const { store, asked } = await storeOn(0);
    await expect(store.load(customers(1))).rejects.toThrow('left keys unread');
    expect(asked.length).toBeGreaterThan(2);
  });

  it('asks for no more than a hundred keys in one call', async () => {
    const { store, asked } = await storeOn(100);
    const known = await store.load(customers(201));
    expect(asked.map((call) => keysIn(call).length)).toEqual([100, 100, 1]);
    expect([...known.customers.values()].filter((stored) => stored === null)).toEqual([]);
  });
});

describe('the settings in DynamoDB', () => {
  it('are read consistently', async () => {
    const standIn = await startDynamoStandIn(() => ({ Item: { name: { S: 'settings' } } }));
    onTestFinished(standIn.stop);
    const read = dynamoSettings(documentClient(standIn.client), 'the-settings');
    await expect(read()).rejects.toThrow('not valid');
    expect(standIn.asked).toEqual([
      {
        operation: 'GetItem',
        input: {
          TableName: 'the-settings',
          Key: { name: { S: 'settings' } },
          ConsistentRead: true,
        },
      },
    ]);
  });

  it('are read consistently in one call with what else is asked for in Settings', async () => {
    const table = 'the-settings';
    const standIn = await startDynamoStandIn(() => ({
      Responses: { [table]: [{ name: { S: 'hold' }, isOn: { BOOL: true } }] },
    }));
    onTestFinished(standIn.stop);
    const row = settingsRowsInOneGo(documentClient(standIn.client), table);
    expect(await Promise.all([row('settings'), row('hold'), row('hold')])).toEqual([
      undefined,
      { name: 'hold', isOn: true },
      { name: 'hold', isOn: true },
    ]);
    const Keys = [{ name: { S: 'settings' } }, { name: { S: 'hold' } }];
    expect(standIn.asked).toEqual([
      {
        operation: 'BatchGetItem',
        input: { RequestItems: { [table]: { Keys, ConsistentRead: true } } },
      },
    ]);
  });
});
