import { expect, it } from 'vitest';
import { latestEvents } from '#functions/console/overview/overview-data.ts';
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

function slotOf(at: string, applied: number) {
  const events = applied > 0 ? { 'order.paid': { applied } } : {};
  return { at, counts: { events, emails: {}, runs: {}, newContacts: 0 } };
}

it.each([
  ['today', ['2026-11-14', '2026-11-13'], ['2026-11-13'], '2026-11-14', []],
  ['yesterday, not counted yet', ['2026-11-13'], [], '2026-11-13', ['2026-11-13']],
  [
    'yesterday, rather than the newest counted day',
    ['2026-11-13', '2026-11-06'],
    ['2026-11-06'],
    '2026-11-13',
    ['2026-11-13', '2026-11-06'],
  ],
  [
    'the newest counted day',
    ['2026-11-06', '2026-11-04'],
    ['2026-11-04', '2026-11-06'],
    '2026-11-06',
    ['2026-11-13', '2026-11-06'],
  ],
  [
    'an hour of a counted day',
    ['2026-11-13'],
    ['2026-11-13T08', '2026-11-13T09'],
    '2026-11-13',
    ['2026-11-13'],
  ],
  ['nowhere', [], [], undefined, ['2026-11-13']],
] as const)('finds the newest events: %s', async (_, days, counted, found, asked) => {
  const read: string[] = [];
  const slots = ['2026-11-04', '2026-11-06', ...counted].sort().map((at) => {
    return slotOf(at, (counted as readonly string[]).includes(at) ? 1 : 0);
  });
  const events = {
    newest: async () => {
      throw new Error('What was counted says where to look.');
    },
    ofDay: async (day: string) => {
      read.push(day);
      return pageOf(day, days);
    },
  };
  const { items } = await latestEvents(
    events,
    { today: pageOf(today, days), numbers: { slots, countedAt: `${today}T10:00:00.000Z` } },
    5,
  );
  expect(items[0]?.receivedAt.slice(0, 10)).toBe(found);
  expect(read).toEqual(asked);
});

it('looks back from yesterday where nothing was counted', async () => {
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
  const empty = { today: pageOf(today, []), numbers: { slots: [], countedAt: undefined } };
  expect(await latestEvents(events, empty, 5)).toBe(found);
});
