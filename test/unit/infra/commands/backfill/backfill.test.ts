import { describe, expect, it, onTestFinished } from 'vitest';
import type { FakePolarOptions } from '#infra/local/polar-server/polar-server.ts';
import type { BackfillPlace } from '#shared/audience/backfill/compare.ts';
import { productNameOf } from '#shared/audience/person/subscription-snapshot.ts';
import {
  defaultSettings,
  type EventSettings,
  type Settings,
} from '#shared/audience/settings/settings.ts';
import { PolarMissing, PolarUnavailable } from '#shared/polar/api-error.ts';
import { isBackfilled, type SupportedEventType } from '#shared/polar/event-types.ts';
import { asMany } from '#test/support/as-many.ts';
import { type BackfillAtWork, startBackfillAtWork } from './backfill-at-work.ts';

async function started(options: FakePolarOptions): Promise<BackfillAtWork> {
  const at = await startBackfillAtWork(options);
  onTestFinished(() => at.polar.stop());
  return at;
}

function changing(
  changes: Partial<Record<SupportedEventType, Partial<EventSettings>>>,
): Partial<Settings> {
  const changed = Object.entries(defaultSettings.events).map(([type, settings]) => [
    type,
    { ...settings, ...Object.entries(changes).find(([name]) => name === type)?.[1] },
  ]);
  return { version: 1, events: Object.fromEntries(changed) };
}

const many = asMany(800, 20_000);
const email = (index: number) => `customer-${index}@example.com`;

describe('backfilling an audience that nothing was heard of', () => {
  it(`brings ${many} customers although Polar refuses many calls, and asks for each page once`, async () => {
    const at = await started({ customers: many, subscriptions: 130, orders: 130 });
    at.polar.setRateLimit({ every: 3, retryAfter: '1' });
    const { kind, counts } = await at.run();
    expect(kind).toBe('done');
    expect(counts).toMatchObject({
      customers: many,
      purchases: 260,
      inStep: 0,
      drift: { missing: many, stale: 0, 'wrong-group': 0, extra: 0 },
      repaired: many,
      refused: {},
    });
    expect(at.audience.rows.contacts.size).toBe(many);
    expect(at.pauses.length).toBeGreaterThan(4);
    expect(at.polar.requests.length - at.pauses.length).toBe(many / 100 + 2 + 2);
  });

  it('finds it in step the next time: reads only, a few for a page, and no record more', async () => {
    const at = await started({ customers: 230, subscriptions: 30, orders: 30 });
    await at.run();
    const records = at.audience.records.size;
    Object.assign(at.audience.calls, { load: 0, commit: 0 });
    const { counts } = await at.run();
    expect(counts).toMatchObject({ inStep: 230, repaired: 0 });
    expect(at.audience.calls).toEqual({ load: 3 * 3 + 2, commit: 0 });
    expect(at.audience.records.size).toBe(records);
  });

  it('keeps each event with what the API said, marked as made, and no workflow sees it', async () => {
    const at = await started({ customers: 1, orders: 1 });
    await at.run({
      settings: changing({ 'order.paid': { userGroup: 'buyers', userGroupMode: 'always' } }),
    });
    const records = [...at.audience.records.values()];
    expect(records.map(({ record }) => record.type)).toEqual(['customer.created', 'order.paid']);
    for (const { record, payload } of records) {
      expect(isBackfilled(record.webhookId)).toBe(true);
      expect(record).not.toHaveProperty('workflows');
      expect(JSON.parse(payload ?? '')).toMatchObject({ source: 'backfill', type: record.type });
    }
    expect(at.contact(email(0))).toMatchObject({ userGroup: 'buyers', subscribed: true });
  });

  it('shows in a dry run what differs, and changes nothing', async () => {
    const at = await started({ customers: 3, subscriptions: 3, orders: 3 });
    const { counts } = await at.run({ isDryRun: true });
    expect(counts).toMatchObject({ drift: { missing: 3 }, repaired: 0 });
    expect(at.found).toEqual(
      at.polar.state.customers.map(({ id }, index) => ({
        drift: 'missing',
        customerId: id,
        address: email(index),
      })),
    );
    expect(at.audience.calls.commit).toBe(0);
  });
});

describe('the subscriptions of customers', () => {
  const named = (at: BackfillAtWork) =>
    at.polar.state.customers.map(({ id }) =>
      Object.values(at.customer(id)?.subscriptions ?? {}).map(productNameOf),
    );

  it('come with an import whether or not it gives a group, with the names of their products', async () => {
    const groups = {
      'order.paid': { userGroup: 'buyers', userGroupMode: 'always' },
    } as const satisfies Parameters<typeof changing>[0];
    for (const settings of [{}, changing(groups)]) {
      const at = await started({ customers: 3, subscriptions: 3, orders: 3 });
      const dry = await at.run({ settings, isDryRun: true });
      expect(dry.counts).toMatchObject({ subscriptions: 3 });
      const { counts } = await at.run({ settings });
      expect(counts).toMatchObject({ subscriptions: 3, refused: {} });
      expect(named(at)).toEqual([['Studio Monthly'], ['Studio Monthly'], ['Studio Monthly']]);
    }
  });

  it('cost one write for a customer who lacks some, no record, and none where they are in step', async () => {
    const at = await started({ customers: 2, subscriptions: 2 });
    const [first] = at.polar.state.customers;
    const [theirs] = at.polar.state.subscriptions;
    if (theirs) at.polar.state.subscriptions.push({ ...theirs, id: 'sub-another' });
    await at.run({ settings: changing({ 'subscription.created': { enabled: false } }) });
    expect(named(at).map((all) => all.length)).toEqual([2, 1]);
    expect([...at.audience.records.values()].map(({ record }) => record.type)).toEqual([
      'customer.created',
      'customer.created',
    ]);
    const row = at.polar.state.subscriptions[0];
    Object.assign(row ?? {}, { status: 'canceled', modified_at: new Date().toISOString() });
    at.audience.calls.commit = 0;
    expect((await at.run()).counts).toMatchObject({ subscriptions: 1, repaired: 0 });
    expect(at.audience.calls.commit).toBe(1);
    expect(at.customer(String(first?.['id']))?.subscriptions?.[String(row?.['id'])]).toMatchObject({
      status: 'canceled',
    });
    expect((await at.run()).counts).toMatchObject({ subscriptions: 0 });
    expect(at.audience.calls.commit).toBe(1);
  });

  it('are compared when they changed in the window that was asked for, however old they are', async () => {
    const at = await started({ customers: 1, subscriptions: 1 });
    await at.run();
    const hoursOn = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const [row] = at.polar.state.subscriptions;
    Object.assign(row ?? {}, { status: 'canceled', modified_at: hoursOn(2) });
    const since = (hours: number) => hoursOn(hours).replace('Z', '000Z');
    expect((await at.run({ since: since(3) })).counts).toMatchObject({ subscriptions: 0 });
    expect((await at.run({ since: since(1) })).counts).toMatchObject({ subscriptions: 1 });
    const [id = ''] = at.polar.state.customers.map((one) => String(one['id']));
    expect(Object.values(at.customer(id)?.subscriptions ?? {})).toMatchObject([
      { status: 'canceled' },
    ]);
  });

  it('move the runs that wait for a date which moved, since the webhook that comes after that moves none', async () => {
    const at = await started({ customers: 1, subscriptions: 1 });
    await at.run();
    const [customerId = ''] = at.polar.state.customers.map((one) => String(one['id']));
    const [subscription] = at.polar.state.subscriptions;
    const subscriptionId = String(subscription?.['id']);
    const beganAt = new Date().toISOString();
    const until = { date: 'periodEnd', offsetHours: 0 } as const;
    const waits = { runId: 'run-1', workflowId: 'w-1', subscriptionId, until, beganAt };
    const { customers, runs } = at.audience.rows;
    const known = customers.get(customerId);
    if (!known) throw new Error('The customer is not here.');
    customers.set(customerId, { ...known, row: { ...known.row, runs: [waits] } });
    const later = '2099-03-01T00:00:00.000Z';
    const run = {
      ...{ ...waits, customerId, contactId: 'c-1', workflowVersion: 1, webhookId: 'evt' },
      ...{ type: 'subscription.created' as const, occurredAt: beganAt, properties: {} },
      ...{ state: 'waiting' as const, stepId: 'wait', dueAt: later, wakeAt: later },
      ...{ history: [], updatedAt: beganAt },
    };
    runs.set('run-1', { row: run, revision: '1' });

    const sooner = '2099-02-01T00:00:00.000Z';
    const modified_at = new Date().toISOString();
    Object.assign(subscription ?? {}, { current_period_end: sooner, modified_at });
    await at.run();
    expect(runs.get('run-1')?.row).toMatchObject({ state: 'waiting', wakeAt: sooner });
  });

  it('leave what a webhook told of the same or a newer version', async () => {
    const at = await started({ customers: 1, subscriptions: 1 });
    await at.run();
    const [row] = at.polar.state.subscriptions;
    const later = new Date(Date.now() + 60_000).toISOString();
    await at.hear('subscription.past_due', { ...row, status: 'past_due', modified_at: later });
    expect((await at.run()).counts).toMatchObject({ subscriptions: 0 });
    const [id = ''] = at.polar.state.customers.map((one) => String(one['id']));
    expect(Object.values(at.customer(id)?.subscriptions ?? {})).toMatchObject([
      { status: 'past_due' },
    ]);
  });

  it('bring nothing of a customer who was erased or deleted here', async () => {
    const at = await started({ customers: 1, subscriptions: 1 });
    const [row] = at.polar.state.customers;
    const deletedAt = new Date().toISOString();
    await at.hear('customer.deleted', { ...row, deleted_at: deletedAt, modified_at: deletedAt });
    expect((await at.run()).counts).toMatchObject({ subscriptions: 0 });
    expect(at.customer(String(row?.['id']))).not.toHaveProperty('subscriptions');
  });
});

describe('what counts as drift', () => {
  it('is a newer name, address or external id, and an older or equal one is none', async () => {
    const at = await started({ customers: 5 });
    await at.run();
    const later = new Date(Date.now() + 60_000);
    at.change(0, { name: 'Renamed Person' }, later);
    at.change(1, { email: 'Moved@Example.com' }, later);
    at.change(2, { external_id: 'late' }, later);
    at.change(3, { metadata: { plan: 'x' } }, later);
    at.change(4, { name: 'An older name' }, new Date(0));
    const { counts } = await at.run();
    expect(counts).toMatchObject({ inStep: 2, drift: { missing: 0, stale: 3 }, repaired: 3 });
    expect(at.contact(email(0))).toMatchObject({ firstName: 'Renamed', lastName: 'Person' });
    expect(at.contact('moved@example.com')).toMatchObject({ address: 'Moved@Example.com' });
    expect(at.contact(email(1))).toBeUndefined();
    expect(at.contact(email(2))).toMatchObject({ externalId: 'late' });
    expect((await at.run()).counts).toMatchObject({ inStep: 5, repaired: 0 });
  });

  it('is only what changed in the window that was asked for', async () => {
    const at = await started({ customers: 3 });
    await at.run();
    const hoursOn = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    at.change(0, { name: 'Long Ago' }, hoursOn(0));
    at.change(1, { name: 'Lately Renamed' }, hoursOn(2));
    const since = hoursOn(1).toISOString().replace('Z', '000Z');
    const { counts } = await at.run({ since });
    expect(counts).toMatchObject({ customers: 1, repaired: 1 });
    expect(at.contact(email(1))).toMatchObject({ firstName: 'Lately' });
  });

  it('is a group that a newer order gives, in whatever order the lists come', async () => {
    const at = await started({ customers: 1 });
    const [row] = at.polar.state.customers;
    const purchase = (id: string, created_at: string) => ({
      id,
      created_at,
      started_at: created_at,
      customer: row,
    });
    at.polar.state.subscriptions.push(
      purchase('s-1', '2026-11-01T00:00:01Z'),
      purchase('s-3', '2026-11-01T00:00:03Z'),
    );
    at.polar.state.orders.push(
      { ...purchase('o-2', '2026-11-01T00:00:02Z'), status: 'paid' },
      { ...purchase('o-4', '2026-11-01T00:00:04Z'), status: 'pending', paid: false },
    );
    const settings = changing({
      'order.paid': { userGroup: 'buyers', userGroupMode: 'always' },
      'subscription.created': { userGroup: 'subscribers', userGroupMode: 'always' },
    });
    const { counts } = await at.run({ settings });
    expect(counts).toMatchObject({
      drift: { missing: 1, 'wrong-group': 1 },
      repaired: 2,
      refused: {},
    });
    expect(at.contact(email(0))).toMatchObject({ userGroup: 'subscribers' });
    expect((await at.run({ settings })).counts).toMatchObject({ inStep: 1, repaired: 0 });
  });

  it('is not what the settings switch off, which is said', async () => {
    const at = await started({ customers: 2, orders: 1 });
    const settings = changing({ 'customer.created': { enabled: false } });
    const { counts } = await at.run({ settings });
    expect(counts).toMatchObject({
      drift: { missing: 1 },
      repaired: 1,
      refused: {},
      unwanted: { 'Switched off in the settings: customer.created.': 2 },
    });
    expect([...at.audience.rows.contacts.keys()]).toEqual([email(0)]);
  });

  it('can be repaired after another setting kept it from being repaired', async () => {
    const at = await started({ customers: 1 });
    await at.run({ settings: changing({ 'customer.created': { fullName: false } }) });
    expect(at.contact(email(0))).not.toHaveProperty('firstName');
    const { counts } = await at.run({ settings: { version: 2 } });
    expect(counts).toMatchObject({ drift: { stale: 1 }, repaired: 1 });
    expect(at.contact(email(0))).toMatchObject({ firstName: 'Customer' });
  });

  it('is neither somebody without an address, nor of another organization, nor what cannot be read', async () => {
    const at = await started({ customers: 4 });
    const elsewhere = '00000000-0000-4000-8000-000000000000';
    at.change(0, { email: null, type: 'team' });
    at.change(1, { organization_id: elsewhere });
    at.change(2, { created_at: 'yesterday' });
    const { counts } = await at.run();
    expect(counts).toMatchObject({ customers: 3, withoutAddress: 1, repaired: 1 });
    expect(Object.entries(counts.refused)).toEqual([
      [expect.stringMatching(/^Couldn't read what Polar says about it\./), 1],
    ]);
  });
});

describe('a dry run', () => {
  it.each([
    ['customers that are missing', {}],
    ['customers whom only their orders bring', { 'customer.created': { enabled: false } }],
    [
      'customers who get a group already',
      { 'customer.created': { userGroup: 'new', userGroupMode: 'always' as const } },
    ],
  ])('counts what the run finds: %s', async (_, changes) => {
    const at = await started({ customers: 30, subscriptions: 12, orders: 20 });
    const settings = changing({
      ...changes,
      'order.paid': { userGroup: 'buyers', userGroupMode: 'always' },
    });
    const dry = await at.run({ settings, isDryRun: true });
    const real = await at.run({ settings });
    expect(dry.counts.drift).toEqual(real.counts.drift);
    expect(real.counts.drift['wrong-group']).toBeGreaterThan(0);
    expect(at.audience.rows.contacts.size).toBeGreaterThan(0);
  });
});

describe('what a backfill leaves alone', () => {
  it('keeps an erased customer erased', async () => {
    const at = await started({ customers: 1 });
    const [row] = at.polar.state.customers;
    const gone = { ...row, deleted_at: new Date().toISOString(), email: 'x@anonymized.polar.sh' };
    await at.hear('customer.created', row ?? {});
    await at.hear('customer.deleted', gone);
    const { counts } = await at.run();
    expect(counts).toMatchObject({ erased: 1, repaired: 0, refused: {} });
    expect(at.audience.rows.contacts.size).toBe(0);
    expect(JSON.stringify([...at.audience.rows.customers])).not.toContain(email(0));
  });

  it('keeps who left unsubscribed, also when the address is mended', async () => {
    const at = await started({ customers: 1 });
    await at.run();
    const [stored] = at.audience.rows.customers.values();
    const act = { at: new Date().toISOString(), by: 'the person' };
    if (stored) Object.assign(stored.row, { no: { unsubscribed: act } });
    at.change(0, { email: 'next@example.com' }, new Date(Date.now() + 60_000));
    const { counts } = await at.run();
    expect(counts).toMatchObject({ repaired: 1, unsubscribed: 1 });
    expect(at.contact('next@example.com')).toMatchObject({ subscribed: false });
  });
});

describe('customers here that Polar does not list', () => {
  it('are deleted when Polar says that it has them no more', async () => {
    const at = await started({ customers: 3 });
    await at.run();
    const [gone] = at.polar.state.customers.splice(1, 1);
    expect((await at.run({ isDryRun: true })).counts).toMatchObject({ drift: { extra: 1 } });
    expect(at.contact(email(1))).toMatchObject({ subscribed: true });
    const { counts } = await at.run();
    expect(counts).toMatchObject({ drift: { extra: 1 }, repaired: 1, refused: {} });
    expect(at.contact(email(1))).toMatchObject({ subscribed: false });
    expect(at.customer(gone?.id ?? '')?.deletion).toMatchObject({ mode: 'unsubscribe' });
    expect((await at.run()).counts).toMatchObject({ drift: { extra: 0 }, repaired: 0 });
  });

  it('are left alone where Polar still has them, or the settings want no deletion', async () => {
    const at = await started({ customers: 2 });
    await at.run();
    const { living } = at.audience;
    let scans = 0;
    async function* withLateOne() {
      scans += 1;
      if (scans === 2) {
        at.add('late@example.com');
        await at.hear('customer.created', at.polar.state.customers.at(-1) ?? {});
      }
      yield* living();
    }
    const { counts } = await at.run({ parts: { living: withLateOne } });
    expect(counts).toMatchObject({ drift: { extra: 0 }, refused: {} });
    expect(at.polar.requests).toContainEqual(expect.stringMatching(/^GET .*customers\/[\w-]{36}$/));
    at.polar.state.customers.splice(0, 1);
    const settings = changing({ 'customer.deleted': { enabled: false } });
    expect((await at.run({ settings })).counts).toMatchObject({
      drift: { extra: 0 },
      unwanted: { 'Switched off in the settings: customer.deleted.': 1 },
    });
    expect(at.contact(email(0))).toMatchObject({ subscribed: true });
  });

  it.each([
    [
      'finds nobody, not even whom it listed',
      (at: BackfillAtWork) => at.polar.state.customers.splice(0, 1),
    ],
    ['lists nobody', (at: BackfillAtWork) => at.polar.state.customers.splice(0)],
  ])('are left alone while Polar %s', async (_, lose) => {
    const at = await started({ customers: 2 });
    await at.run();
    lose(at);
    const { api } = at.partsOf(at.audience);
    const customer = () => Promise.reject(new PolarMissing('It is not there.'));
    const { counts } = await at.run({ parts: { api: { ...api, customer } } });
    expect(counts.drift.extra).toBe(0);
    expect(Object.keys(counts.refused)).toEqual([
      expect.stringContaining('none were treated as deleted'),
    ]);
    expect(at.contact(email(0))).toMatchObject({ subscribed: true });
  });
});

describe('an outage of Polar in the middle', () => {
  it('ends the run with a sentence, and the next one goes on at the page where it was', async () => {
    const at = await started({ customers: 450 });
    let place: BackfillPlace | undefined;
    const save = async (next: BackfillPlace) => {
      place = structuredClone(next);
      if (next.page === 4) at.polar.goDown();
    };
    await expect(at.run({ save })).rejects.toThrow(PolarUnavailable);
    expect(place).toMatchObject({ phase: 'customers', page: 4, counts: { repaired: 300 } });
    at.polar.comeBack();
    at.polar.requests.length = 0;
    const { counts } = await at.run({ from: place });
    expect(counts).toMatchObject({ customers: 450, repaired: 450, drift: { missing: 450 } });
    expect(at.audience.rows.contacts.size).toBe(450);
    // The rest of the customers, subscriptions and orders.
    expect(at.polar.requests).toHaveLength(2 + 1 + 1);
  });
});
