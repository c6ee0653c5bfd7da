import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutants } from '#test/prove/mutants/mutants.ts';

const root = new URL('../../../', import.meta.url);

describe('a mutant', () => {
  it.each(mutants)('has one place in the code: $what', ({ file, find, replace }) => {
    const source = readFileSync(new URL(file, root), 'utf8');
    expect(source.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });

  it('breaks each of the five promises', () => {
    expect([...new Set(mutants.map(({ of }) => of))]).toEqual(
      expect.arrayContaining(['1', '2', '3', '4', '5']),
    );
  });
});
