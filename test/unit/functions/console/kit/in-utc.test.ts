import { expect, it } from 'vitest';
import {
  clockText,
  dayAndMonth,
  minutesText,
  secondsText,
  shortDay,
  wholeDay,
} from '#functions/console/kit/in-utc.ts';
import { numberText } from '#functions/console/kit/numbers.ts';

const day = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const minutes = { hour: '2-digit', minute: '2-digit' } as const;
const clock = { ...minutes, second: '2-digit' } as const;
const full = { dateStyle: 'full' } as const;

it.each<[string, (date: Date) => string, string, Intl.DateTimeFormatOptions]>([
  ['a time', minutesText, 'en-GB', { ...day, ...minutes }],
  ['a time with its seconds', secondsText, 'en-GB', { ...day, ...clock }],
  ['a time without its day', clockText, 'en-GB', clock],
  ['a day', wholeDay, 'en-GB', full],
  ['a day of some year', dayAndMonth, 'en-GB', { day: 'numeric', month: 'long' }],
  ['a day of this year', shortDay, 'en-GB', { day: 'numeric', month: 'short' }],
])('writes %s as Intl does, whatever the day and the hour', (_, text, language, options) => {
  const format = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
  // A day and something each, so every hour comes, too.
  for (let at = Date.UTC(2027, 11, 20); at < Date.UTC(2029, 0, 10); at += 90_061_001) {
    expect(text(new Date(at))).toBe(format.format(new Date(at)));
  }
});

it('writes numbers as Intl does', () => {
  const format = new Intl.NumberFormat('en-US');
  for (const number of [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, 9_007_199_254_740_991]) {
    expect(numberText(number)).toBe(format.format(number));
  }
});
