import { expect, it } from 'vitest';
import { byName } from '#functions/console/kit/by-name.ts';

it('sorts names without regard to case and accents', () => {
  const names = ['Zebra', 'écru', 'apple', 'Éclair', 'Mango', 'mango'].map((name) => ({ name }));
  const sorted = names.sort(byName).map(({ name }) => name);
  expect(sorted).toEqual(['apple', 'Éclair', 'écru', 'Mango', 'mango', 'Zebra']);
});
