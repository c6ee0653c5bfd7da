import { expect, it } from 'vitest';
import type { Numbers } from '#functions/console/overview/overview-data.ts';
import { withPresent } from '#functions/console/overview/present-numbers.ts';
import { countsOf, sumOf } from '#shared/audience/counts/counts.ts';

const now = new Date('2026-11-23T12:04:00.000Z');
const dead = countsOf([['events', 'order.paid', 'dead']]);
const few = {
  counts: countsOf([['events', 'customer.created', 'applied']], 1),
  total: 3,
  mailable: 2,
};
const countFew = async () => few;

function counted(rest: Partial<Numbers> = {}): Numbers {
  const slots = [
    { at: '2026-11-22', counts: countsOf([['events', 'order.paid', 'applied']], 2) },
    { at: '2026-11-23', counts: dead },
  ];
  const asOf = '2026-11-23T12:00:00.000Z';
  const contacts = { day: '2026-11-23', asOf, total: 2, mailable: 2 };
  const why = { unsubscribed: 0, bounced: 0, complained: 0 };
  return {
    ...{ period: '14d', slots, countedAt: asOf, sum: sumOf(slots.map((one) => one.counts)) },
    ...{ contacts: { ...contacts, ...why }, totals: [2, 2], mailable: [2, 2] },
    ...rest,
  };
}

it('are the counted ones while nothing came in since', async () => {
  const numbers = counted();
  const present = await withPresent(numbers, '2026-11-23T11:59:00.000Z', countFew, now);
  expect(present).toBe(numbers);
});

it('have what came in since, and what died before', async () => {
  const present = await withPresent(counted(), '2026-11-23T12:03:00.000Z', countFew, now);
  expect(present.contacts).toMatchObject({ total: 3, mailable: 2 });
  expect(present.slots.at(-1)?.counts).toEqual(sumOf([dead, few.counts]));
  expect(present.sum.newContacts).toBe(3);
  expect(present.totals).toEqual([2, 3]);
  expect(present.mailable).toEqual([2, 2]);
  expect(present.eventsAsOf).toBe(now.toISOString());
});

it('are the counted ones where there is more than a page may read', async () => {
  const numbers = counted();
  const present = await withPresent(
    numbers,
    '2026-11-23T12:03:00.000Z',
    async () => undefined,
    now,
  );
  expect(present).toBe(numbers);
});

it('are not asked for where there are many contacts', async () => {
  const many = { ...counted().contacts, total: 501 } as NonNullable<Numbers['contacts']>;
  const numbers = counted({ contacts: many });
  const present = await withPresent(numbers, '2026-11-23T12:03:00.000Z', countFew, now);
  expect(present).toBe(numbers);
});

it('before the first count are those of events only if all contacts came today', async () => {
  const none = { contacts: undefined, countedAt: undefined, totals: [], mailable: [] };
  const received = '2026-11-23T12:03:00.000Z';
  const partly = await withPresent(counted(none), received, countFew, now);
  expect(partly.contacts).toMatchObject({ total: 3, mailable: 2 });
  expect(partly.eventsAsOf).toBeUndefined();
  const whole = { ...few, total: 1, mailable: 1 };
  const all = await withPresent(counted(none), received, async () => whole, now);
  expect(all.eventsAsOf).toBe(now.toISOString());
});
