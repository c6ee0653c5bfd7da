import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bouncingSince, type Fate } from '#shared/audience/consent/suppression.ts';

const time = (day: number, hour: number) => new Date(Date.UTC(2026, 10, day, hour)).toISOString();

const bounced = (day: number): Fate => ({ sentAt: time(day, 9), transientAt: time(day, 10) });
const delivered = (day: number): Fate => ({ sentAt: time(day, 9), deliveredAt: time(day, 9) });
const onHoliday = (day: number): Fate => ({ ...delivered(day), transientAt: time(day, 11) });
const onItsWay = (day: number): Fate => ({ sentAt: time(day, 9) });

const row = (...days: number[]) => days.map(bounced);

describe('transient bounces of one address', () => {
  it.each<[string, readonly Fate[], string | undefined]>([
    ['of four emails do not count', row(1, 2, 3, 4), undefined],
    ['of five emails count from the first of them', row(1, 2, 3, 4, 5), time(1, 10)],
    ['of more emails count from the last five', row(1, 2, 3, 4, 5, 6), time(2, 10)],
    ['do not with a delivery in between', [...row(1, 2, 3), delivered(4), ...row(5, 6)], undefined],
    ['do not where the last email was delivered', [...row(1, 2, 3, 4, 5), delivered(6)], undefined],
    ['count after a delivery', [delivered(1), ...row(2, 3, 4, 5, 6)], time(2, 10)],
    [
      'count although another email is on its way',
      [...row(1, 2), onItsWay(3), ...row(4, 5, 6)],
      time(1, 10),
    ],
    [
      'of emails that were delivered before do not count',
      [1, 2, 3, 4, 5, 6].map(onHoliday),
      undefined,
    ],
    ['do not count where there are none', [], undefined],
  ])('%s', (_, fates, expected) => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...fates], { minLength: fates.length }), (inAnyOrder) => {
        expect(bouncingSince(inAnyOrder)).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });
});
