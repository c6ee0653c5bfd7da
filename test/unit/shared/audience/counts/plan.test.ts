import { describe, expect, it } from 'vitest';
import {
  type CountedDay,
  daysToSum,
  hoursDue,
  hoursOf,
  isWalkDue,
  summedDay,
  withEmptyDays,
} from '#shared/audience/counts/plan.ts';

const on = '2026-11-20';
const ten = `${on}T10`;

/** A day that was summed up, of all its hours and not for good. */
const summed = (day: string, more: Partial<CountedDay> = {}): CountedDay => ({
  ...{ day, countedAt: `${day}T23:59:00.000Z`, hours: 24, isFinal: false },
  ...more,
});

describe('an hour, which ends at eleven,', () => {
  const isDue = (countedAt: string | undefined, now: string, days: readonly CountedDay[] = []) =>
    hoursDue(
      {
        hours: new Map(countedAt === undefined ? [] : [[ten, countedAt]]),
        days,
        retentionDays: 90,
      },
      new Date(now),
    ).includes(ten);

  it.each([
    ['was never counted', undefined, '2026-11-20T10:00:00.000Z', true],
    ['has not begun', undefined, '2026-11-20T09:59:59.999Z', false],
    ['was counted before it filled', '2026-11-20T11:09:59.999Z', '2026-11-20T11:10:00.000Z', true],
    ['was full and counted', '2026-11-20T11:10:00.000Z', '2026-11-20T12:09:59.999Z', false],
    ['was counted an hour ago', '2026-11-20T11:10:00.000Z', '2026-11-20T12:10:00.000Z', true],
    ['had not settled', '2026-11-20T13:59:59.999Z', '2026-11-20T14:59:59.999Z', true],
    ['had settled', '2026-11-20T14:00:00.000Z', '2026-11-21T13:59:59.999Z', false],
    ['was counted a day ago', '2026-11-20T14:00:00.000Z', '2026-11-21T14:00:00.000Z', true],
    ['may change', '2026-12-05T10:59:59.999Z', '2026-12-06T10:59:59.999Z', true],
    ['changes no more', '2026-12-05T11:00:00.000Z', '2026-12-20T11:00:00.000Z', false],
  ])('that %s: counted at %s, due at %s: %s', (_, countedAt, now, due) => {
    expect(isDue(countedAt, now)).toBe(due);
  });

  it.each([
    ['for good is over', true, false],
    ['for now is due', false, true],
  ])('of a day that was summed up %s', (_, isFinal, due) => {
    expect(isDue(undefined, '2026-11-21T10:00:00.000Z', [summed(on, { isFinal })])).toBe(due);
  });
});

describe('the hours that are due', () => {
  const due = (retentionDays: number) =>
    hoursDue({ hours: new Map(), days: [], retentionDays }, new Date('2026-11-20T10:30:00.000Z'));

  it.each([
    [400, '2026-08-22T11', 90 * 24],
    [2, '2026-11-18T11', 2 * 24],
  ])('go back as far as records are whole where those stay %i days', (days, oldest, count) => {
    expect(due(days)[0]).toBe(ten);
    expect(due(days).at(-1)).toBe(oldest);
    expect(due(days)).toHaveLength(count);
  });

  it('leave out one whose first records are just gone', () => {
    const at = new Date('2026-11-20T10:00:00.000Z');
    const hours = hoursDue({ hours: new Map(), days: [], retentionDays: 1 }, at);
    expect(hours.at(-1)).toBe('2026-11-19T11');
  });
});

describe('a day', () => {
  const noon = '2026-11-20T12:00:00.000Z';

  it.each([
    ['that was never summed up', [], [on]],
    [
      'of which an hour was counted since',
      [summed(on, { countedAt: '2026-11-20T11:59:59.999Z' })],
      [on],
    ],
    ['of which no hour was counted since', [summed(on, { countedAt: noon })], []],
    ['beside another that was summed up', [summed('2026-11-19', { countedAt: noon })], [on]],
  ])('%s', (_, days, toSum) => {
    expect(daysToSum(new Map([[ten, noon]]), days)).toEqual(toSum);
  });

  it('is summed up once, however many of its hours were counted, the oldest first', () => {
    const hours = new Map([ten, `${on}T09`, '2026-11-19T23'].map((hour) => [hour, noon]));
    expect(daysToSum(hours, [])).toEqual(['2026-11-19', on]);
  });

  it('of which no hour was counted has no sum', () => {
    expect(summedDay(on, new Map())).toBeUndefined();
  });

  it.each([
    ['more hours than before', 1, true],
    ['as many as before', 2, true],
    ['fewer than before, which are counted again first', 3, false],
  ])('has a sum or none, with %s', (_, hours, isSum) => {
    const counted = new Map([
      [`${on}T01`, '2026-11-20T13:00:00.000Z'],
      [ten, noon],
    ]);
    const sum = summedDay(on, counted, summed(on, { hours }));
    const countedAt = '2026-11-20T13:00:00.000Z';
    expect(sum).toEqual(isSum ? { day: on, countedAt, hours: 2, isFinal: false } : undefined);
  });

  const counted = (last: string, hours = hoursOf(on)) =>
    new Map(hours.map((hour) => [hour, hour.endsWith('T23') ? last : '2026-12-06T00:00:00.000Z']));

  it.each([
    ['once its last hour changes no more', counted('2026-12-06T00:00:00.000Z'), true],
    ['not while one may change', counted('2026-12-05T23:59:59.999Z'), false],
    ['not while one is missing', counted('2026-12-06T00:00:00.000Z', hoursOf(on).slice(1)), false],
  ])('is over %s', (_, hours, isFinal) => {
    expect(summedDay(on, hours)?.isFinal).toBe(isFinal);
  });

  it('that was found empty has all its hours, but for those that were counted since', () => {
    const later = '2026-11-20T12:00:00.001Z';
    const hours = new Map([
      [ten, later],
      [`${on}T09`, '2026-11-20T11:00:00.000Z'],
    ]);
    const all = withEmptyDays(hours, [summed(on, { emptyAsOf: noon }), summed('2026-11-19')]);
    expect([...all.keys()].sort()).toEqual(hoursOf(on));
    expect([all.get(ten), all.get(`${on}T09`), all.get(`${on}T00`)]).toEqual([later, noon, noon]);
    expect(hours.size).toBe(2);
  });
});

describe('contacts', () => {
  const asOf = '2026-11-20T12:00:00.000Z';
  it.each([
    ['that were never counted', undefined, asOf, true],
    ['of a small audience are due soon', { asOf, total: 200 }, '2026-11-20T12:01:00.000Z', true],
    ['were just counted', { asOf, total: 200 }, '2026-11-20T12:00:59.999Z', false],
    ['of a large one are due once a day', { asOf, total: 9e9 }, '2026-11-21T12:00:00.000Z', true],
    ['of a large one wait a day', { asOf, total: 9e9 }, '2026-11-21T11:59:59.999Z', false],
  ])('%s', (_, last, now, due) => {
    expect(isWalkDue(last, new Date(now))).toBe(due);
  });
});
