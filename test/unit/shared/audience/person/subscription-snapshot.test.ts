import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  productNameOf,
  type Subscriptions,
  withSubscription,
} from '#shared/audience/person/subscription-snapshot.ts';
import { instant } from '#shared/polar/instant.ts';
import { type PolarSubscription, polarSubscription } from '#shared/polar/subscription-facts.ts';
import { itemSize } from '#test/bench/item-size.ts';
import { asMany } from '#test/support/as-many.ts';

function at(microseconds: number): string {
  const seconds = new Date(Date.UTC(2026, 8, 1) + Math.floor(microseconds / 1e6) * 1_000);
  const fraction = String(microseconds % 1e6).padStart(6, '0');
  return instant(seconds.toISOString().replace('.000Z', `.${fraction}Z`)) ?? '';
}

const living = ['trialing', 'active', 'past_due', 'paused'];

/** One version of a subscription; `told` is missing where an order had it embedded. */
function version(nth: number, modified: number, told?: number): PolarSubscription {
  return {
    id: `s${String(nth).padStart(3, '0')}`,
    createdAt: at(nth),
    version: at(modified),
    status: 'active',
    productId: 'p1',
    amount: 1900,
    ...(told !== undefined && { toldAt: at(told), productName: 'Plan A' }),
  };
}

function known(all: readonly PolarSubscription[]): Subscriptions {
  return all.reduce<Subscriptions>((some, one) => withSubscription(some, one), {});
}

/** Versions that tie in every way, of few subscriptions. */
const versionArbitrary = fc
  .record({
    nth: fc.nat({ max: 2 }),
    modified: fc.constantFrom(10, 11, 12),
    told: fc.option(fc.constantFrom(12, 13), { nil: undefined }),
    status: fc.constantFrom('active', 'past_due', 'canceled'),
    productId: fc.constantFrom('p1', 'p2'),
    amount: fc.option(fc.constantFrom(950, 1900), { nil: undefined }),
    pending: fc.boolean(),
    name: fc.constantFrom('A', 'B'),
  })
  .map(({ nth, modified, told, status, productId, amount, pending, name }): PolarSubscription => {
    const { amount: _, ...rest } = version(nth, modified, told);
    return {
      ...{ ...rest, status, productId },
      ...(amount !== undefined && { amount }),
      ...(status === 'canceled' && { endedAt: at(modified) }),
      ...(rest.productName && { productName: `Plan ${productId} ${name}` }),
      ...(pending && { pendingUpdate: { appliesAt: at(20) } }),
    };
  });

const orderArbitrary = fc.infiniteStream(fc.nat({ max: 1_000_000 }));

function shuffled<T>(all: readonly T[], order: Iterable<number>): T[] {
  const ranks = order[Symbol.iterator]();
  return all
    .map((one) => ({ one, rank: ranks.next().value }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

describe('what is known of subscriptions', () => {
  it('does not depend on the order and the number of times in which it was told', () => {
    fc.assert(
      fc.property(
        fc.array(versionArbitrary, { minLength: 1, maxLength: 12 }),
        orderArbitrary,
        (told, order) => {
          const all = known(told);
          expect(known(shuffled([...told, ...told], order))).toEqual(all);
          for (const [id, { version, toldAt = '' }] of Object.entries(all)) {
            const own = told.filter((one) => one.id === id);
            const newest = own
              .map((one) => `${one.version} ${one.toldAt ?? ''}`)
              .sort()
              .at(-1);
            expect(`${version} ${toldAt}`).toBe(newest);
          }
        },
      ),
      { numRuns: asMany(25, 5_000) },
    );
  });

  it('is what the newest version says, whole', () => {
    const first = { ...version(1, 10, 10), trialEnd: at(30) };
    const second = { ...version(1, 11, 11), status: 'past_due', pastDueSince: at(11) };
    const { id, ...facts } = second;
    expect(known([second, first])).toEqual({ [id]: facts });
  });

  it('compares the version first, then when Polar told of it, and an order by its version alone', () => {
    const own = version(1, 10, 12);
    const later = { ...version(1, 10, 13), status: 'past_due' };
    const embedded = { ...version(1, 10), status: 'paused' };
    const newer = { ...version(1, 11), status: 'trialing' };
    const statusOf = (...told: PolarSubscription[]) => known(told)['s001']?.status;
    expect(statusOf(later, own)).toBe('past_due');
    expect(statusOf(embedded, own)).toBe('active');
    expect(statusOf(own, embedded)).toBe('active');
    expect(statusOf(newer, later)).toBe('trialing');
  });

  it('shows the name of a product only while it has that product', () => {
    const own = version(1, 10, 10);
    const renewed = version(1, 11);
    const changed = { ...version(1, 12), productId: 'p2' };
    const back = version(1, 13);
    const nameAfter = (...told: PolarSubscription[]) => {
      const snapshot = known(told)['s001'];
      return snapshot && productNameOf(snapshot);
    };
    expect(nameAfter(renewed, own)).toBe('Plan A');
    expect(nameAfter(own, renewed, changed)).toBeUndefined();
    expect(nameAfter(own, changed, back)).toBe('Plan A');
    expect(nameAfter(renewed)).toBeUndefined();
  });

  it('keeps fifty that ended whole, and of older ones what the guard needs, in any order', () => {
    const guarded = ['canceledAt', 'createdAt', 'endedAt', 'status', 'toldAt', 'version'];
    const end = (one: PolarSubscription) => {
      const ended = { status: 'canceled', canceledAt: at(900), endedAt: at(1_000) };
      return { ...one, ...ended, version: at(1_000), toldAt: at(1_000) };
    };
    const begun = Array.from({ length: 60 }, (_, nth) => version(nth, 100, 100));
    const alive = version(3, 2_000);
    const told = [...begun, ...begun.slice(0, 55).map(end), alive];
    const expected = known(told);
    fc.assert(
      fc.property(orderArbitrary, (order) => {
        const all = known(shuffled(told, order));
        expect(all).toEqual(expected);
        // Five of the fifty-five are former ones; the one that lives again is whole, but for a name from before.
        const whole = Object.keys(all).filter((id) => all[id]?.productId !== undefined);
        const former = ['s000', 's001', 's002', 's004'];
        expect(
          Object.keys(all)
            .filter((id) => !whole.includes(id))
            .sort(),
        ).toEqual(former);
        for (const id of former) expect(Object.keys(all[id] ?? {}).sort()).toEqual(guarded);
        const { id: _, ...facts } = alive;
        expect(all['s003']).toEqual({ ...facts, hasEnded: true });
      }),
      { numRuns: asMany(1, 150) },
    );
  });

  it('is bounded in any order, however many subscriptions a customer has', () => {
    const many = Array.from({ length: 430 }, (_, nth) => version(nth, 1_000, 1_000));
    const expected = known(many);
    fc.assert(
      fc.property(orderArbitrary, (order) => {
        const all = known(shuffled(many, order));
        expect(all).toEqual(expected);
        expect(Object.keys(all)).toHaveLength(400);
        expect(Object.values(all).filter(({ amount }) => amount !== undefined)).toHaveLength(150);
        expect(all['s429']?.amount).toBe(1900);
        expect(all['s029']).toBeUndefined();
      }),
      { numRuns: asMany(1) },
    );
  });

  it('changes with what is told for the first time alone, however many subscriptions a customer has', () => {
    const end = (one: PolarSubscription) => ({ ...one, status: 'canceled', endedAt: at(1_000) });
    const begun = Array.from({ length: 430 }, (_, nth) => version(nth, 1_000, 1_000));
    const crowds = [begun.slice(0, 60).map(end), begun.slice(0, 150), begun].map(known);
    const anyOfThem = fc.record({
      told: versionArbitrary,
      nth: fc.nat({ max: 435 }),
      modified: fc.constantFrom(999, 1_000, 1_001),
    });
    fc.assert(
      fc.property(fc.constantFrom(...crowds), anyOfThem, (crowd, { told, nth, modified }) => {
        const { id, createdAt } = version(nth, modified);
        const one = { ...told, id, ...(createdAt && { createdAt }), version: at(modified) };
        const all = withSubscription(crowd, one);
        expect(withSubscription(all, one)).toEqual(all);
      }),
      { numRuns: asMany(30, 5_000) },
    );
  });

  it('leaves room in the row, whatever Polar says of however many', () => {
    const [long, time] = ['\u4e16'.repeat(200), '2026-09-01T09:00:00.123456Z'];
    const longestId = 'i'.repeat(60);
    const told = (nth: number) => {
      const id = `${longestId}${String(nth).padStart(4, '0')}`;
      const word = long.slice(0, 30);
      const times = {
        ...{ created_at: time, modified_at: time, canceled_at: time, past_due_at: time },
        ...{ ended_at: time, paused_at: time, current_period_end: time, trial_end: time },
        ...{ ends_at: time },
      };
      const pending = { applies_at: time, product_id: id, seats: 1e9, units: 1e9 };
      const data = {
        ...{ ...times, id, status: nth < 100 ? word : 'active', currency: word },
        ...{ recurring_interval: word, amount: 1e15, cancel_at_period_end: true },
        ...{ product_id: id, product: { id, name: long }, pending_update: pending },
      };
      const later = { modified_at: '2026-09-02T09:00:00.123456Z', product_id: `${id.slice(1)}x` };
      const embedded = polarSubscription({ ...data, ...later });
      return [polarSubscription(data, time), embedded].flatMap((one) => one ?? []);
    };
    const all = known(Array.from({ length: 450 }, (_, nth) => told(nth)).flat());
    expect(Object.keys(all)).toHaveLength(400);
    const bytes = itemSize(marshall({ subscriptions: all }, { removeUndefinedValues: true }));
    expect(bytes).toBeLessThan(300 * 1_024);
    expect(bytes).toBeGreaterThan(150 * 1_024);
  });

  it('takes an id for an id, even one that every object has', () => {
    const told = { ...version(1, 10, 10), id: 'constructor' };
    const { id, ...facts } = told;
    expect(Object.entries(withSubscription({}, told))).toEqual([[id, facts]]);
  });

  it('counts whoever lives in one of four ways', () => {
    const ended = ['canceled', 'unpaid', 'incomplete_expired'];
    const told = [...living, ...ended].map((status, nth) => ({ ...version(nth, 10), status }));
    const many = Array.from({ length: 50 }, (_, nth) => ({
      ...version(100 + nth, 10),
      status: 'canceled',
    }));
    const all = known([...told, ...many]);
    const whole = told.filter(({ id }) => all[id]?.productId !== undefined);
    expect(whole.map(({ status }) => status)).toEqual(living);
  });
});
