import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseRecords } from '#functions/worker/erase.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { EventRecords, RecordPosition } from '#shared/store/events/event-records.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixture = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

let work: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  work = await startWorker();
});
afterAll(() => work.stop());

function customerCreated(id: string): string {
  const body = fixture('customer.created.plain.json');
  const own = { id, email: `${id}@example.com`, external_id: `external id of ${id}` };
  Object.assign(body.data, own);
  return JSON.stringify(body);
}

function customerAnonymised(id: string): string {
  const body = fixture('customer.deleted.awkward.json');
  Object.assign(body.data, { id, external_id: `external id of ${id}` });
  return JSON.stringify(body);
}

const tables = [
  ...['Contacts', 'Customers', 'Addresses', 'Events', 'Failures', 'Suppressions', 'Acts'],
  'Words',
];

async function everything(): Promise<string> {
  return JSON.stringify(await Promise.all(tables.map((table) => work.items(table))));
}

describe('a customer who is deleted with anonymisation', () => {
  it('leaves no address, external id and payload in any table, and is swept again later', async () => {
    const id = randomUUID();
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const webhookId of ids) {
      await work.queue(webhookId, 'customer.created', customerCreated(id));
    }
    await work.drain();
    expect(await work.item('Contacts', { email: `${id}@example.com` })).toBeDefined();
    for (const webhookId of ids) {
      expect(await work.item('Events', { webhookId })).toMatchObject({
        email: `${id}@example.com`,
        payload: expect.any(String),
        properties: { externalId: `external id of ${id}` },
      });
    }

    const [deletion, late] = [randomUUID(), randomUUID()];
    const { delayed } = await work.counts(work.queueUrl);
    await work.queue(deletion, 'customer.deleted', customerAnonymised(id));
    expect(await work.drain()).toEqual([]);
    await work.queue(late, 'customer.created', customerCreated(id));
    expect(await work.drain()).toEqual([]);

    for (const webhookId of [...ids, deletion, late]) {
      const record = await work.item('Events', { webhookId });
      expect(record).toMatchObject({ erased: true, changes: [], customerId: id });
      expect(record?.['properties']).toEqual({ customerId: id });
      for (const name of ['payload', 'email']) expect(record).not.toHaveProperty(name);
    }
    const left = await everything();
    expect(left).not.toContain(`${id}@example.com`);
    expect(left).not.toContain(`external id of ${id}`);
    expect(await work.counts(work.queueUrl)).toMatchObject({ delayed: delayed + 1 });

    await work.queue(deletion, 'customer.deleted', customerAnonymised(id));
    expect(await work.drain()).toEqual([]);
    expect(await work.counts(work.queueUrl)).toMatchObject({ delayed: delayed + 2 });
  });

  it('with more records than one page holds has all of them erased, and nobody else has', async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const put = (customerId: string, n: number) =>
      work.put('Events', {
        webhookId: `${customerId} ${n}`,
        customerId,
        receivedAt: `2026-11-23T12:00:00.${String(n).padStart(3, '0')}Z`,
        email: 'ann@example.com',
        properties: { customerId },
      });
    await Promise.all(Array.from({ length: 230 }, (_, n) => put(id, n)));
    await put(other, 1);

    const pages: number[] = [];
    const found = new Set<string>();
    let next: RecordPosition | undefined;
    do {
      const page = await work.parts.records.idsOfCustomer(id, next);
      for (const webhookId of page.webhookIds) found.add(webhookId);
      pages.push(page.webhookIds.length);
      next = page.next;
    } while (next);
    expect(Math.max(...pages)).toBe(100);
    expect(found).toEqual(new Set(Array.from({ length: 230 }, (_, n) => `${id} ${n}`)));

    const means = meansOf(work.parts.records);
    expect(await eraseRecords({ customerId: id }, means)).toBeUndefined();
    const items = (await work.items('Events')).filter((item) => item['email'] !== undefined);
    expect(items.map((item) => item['customerId'])).toEqual([other]);
  });
});

describe('an erased customer who had forty-five addresses', () => {
  it('is claimed by none of them when the erasure of its records is over', async () => {
    const { store, rows } = memoryAudienceStore();
    const addresses = Array.from({ length: 45 }, (_, n) => normalisedEmail(`ann${n}@example.com`));
    const claims = { c1: { version: 'v1', state: 'former' as const } };
    await store.commit({
      steps: {
        customers: [
          {
            act: 'put',
            key: 'c1',
            revision: null,
            row: { customerId: 'c1', erased: true, addresses },
          },
        ],
        addresses: addresses.map((email) => ({
          act: 'put' as const,
          key: email,
          revision: null,
          row: { email, claims },
        })),
        contacts: [],
        suppressions: [],
      },
    });
    const { records, erased } = onePagePerRecord(1);
    await eraseRecords({ customerId: 'c1' }, { ...meansOf(records), store });
    expect([...rows.addresses.keys()]).toEqual([]);
    expect(rows.customers.get('c1')?.row).toEqual({
      customerId: 'c1',
      erased: true,
      addresses: [],
    });
    expect(erased).toEqual(['0']);
  });
});

/** Records in pages of one each. `erased` are those that were, in order; `failing` are those that cannot be. */
function onePagePerRecord(count: number, failing: readonly string[] = []) {
  const erased: string[] = [];
  const records: EventRecords = {
    idsOfCustomer: async (customerId, after) => {
      const n = after ? Number(after['webhookId']) + 1 : 0;
      const position = { webhookId: `${n}`, customerId, receivedAt: '2026-11-23T12:00:00.000Z' };
      return { webhookIds: [`${n}`], next: n + 1 < count ? position : undefined };
    },
    idsOfContact: async () => ({ webhookIds: [], next: undefined }),
    erase: async (webhookId) => {
      if (failing.includes(webhookId)) throw new Error('The table is away.');
      erased.push(webhookId);
    },
  };
  return { erased, records };
}

/** Runs in pages of one each; `asked` are those that were given. */
function onePagePerRun(count: number) {
  const asked: string[] = [];
  const page: RunLists['idsOfCustomer'] = async (_, after) => {
    const n = after ? Number(after['runId']) + 1 : 0;
    asked.push(`${n}`);
    return { runIds: [`${n}`], next: n + 1 < count ? { runId: `${n}` } : undefined };
  };
  return { asked, runs: { ...work.parts.runs, idsOfCustomer: page, idsOfContact: page } };
}

/** What an erasure of these records needs, with an audience of nobody. */
const meansOf = (records: EventRecords) => ({
  runs: work.parts.runs,
  store: memoryAudienceStore().store,
  records,
  surroundings: { settings: defaultSettings, now: new Date(), newId: randomUUID },
  pause: () => Promise.resolve(),
});

describe('the erasure of many records', () => {
  const all = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
  it('stops after ten pages, says where, and goes on from there', async () => {
    const { erased, records } = onePagePerRecord(12);
    const left = await eraseRecords({ customerId: 'c1' }, meansOf(records));
    expect(left).toMatchObject({ customerId: 'c1', after: { webhookId: '9' } });
    expect(erased).toEqual(all(10));
    expect(await eraseRecords(left ?? { customerId: '' }, meansOf(records))).toBeUndefined();
    expect(erased).toEqual(all(12));
  });

  it('first does as many runs as one message may, and goes on from there', async () => {
    const { erased, records } = onePagePerRecord(1);
    const { asked, runs } = onePagePerRun(12);
    const customer = { customerId: 'c1', addresses: [], erased: true };
    const means = meansOf(records);
    await means.store.commit({
      steps: {
        ...{ addresses: [], contacts: [], suppressions: [] },
        customers: [{ act: 'put', key: 'c1', revision: null, row: customer }],
      },
    });
    const left = await eraseRecords({ customerId: 'c1' }, { ...means, runs });
    expect(left).toEqual({ customerId: 'c1', runsAfter: { runId: '9' } });
    expect([asked, erased]).toEqual([all(10), []]);
    expect(await eraseRecords(left ?? { customerId: '' }, { ...means, runs })).toBeUndefined();
    expect([asked, erased]).toEqual([all(12), all(1)]);
  });

  it('goes on in messages of its own until nothing is left', async () => {
    const { erased, records } = onePagePerRecord(25);
    await work.queue(randomUUID(), 'customer.deleted', customerAnonymised(randomUUID()));
    expect(await work.drain({ records })).toEqual([]);
    expect(erased).toEqual(all(25));
    expect(await work.counts(work.queueUrl)).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it('that fails for one record fails as a whole, after it has tried the others', async () => {
    const { erased, records } = onePagePerRecord(1, ['0']);
    await expect(eraseRecords({ customerId: 'c1' }, meansOf(records))).rejects.toThrow('away');
    expect(erased).toEqual([]);
    const several = {
      ...records,
      idsOfCustomer: async () => ({ webhookIds: ['0', '1', '2'], next: undefined }),
    };
    await expect(eraseRecords({ customerId: 'c1' }, meansOf(several))).rejects.toThrow('away');
    expect(erased.toSorted()).toEqual(['1', '2']);
  });
});
