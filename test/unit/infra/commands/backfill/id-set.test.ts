import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idSet } from '#infra/commands/backfill/page.ts';

const nil = '00000000-0000-0000-0000-000000000000';
/** Few of them, much alike, so that they meet and push each other about. */
const alike = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 7, 23, 31, 35))
  .map(([digit, at]) => {
    const text = digit.toString(16).padStart(2, '0');
    return `${nil.slice(0, at)}${text}${nil.slice(at + 2)}`.slice(0, 36);
  });
const id = fc.oneof(
  alike,
  fc.uuid(),
  fc.uuid().map((one) => one.toUpperCase()),
  fc.string(),
);

it('holds exactly what a set of strings holds', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 3_000 }), fc.array(id), (added, asked) => {
      const [ids, strings] = [idSet(), new Set<string>()];
      for (const one of added) {
        expect(ids.add(one)).toBe(!strings.has(one));
        strings.add(one);
      }
      expect(ids.size()).toBe(strings.size);
      for (const one of [...added, ...asked, nil, '']) expect(ids.has(one)).toBe(strings.has(one));
    }),
    { numRuns: 100 },
  );
});

it('holds a hundred thousand customers', () => {
  const ids = idSet();
  const made = Array.from({ length: 100_000 }, () => crypto.randomUUID());
  expect(made.every((one) => ids.add(one))).toBe(true);
  expect(made.some((one) => ids.add(one))).toBe(false);
  expect(ids.size()).toBe(100_000);
  expect(ids.has(crypto.randomUUID())).toBe(false);
});
