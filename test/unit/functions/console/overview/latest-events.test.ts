import { expect, it } from 'vitest';
import { latestEvents } from '#functions/console/overview/overview-data.ts';
import { daySlots } from '#shared/store/counts/slots.ts';
import type { EventsOfDay } from '#shared/store/events/event-log.ts';

const today = '2026-11-14';

function pageOf(day: string, days: readonly string[]): EventsOfDay {
  const event = {
    webhookId: `event of ${day}`,
    type: 'order.paid',
    occurredAt: `${day}T09:59:59.000000Z`,
    outcome: 'applied',
    receivedAt: `${day}T10:00:00.000Z`,
    customerId: 'c1',
  } as const;
  return { day, items: days.includes(day) ? [event] : [], isCutShort: false, next: undefined };
}

type Counted = Readonly<Record<string, 'applied' | 'dead'>>;

function countedDays(counted: Counted, countedAt: string, settledAt = countedAt) {
  const counts = {
    days: async () =>
      Object.entries(counted).map(([day, outcome]) => ({
        ...{ day, countedAt: day === today ? countedAt : settledAt, hours: 24, isFinal: true },
        counts: {
          events: { 'order.paid': { [outcome]: 1 } },
          emails: {},
          runs: {},
          newContacts: 0,
        },
      })),
  };
  return () => daySlots(counts, today, 14);
}

const justNow = `${today}T10:00:00.000Z`;

it.each<[string, string[], Record<string, 'applied' | 'dead'>, string[], string[]]>([
  [
    'today, and yesterday where today is too few',
    ['2026-11-14', '2026-11-13'],
    { '2026-11-13': 'applied', '2026-11-14': 'applied' },
    ['2026-11-14', '2026-11-13'],
    ['2026-11-13'],
  ],
  [
    'today, and the newest counted day before it',
    ['2026-11-14', '2026-11-06'],
    { '2026-11-06': 'applied', '2026-11-14': 'applied' },
    ['2026-11-14', '2026-11-06'],
    ['2026-11-13', '2026-11-06'],
  ],
  [
    'yesterday, not counted yet',
    ['2026-11-13'],
    { '2026-11-06': 'dead' },
    ['2026-11-13'],
    ['2026-11-13'],
  ],
  [
    'yesterday, rather than the newest counted day',
    ['2026-11-13', '2026-11-06'],
    { '2026-11-06': 'applied' },
    ['2026-11-13'],
    ['2026-11-13', '2026-11-06'],
  ],
  [
    'the newest counted day',
    ['2026-11-06', '2026-11-04'],
    { '2026-11-04': 'applied', '2026-11-06': 'applied' },
    ['2026-11-06'],
    ['2026-11-13', '2026-11-06'],
  ],
  [
    'a day before one of which there are dead letters alone',
    ['2026-11-10'],
    { '2026-11-10': 'applied', '2026-11-14': 'dead' },
    ['2026-11-10'],
    ['2026-11-13', '2026-11-10'],
  ],
  ['nowhere', [], { '2026-11-06': 'dead' }, [], ['2026-11-13']],
])('finds the newest events: %s', async (_, days, counted, found, asked) => {
  const read: string[] = [];
  const events = {
    newest: async () => {
      throw new Error('What was counted says where to look.');
    },
    ofDay: async (day: string) => {
      read.push(day);
      return pageOf(day, days);
    },
  };
  const byDays = countedDays(counted, justNow);
  const items = await latestEvents(events, byDays, pageOf(today, days), 5);
  expect(items.map(({ receivedAt }) => receivedAt.slice(0, 10))).toEqual(found);
  expect(read).toEqual(asked);
});

it.each<[string, Counted, string, string[]]>([
  ['a settled one', { '2026-11-13': 'dead' }, `${today}T03:00:00.000Z`, []],
  [
    'a settled one, after a day with some',
    { '2026-11-13': 'dead', '2026-11-06': 'applied' },
    `${today}T03:00:00.000Z`,
    ['2026-11-06'],
  ],
  [
    'one to which some may come',
    { '2026-11-13': 'dead' },
    `${today}T02:59:59.999Z`,
    ['2026-11-13'],
  ],
])('asks for a yesterday without events unless it is %s', async (_, counted, settledAt, asked) => {
  const read: string[] = [];
  const ofDay = async (day: string) => {
    read.push(day);
    return pageOf(day, []);
  };
  const byDays = countedDays({ ...counted, [today]: 'applied' }, justNow, settledAt);
  const newest = () => ofDay('no day that was counted');
  expect(await latestEvents({ newest, ofDay }, byDays, pageOf(today, []), 5)).toEqual([]);
  expect(read).toEqual(asked);
});

it('reads nothing more where today has enough', async () => {
  const more = async () => {
    throw new Error('Today has enough.');
  };
  const page = pageOf(today, [today]);
  expect(await latestEvents({ newest: more, ofDay: more }, more, page, 1)).toEqual(page.items);
});

it.each([
  ['was ever counted', {}],
  ['was counted since the day before yesterday', { '2026-11-12': 'applied' as const }],
])('looks back from yesterday where nothing %s', async (_, counted) => {
  const found = pageOf('2026-11-09', ['2026-11-09']);
  const events = {
    newest: async (last: string) => {
      expect(last).toBe('2026-11-13');
      return found;
    },
    ofDay: async () => {
      throw new Error('Nothing says which day.');
    },
  };
  const byDays = countedDays(counted, '2026-11-12T23:59:59.999Z');
  expect(await latestEvents(events, byDays, pageOf(today, []), 5)).toEqual(found.items);
});
