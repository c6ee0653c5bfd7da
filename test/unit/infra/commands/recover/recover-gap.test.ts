import { expect, it } from 'vitest';
import { beginningOfGap } from '#infra/commands/recover/look.ts';

const success = '2026-11-20T10:00:00.123456Z';
const before = '2026-11-19T10:00:00Z';
const after = '2026-11-20T11:00:00Z';

it.each<[string, boolean, string | undefined, string | undefined, string | undefined]>([
  ['the last success', true, success, after, '2026-11-20T09:00:00.123000Z'],
  [
    'the last success, where nothing is left that failed',
    true,
    success,
    undefined,
    '2026-11-20T09:00:00.123000Z',
  ],
  ['an older event that never succeeded', true, success, before, '2026-11-19T09:00:00.000000Z'],
  ['a time that nothing tells, where nothing ever succeeded', true, undefined, after, undefined],
  [
    'a time that nothing tells, where the endpoint is enabled again',
    false,
    success,
    before,
    undefined,
  ],
])('the gap began an hour before %s', (_, wasDisabled, lastSuccess, oldestFailure, expected) => {
  const clues = { wasDisabled, lastSuccess, oldestFailure, noted: undefined };
  expect(beginningOfGap(clues)).toBe(expected);
});

it.each([
  ['that began earlier', before, '2026-11-19T09:00:00.000000Z'],
  ['that is known to begin only later', after, '2026-11-20T09:00:00.123000Z'],
])('a gap %s and is still open is closed with it', (_, noted, expected) => {
  const clues = { wasDisabled: true, lastSuccess: success, oldestFailure: after, noted };
  expect(beginningOfGap(clues)).toBe(expected);
});
