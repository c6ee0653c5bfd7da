import { describe, expect, it } from 'vitest';
import { instant } from '#shared/polar/instant.ts';

describe('a time of Polar', () => {
  it.each([
    ['2026-10-04T09:12:44Z', '2026-10-04T09:12:44.000000Z'],
    ['2026-10-04T09:12:44.3Z', '2026-10-04T09:12:44.300000Z'],
    ['2026-10-04T09:12:44.318205Z', '2026-10-04T09:12:44.318205Z'],
    ['2026-10-04T09:12:44.3182059Z', '2026-10-04T09:12:44.318205Z'],
    ['2026-11-21T16:40:02.110921+00:00', '2026-11-21T16:40:02.110921Z'],
    ['2026-10-04T01:12:44.000001+02:00', '2026-10-03T23:12:44.000001Z'],
    ['2026-12-31T23:30:00-0100', '2027-01-01T00:30:00.000000Z'],
    ['2026-10-04 09:12:44.5', '2026-10-04T09:12:44.500000Z'],
  ])('%s is %s', (text, expected) => {
    expect(instant(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-10-04',
    '1759569164',
  ])('"%s" is none', (text) => {
    expect(instant(text)).toBeUndefined();
  });

  it('keeps two times apart that differ by one microsecond, in the right order', () => {
    const [earlier, later] = ['2026-10-04T09:12:44.31Z', '2026-10-04T09:12:44.310001Z'].map(
      instant,
    );
    expect((earlier ?? '') < (later ?? '')).toBe(true);
  });
});
