import { expect, it } from 'vitest';
import { daysToSearch } from '#functions/console/workflows/days-to-search.ts';
import { countsOf, type Tally } from '#shared/audience/counts/counts.ts';

const now = new Date('2026-11-30T12:00:00Z');
const paid: Tally = ['events', 'order.paid', 'unchanged'];
const dead: Tally = ['events', 'order.paid', 'dead'];
const created: Tally = ['events', 'customer.created', 'applied'];

const days = (countedAt: string, tallies: Readonly<Record<string, readonly Tally[]>>) =>
  daysToSearch(
    {
      days: async (from, to) =>
        Object.entries(tallies)
          .map(([day, of]) => ({ day, countedAt, counts: countsOf(of), hours: 24, isFinal: false }))
          .filter(({ day }) => day >= from && day <= to),
    },
    'order.paid',
    now,
  );

const justNow = '2026-11-30T11:58:00Z';

it('searches today, which goes on, and the days that were counted with such events', async () => {
  const counted = {
    '2026-11-02': [paid],
    '2026-11-20': [created],
    '2026-11-21': [dead],
    '2026-11-22': [paid, created],
  };
  expect(await days(justNow, counted)).toEqual(['2026-11-30', '2026-11-22', '2026-11-02']);
});

it('searches four counted days at most, the newest, and none before the last thirty', async () => {
  const every = Array.from({ length: 28 }, (_, at) => `2026-11-${String(at + 1).padStart(2, '0')}`);
  const counted = Object.fromEntries([...every, '2026-10-31'].map((day) => [day, [paid]]));
  expect(await days(justNow, counted)).toEqual([
    '2026-11-30',
    ...['2026-11-28', '2026-11-27', '2026-11-26', '2026-11-25'],
  ]);
  const old = { '2026-10-31': [paid], '2026-11-29': [created] };
  expect(await days(justNow, old)).toEqual(['2026-11-30']);
});

it('searches the days since it was counted last, the newest four of them', async () => {
  const counted = { '2026-11-10': [paid] };
  expect(await days('2026-11-28T23:00:00Z', counted)).toEqual([
    ...['2026-11-30', '2026-11-29', '2026-11-28', '2026-11-10'],
  ]);
  expect(await days('2026-11-20T23:00:00Z', counted)).toEqual([
    ...['2026-11-30', '2026-11-29', '2026-11-28', '2026-11-27', '2026-11-10'],
  ]);
});
