import { describe, expect, it } from 'vitest';
import {
  isStale,
  toldVersion,
  withSubscription,
} from '#shared/audience/person/subscription-snapshot.ts';
import type { PolarSubscription } from '#shared/polar/subscription-facts.ts';

const day = (nth: number) => `2026-11-0${nth}T09:00:00.000000Z`;
const id = 's1';
const told = (version: number, more: Partial<PolarSubscription> = {}): PolarSubscription => ({
  ...{ id, version: day(version), status: 'active', productId: 'p1', periodEnd: day(9) },
  ...more,
});

describe('an event of a subscription', () => {
  const recovered = told(2, { status: 'active' });
  const pastDue = told(1, { status: 'past_due', pastDueSince: day(1) });
  const renewed = told(2, { periodEnd: day(8) });
  const ofStatus = [{ property: 'status' }];

  it.each([
    ['is stale once a newer state is known', 'subscription.past_due', pastDue, recovered, [], true],
    [
      'is news where the newer state is the same',
      'subscription.active',
      told(1),
      recovered,
      [],
      false,
    ],
    [
      'is news for one of its own moment',
      'subscription.past_due',
      { ...pastDue, version: day(2) },
      recovered,
      [],
      false,
    ],
    [
      'is news for an older one',
      'subscription.past_due',
      { ...pastDue, version: day(3) },
      recovered,
      [],
      false,
    ],
    ['of an order is news of its own', 'order.paid', pastDue, recovered, [], false],
    [
      'of a renewal is news while its period lasts',
      'subscription.cycled',
      pastDue,
      recovered,
      [],
      false,
    ],
    ['of a renewal is stale in another period', 'subscription.cycled', told(1), renewed, [], true],
    [
      'of a change is stale for who asks of the state',
      'subscription.updated',
      pastDue,
      recovered,
      ofStatus,
      true,
    ],
  ] as const)('%s', (_, type, news, newest, asked, stale) => {
    expect(isStale(type, news, withSubscription(undefined, newest), asked)).toBe(stale);
  });

  it.each([
    ['that nobody told of', { ...pastDue, id: 's2' }],
    ['that is not told', undefined],
  ])('%s is news', (_, news) => {
    expect(isStale('subscription.past_due', news, withSubscription(undefined, recovered))).toBe(
      false,
    );
  });
});

it('the record of an event keeps the times that it tells, and no others', () => {
  const version = day(1);
  const [canceledAt, pausedAt] = [day(2), day(3)];
  expect(toldVersion(told(1))).toEqual({ version });
  expect(Object.keys(toldVersion(told(1)))).toEqual(['version']);
  expect(toldVersion(told(1, { canceledAt, pausedAt }))).toEqual({ version, canceledAt, pausedAt });
});

describe('of a subscription', () => {
  const both = (one: PolarSubscription, other: PolarSubscription) =>
    withSubscription(withSubscription(undefined, one), other)[id];

  it('stays known since when it is there, whoever tells', () => {
    const createdAt = day(1);
    expect(both(told(1, { createdAt }), told(2))?.createdAt).toBe(createdAt);
    expect(both(told(2), told(1, { createdAt }))?.createdAt).toBe(createdAt);
    expect(Object.keys(both(told(1), told(2)) ?? {})).not.toContain('createdAt');
  });

  it.each([
    ['and when', { toldAt: day(1) }],
    ['where that is known', {}],
  ])('stays known which product was named last, %s', (_, when) => {
    const named = told(1, { productName: 'Plan A', ...when });
    const snapshot = both(named, told(2, { productId: 'p2' }));
    const known = { productId: 'p1', name: 'Plan A', version: day(1), ...when };
    expect(snapshot?.named).toStrictEqual(known);
  });
});

describe('of more subscriptions that ended than are kept whole', () => {
  const ids = Array.from({ length: 60 }, (_, nth) => `s${100 + nth}`);

  it.each([
    ['the newest stay whole', (nth: number) => day(nth < 50 ? 2 : 1), ids.slice(0, 50)],
    ['of one time always the same stay whole', () => day(1), ids.slice(10)],
  ])('%s, in any order', (_, createdAt, whole) => {
    const all = ids.map((one, nth) => ({
      ...told(1, { status: 'canceled', createdAt: createdAt(nth) }),
      id: one,
    }));
    for (const inOrder of [all, all.toReversed()]) {
      const known = inOrder.reduce(withSubscription, {});
      const kept = Object.entries(known).filter(([, snapshot]) => snapshot.productId);
      expect(kept.map(([one]) => one).sort()).toEqual(whole);
    }
  });
});
