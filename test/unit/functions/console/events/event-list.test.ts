import { expect, it } from 'vitest';
import { hourIn, listQuery } from '#functions/console/events/event-list.ts';

it.each([
  ['an hour of its day', { day: '2026-11-14', hour: '08' }, '2026-11-14T08'],
  [
    'an hour that a form brings along with its day',
    { day: '2026-11-14', hour: '08', hourOf: '2026-11-14' },
    '2026-11-14T08',
  ],
  [
    'no hour of a day that was picked instead',
    { day: '2026-11-13', hour: '08', hourOf: '2026-11-14' },
    undefined,
  ],
  ['no hour without a day', { hour: '08' }, undefined],
])('a list of events is asked for %s', (_, asked, hour) => {
  expect(hourIn(listQuery(asked))).toBe(hour);
});
