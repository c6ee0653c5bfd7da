import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { type NormalisedEmail, normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import type { AudienceStore, Commit } from '#shared/audience/rows/unit-of-work.ts';
import type { Kind, Known, Steps } from '#shared/audience/rows/workspace.ts';
import type { Run } from '#shared/audience/runs/run.ts';
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

let made = 0;
function fresh(name: string): string {
  made += 1;
  return `${name}-${made}-${crypto.randomUUID()}`;
}

function customer(customerId: string, patch: Partial<Customer> = {}): Customer {
  return { customerId, addresses: [], ...patch };
}

function contact(email: NormalisedEmail, patch: Partial<Contact> = {}): Contact {
  return {
    email,
    address: email.toUpperCase(),
    contactId: fresh('contact'),
    createdAt: '2026-11-23T12:00:00.000Z',
    updatedAt: '2026-11-23T12:00:00.000Z',
    source: 'Polar webhook',
    consent: {},
    subscribed: true,
    ...patch,
  };
}

function record(webhookId: string, patch: Partial<EventRecord> = {}): EventRecord {
  return {
    webhookId,
    type: 'customer.created',
    occurredAt: '2026-11-23T11:59:00.000000Z',
    receivedAt: '2026-11-23T12:00:00.000Z',
    outcome: 'applied',
    changes: [{ field: 'email', from: null, to: 'ann@example.com' }],
    settingsVersion: 0,
    customerId: 'customer',
    properties: { customerId: 'customer', amount: 100, cancelAtPeriodEnd: false },
    ...patch,
  };
}

function run(runId: string, patch: Partial<Run> = {}): Run {
  return {
    ...{
      runId,
      workflowId: 'dunning',
      workflowVersion: 1,
      customerId: 'c1',
      contactId: 'contact-1',
    },
    ...{ webhookId: 'evt-1', type: 'subscription.past_due' },
    occurredAt: '2026-11-23T11:59:00.000000Z',
    properties: { customerId: 'c1' },
    ...{ state: 'waiting', stepId: 'wait-3', history: [] },
    dueAt: '2026-11-26T12:00:00.000Z',
    wakeAt: '2026-11-26T12:00:00.000Z',
    beganAt: '2026-11-23T12:00:00.000Z',
    updatedAt: '2026-11-23T12:00:00.000Z',
    ...patch,
  };
}

function steps(patch: Partial<Steps>): Steps {
  return { customers: [], addresses: [], contacts: [], suppressions: [], ...patch };
}

async function read(store: AudienceStore, kind: Kind, key: string) {
  const known: Known = await store.load([{ kind, key: normalisedEmail(key) }]);
  return known[kind].get(normalisedEmail(key));
}

async function revision(store: AudienceStore, kind: Kind, key: string): Promise<string | null> {
  return (await read(store, kind, key))?.revision ?? null;
}

describe.each(stores)('an audience store $name', ({ make }) => {
  it('answers for each key that was asked, also for those that have no row', async () => {
    const store = make();
    const id = fresh('customer');
    const known = await store.load([
      { kind: 'customers', key: id },
      { kind: 'suppressions', key: 'nobody@example.com' },
    ]);
    expect(known.customers.get(id)).toBeNull();
    expect(known.suppressions.get('nobody@example.com')).toBeNull();
    expect(known.contacts.size).toBe(0);
  });

  it('gives back every kind of row as it was written', async () => {
    const store = make();
    const email = normalisedEmail(`${fresh('ann')}@example.com`);
    const id = fresh('customer');
    const rows = {
      customers: customer(id, { email: { value: email, version: 'v1' }, addresses: [email] }),
      addresses: { email, claims: { [id]: { version: 'v1', state: 'living' as const } } },
      contacts: contact(email, { customerId: id, userGroup: 'buyers', externalId: 'user 1' }),
      suppressions: { reasons: { bounced: { at: '2026-11-23T12:00:00.000Z', by: 'SES' } } },
      runs: run(fresh('run')),
    };
    const put = <K, T>(key: K, row: T) => [{ act: 'put' as const, key, revision: null, row }];
    const result = await store.commit({
      steps: {
        customers: put(id, rows.customers),
        addresses: put(email, rows.addresses),
        contacts: put(email, rows.contacts),
        suppressions: put(email, rows.suppressions),
        runs: put(rows.runs.runId, rows.runs),
      },
    });
    expect(result).toEqual({ kind: 'committed' });
    expect((await read(store, 'customers', id))?.row).toEqual(rows.customers);
    expect((await read(store, 'addresses', email))?.row).toEqual(rows.addresses);
    expect((await read(store, 'contacts', email))?.row).toEqual(rows.contacts);
    expect((await read(store, 'suppressions', email))?.row).toEqual(rows.suppressions);
    const { runId } = rows.runs;
    expect((await read(store, 'runs', runId))?.row).toEqual(rows.runs);
    expect(await read(store, 'emails', runId)).toBeNull();
  });

  it('writes a run only while it and its customer are as they were read', async () => {
    const store = make();
    const [id, runId] = [fresh('customer'), fresh('run')];
    const begin = (key: string, revision: string | null) =>
      store.commit({
        steps: steps({
          customers: [{ act: 'check', key, revision }],
          runs: [{ act: 'put', key: runId, revision: null, row: run(runId) }],
        }),
      });
    expect(await begin(id, 'another')).toEqual({ kind: 'conflict' });
    expect(await read(store, 'runs', runId)).toBeNull();
    expect(await begin(id, null)).toEqual({ kind: 'committed' });
    expect(await begin(id, null)).toEqual({ kind: 'conflict' });
  });

  it('writes the record and the rows together, or neither when there is such a record', async () => {
    const store = make();
    const [webhookId, id] = [fresh('evt'), fresh('customer')];
    const commit = (row: Customer): Commit => ({
      steps: steps({ customers: [{ act: 'put', key: id, revision: null, row }] }),
      record: record(webhookId),
      payload: '{}',
    });
    expect(await store.commit(commit(customer(id)))).toEqual({ kind: 'committed' });
    const other = { ...commit(customer(id)), record: record(webhookId, { outcome: 'unchanged' }) };
    expect(await store.commit(other)).toEqual({ kind: 'duplicate', record: record(webhookId) });
    const elsewhere = fresh('customer');
    const late = steps({
      customers: [{ act: 'put', key: elsewhere, revision: null, row: customer(elsewhere) }],
    });
    expect((await store.commit({ steps: late, record: record(webhookId) })).kind).toBe('duplicate');
    expect(await read(store, 'customers', elsewhere)).toBeNull();
  });

  describe('that is given nothing but the newer state of a subscription, and the record', () => {
    const told = { s1: { version: 'v2', status: 'active' } };
    /** A customer who is known, and what brings a newer state of a subscription. */
    async function knownCustomer(store: AudienceStore) {
      const [id, webhookId] = [fresh('customer'), fresh('evt')];
      const row = customer(id, { name: { value: 'Ann', version: 'v1' } });
      const first = { act: 'put' as const, key: id, revision: null, row };
      await store.commit({ steps: steps({ customers: [first] }) });
      const { customers } = await store.load([{ kind: 'customers', key: id }]);
      const before = customers.get(id) ?? null;
      const revision = before?.revision ?? null;
      const renewed = { ...row, subscriptions: told };
      const commit: Commit = {
        steps: steps({ customers: [{ act: 'put', key: id, revision, row: renewed, before }] }),
        record: record(webhookId, { customerId: id }),
        payload: '{}',
      };
      const state = async () => {
        const { customers } = await store.load([{ kind: 'customers', key: id }]);
        return customers.get(id)?.row.subscriptions;
      };
      return { id, webhookId, commit, state };
    }

    it('writes both', async () => {
      const store = make();
      const { commit, state, webhookId } = await knownCustomer(store);
      expect(await store.commit(commit)).toEqual({ kind: 'committed' });
      expect(await state()).toEqual(told);
      expect(await store.recorded(webhookId)).toEqual({ record: commit.record, payload: '{}' });
    });

    it('writes neither where the customer has changed since', async () => {
      const store = make();
      const { id, commit, state, webhookId } = await knownCustomer(store);
      const other = customer(id, { name: { value: 'Bob', version: 'v2' } });
      const asRead = await revision(store, 'customers', id);
      await store.commit({
        steps: steps({ customers: [{ act: 'put', key: id, revision: asRead, row: other }] }),
      });
      expect(await store.commit(commit)).toEqual({ kind: 'conflict' });
      expect(await state()).toBeUndefined();
      expect(await store.recorded(webhookId)).toBeUndefined();
      expect(await store.commit(commit)).toEqual({ kind: 'conflict' });
    });

    it('writes the state where there is such a record, and leaves that as it is', async () => {
      const store = make();
      const { commit, state, webhookId } = await knownCustomer(store);
      const first = record(webhookId, { outcome: 'skipped', reason: 'Because.' });
      await store.commit({ steps: undefined, record: first, payload: '{"a":1}' });
      expect(await store.commit(commit)).toEqual({ kind: 'duplicate', record: first });
      expect(await state()).toEqual(told);
      expect(await store.recorded(webhookId)).toEqual({ record: first, payload: '{"a":1}' });
    });

    it('lets exactly one of many writers win', async () => {
      const store = make();
      const { commit, state } = await knownCustomer(store);
      const results = await Promise.all(Array.from({ length: 8 }, () => store.commit(commit)));
      expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(7);
      expect(await state()).toEqual(told);
    });
  });

  describe('that is given the records of several events', () => {
    function several(ids: readonly [string, string, string], id: string): Commit {
      const [first, ...later] = ids.map((webhookId) => ({
        record: record(webhookId, { customerId: id }),
        payload: `{"id":"${webhookId}"}`,
      }));
      const put = { act: 'put' as const, key: id, revision: null, row: customer(id) };
      return { steps: steps({ customers: [put] }), ...first, later };
    }
    const ids = () => [fresh('evt'), fresh('evt'), fresh('evt')] as const;

    it('writes all of them with the rows', async () => {
      const store = make();
      const [all, id] = [ids(), fresh('customer')];
      expect(await store.commit(several(all, id))).toEqual({ kind: 'committed' });
      for (const webhookId of all) {
        expect(await store.recorded(webhookId)).toEqual({
          record: record(webhookId, { customerId: id }),
          payload: `{"id":"${webhookId}"}`,
        });
      }
      expect(await read(store, 'customers', id)).not.toBeNull();
    });

    it.each([
      ['the first', 0, 'duplicate'],
      ['a later one', 1, 'conflict'],
      ['the last', 2, 'conflict'],
    ] as const)('writes nothing where there is a record of %s', async (_, nth, kind) => {
      const store = make();
      const [all, id] = [ids(), fresh('customer')];
      const known = record(all[nth], { outcome: 'skipped', reason: 'Because.' });
      await store.commit({ steps: undefined, record: known });
      expect((await store.commit(several(all, id))).kind).toBe(kind);
      expect(await read(store, 'customers', id)).toBeNull();
      for (const webhookId of all.filter((one) => one !== all[nth])) {
        expect(await store.recorded(webhookId)).toBeUndefined();
      }
    });

    it('writes nothing where one is there twice', async () => {
      const store = make();
      const [[first, second], id] = [ids(), fresh('customer')];
      await expect(store.commit(several([first, second, second], id))).rejects.toThrow();
      expect(await store.recorded(first)).toBeUndefined();
      expect(await read(store, 'customers', id)).toBeNull();
    });
  });

  it('writes a record alone once', async () => {
    const store = make();
    const webhookId = fresh('evt');
    const first = record(webhookId, { outcome: 'skipped', reason: 'Because.' });
    const commit = { steps: undefined, record: first };
    expect(await store.commit(commit)).toEqual({ kind: 'committed' });
    expect(await store.commit({ ...commit, record: record(webhookId) })).toEqual({
      kind: 'duplicate',
      record: first,
    });
  });

  it('refuses a write, a deletion and a check of a row that has changed since it was read', async () => {
    const store = make();
    const id = fresh('customer');
    const put = (revisionRead: string | null, name: string) =>
      store.commit({
        steps: steps({
          customers: [
            {
              act: 'put',
              key: id,
              revision: revisionRead,
              row: customer(id, { name: { value: name, version: 'v' } }),
            },
          ],
        }),
      });
    await put(null, 'Ann');
    const stale = await revision(store, 'customers', id);
    expect(await put(stale, 'Bob')).toEqual({ kind: 'committed' });
    expect(await put(stale, 'Cy')).toEqual({ kind: 'conflict' });
    expect(await put(null, 'Cy')).toEqual({ kind: 'conflict' });
    for (const act of ['delete', 'check'] as const) {
      const email = normalisedEmail(`${fresh('ann')}@example.com`);
      const result = await store.commit({
        steps: steps({
          customers: [{ act, key: id, revision: stale }],
          contacts: [{ act: 'put', key: email, revision: null, row: contact(email) }],
        }),
      });
      expect(result).toEqual({ kind: 'conflict' });
      expect(await read(store, 'contacts', email)).toBeNull();
    }
    const row = (await read(store, 'customers', id))?.row;
    expect(row).toMatchObject({ name: { value: 'Bob' } });
  });

  it('refuses a write that saw no row where there is one now, and the other way round', async () => {
    const store = make();
    const email = normalisedEmail(`${fresh('ann')}@example.com`);
    const write = (key: NormalisedEmail, revisionRead: string | null) =>
      store.commit({
        steps: steps({
          addresses: [{ act: 'check', key: email, revision: revisionRead }],
          contacts: [{ act: 'put', key, revision: null, row: contact(key) }],
        }),
      });
    expect(await write(normalisedEmail(`1${email}`), 'a revision')).toEqual({ kind: 'conflict' });
    expect(await write(normalisedEmail(`2${email}`), null)).toEqual({ kind: 'committed' });
    await store.commit({
      steps: steps({
        addresses: [{ act: 'put', key: email, revision: null, row: { email, claims: {} } }],
      }),
    });
    expect(await write(normalisedEmail(`3${email}`), null)).toEqual({ kind: 'conflict' });
  });

  it('never takes a row that was deleted and made anew for the one that was read', async () => {
    const store = make();
    const email = normalisedEmail(`${fresh('ann')}@example.com`);
    const put = () =>
      store.commit({
        steps: steps({
          contacts: [{ act: 'put', key: email, revision: null, row: contact(email) }],
        }),
      });
    await put();
    const first = await revision(store, 'contacts', email);
    await store.commit({
      steps: steps({ contacts: [{ act: 'delete', key: email, revision: first }] }),
    });
    await put();
    const result = await store.commit({
      steps: steps({ contacts: [{ act: 'delete', key: email, revision: first }] }),
    });
    expect(result).toEqual({ kind: 'conflict' });
  });

  it('lets exactly one of many writers of the same row win', async () => {
    const store = make();
    const id = fresh('customer');
    const results = await Promise.all(
      Array.from({ length: 8 }, () =>
        store.commit({
          steps: steps({
            customers: [{ act: 'put', key: id, revision: null, row: customer(id) }],
          }),
        }),
      ),
    );
    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(7);
  });
});
