import { expect, it } from 'vitest';
import { holdSentence, keptReason } from '#shared/audience/operator-act.ts';

it('a reason is kept without any part of an address, wherever it is cut', () => {
  for (let before = 280; before <= 300; before++) {
    const kept = keptReason(`${'x'.repeat(before)} ada.lovelace@example.com is no customer.`);
    expect(kept.length).toBeLessThanOrEqual(300);
    expect(kept).not.toContain('ada');
  }
});

it('a reason is kept without a part of a secret, and on one line', () => {
  expect(keptReason('Polar refused\nthe token polar_oat_abcdef.')).toBe(
    'Polar refused the token polar_oat_….',
  );
});

it.each([
  ['wrong prices', 'Hold all mail: wrong prices.'],
  ['wrong prices!', 'Hold all mail: wrong prices.'],
  ['prices of ada@example.com', 'Hold all mail: prices of [address].'],
  [' ', 'Hold all mail.'],
])('mail that is held because of "%s" is told as: %s', (reason, sentence) => {
  expect(holdSentence(reason)).toBe(sentence);
});
