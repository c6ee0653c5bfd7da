import { expect, it } from 'vitest';
import { proofLines } from '#infra/ops/recover-text.ts';

const closed = { faults: [], undelivered: 0, differing: 0, refused: 0 };

it.each([
  [closed, 'in step'],
  [{ ...closed, differing: 1 }, '1 customer differs'],
  [{ ...closed, differing: 2 }, '2 customers differ'],
  [{ ...closed, refused: 1 }, '1 could not be compared or repaired, see above'],
])('the proof %j says of the audience: %s', (proof, text) => {
  const lines = proofLines(proof, '');
  expect(lines.find((line) => line.startsWith('audience'))).toMatch(new RegExp(`${text}$`));
  expect(lines.includes('The gap is closed.')).toBe(proof === closed);
});
