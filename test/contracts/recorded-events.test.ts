import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { AudienceStore, ReplayWrite } from '#shared/audience/rows/unit-of-work.ts';
import type { Steps } from '#shared/audience/rows/workspace.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let tableOf: (id: string) => string;

beforeAll(async () => {
  dynamo = await startDynamo();
  tableOf = await createStackTables(dynamo.client);
});
afterAll(() => dynamo.stop());

const stores: { name: string; make: () => AudienceStore }[] = [
  { name: 'in memory', make: () => memoryAudienceStore().store },
  {
    name: 'in DynamoDB',
    make: () =>
      dynamoAudienceStore(documentClient(dynamo.client), audienceTables(tableOf), {
        addressHash: async () => addressHash('a key of this test'),
        retentionDays: 90,
      }),
  },
];

function record(patch: Partial<EventRecord> = {}): EventRecord {
  return {
    webhookId: `evt-${crypto.randomUUID()}`,
    type: 'customer.created',
    occurredAt: '2026-11-23T11:59:00.000000Z',
    receivedAt: '2026-11-23T12:00:00.000Z',
    outcome: 'skipped',
    reason: 'Because.',
    changes: [],
    settingsVersion: 0,
    customerId: 'customer',
    properties: { customerId: 'customer' },
    ...patch,
  };
}

function entry(replayId: string): ReplayEntry {
  return {
    replayId,
    at: '2026-11-23T13:00:00.000Z',
    by: 'an engineer',
    triggers: true,
    again: false,
    outcome: 'applied',
    changes: [{ field: 'email', from: null, to: 'ann@example.com' }],
    settingsVersion: 2,
    workflows: [
      { workflowId: 'w', version: 1, name: 'W', verdict: 'send', ledgerKey: `key ${replayId}` },
    ],
  };
}

function replay({ webhookId }: EventRecord, ids: string[], patch: Partial<ReplayWrite> = {}) {
  const replays = ids.map(entry);
  return { webhookId, replays, replayCount: ids.length, wasErased: false, ...patch };
}

function newCustomer(customerId: string): Steps {
  const row = { customerId, addresses: [] };
  const customers = [{ act: 'put' as const, key: customerId, revision: null, row }];
  return { customers, addresses: [], contacts: [], suppressions: [] };
}

async function isThere(store: AudienceStore, customerId: string): Promise<boolean> {
  const known = await store.load([{ kind: 'customers', key: customerId }]);
  return known.customers.get(customerId) !== null;
}

describe.each(stores)('the records of an audience store $name', ({ make }) => {
  it('are given back with their payload, and as nothing when there are none', async () => {
    const store = make();
    const [one, other] = [record(), record({ erased: true })];
    await store.commit({ steps: undefined, record: one, payload: '{"ä":"\\u0061"}' });
    await store.commit({ steps: undefined, record: other });
    expect(await store.recorded(one.webhookId)).toEqual({
      record: one,
      payload: '{"ä":"\\u0061"}',
    });
    expect(await store.recorded(other.webhookId)).toEqual({ record: other, payload: undefined });
    expect(await store.recorded('nobody knows')).toBeUndefined();
  });

  it('take on replays together with the rows that these change', async () => {
    const store = make();
    const one = record();
    await store.commit({ steps: undefined, record: one, payload: '{}' });
    const id = crypto.randomUUID();
    const first = replay(one, ['r1'], {
      contactId: 'contact',
      email: normalisedEmail('ann@example.com'),
    });
    expect(await store.commit({ steps: newCustomer(id), replay: first })).toEqual({
      kind: 'committed',
    });
    expect(await isThere(store, id)).toBe(true);
    const second = replay(one, ['r1', 'r2'], { contactId: 'another' });
    expect(await store.commit({ steps: undefined, replay: second })).toEqual({ kind: 'committed' });
    expect(await store.recorded(one.webhookId)).toEqual({
      record: {
        ...one,
        contactId: 'contact',
        email: 'ann@example.com',
        replays: [entry('r1'), entry('r2')],
        replayCount: 2,
      },
      payload: '{}',
    });
  });

  it.each([
    ['was replayed meanwhile', {}, { replayCount: 1 }],
    ['was not replayed as often as that', {}, { replayCount: 3 }],
    ['was erased meanwhile', { erased: true }, { replayCount: 2 }],
    ['is gone', {}, { replayCount: 2, webhookId: 'nobody knows' }],
  ])('take on no replay, and no row, when the record %s', async (_, was, patch) => {
    const store = make();
    const one = record({ replays: [entry('r1')], replayCount: 1, ...was });
    await store.commit({ steps: undefined, record: one });
    const id = crypto.randomUUID();
    const write = replay(one, ['r1', 'r2'], patch);
    expect(await store.commit({ steps: newCustomer(id), replay: write })).toEqual({
      kind: 'conflict',
    });
    expect(await isThere(store, id)).toBe(false);
    expect(await store.commit({ steps: undefined, replay: write })).toEqual({ kind: 'conflict' });
    expect(await store.recorded(one.webhookId)).toEqual({ record: one, payload: undefined });
  });

  it('take on the replay of an erased record that was read as erased', async () => {
    const store = make();
    const one = record({ erased: true });
    await store.commit({ steps: undefined, record: one });
    const write = replay(one, ['r1'], { wasErased: true });
    expect(await store.commit({ steps: undefined, replay: write })).toEqual({ kind: 'committed' });
  });

  it('let one of two replays win that saw the same record', async () => {
    const store = make();
    const one = record();
    await store.commit({ steps: undefined, record: one });
    const results = await Promise.all(
      ['r1', 'r2'].map((id) => store.commit({ steps: undefined, replay: replay(one, [id]) })),
    );
    expect(results.map(({ kind }) => kind).sort()).toEqual(['committed', 'conflict']);
  });
});
