import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explained, heartConditions, hearts } from '#test/prove/mutants/conditions.ts';
import { mutants } from '#test/prove/mutants/mutants.ts';

const root = new URL('../../../', import.meta.url);

describe('a mutant', () => {
  it.each(mutants)('has one place in the code: $what', ({ file, find, replace }) => {
    const source = readFileSync(new URL(file, root), 'utf8');
    expect(source.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });

  it('breaks each of the five promises', () => {
    expect([...new Set(mutants.map(({ of }) => of))].sort()).toEqual(['1', '2', '3', '4', '5']);
  });
});

describe('the conditions of the heart', () => {
  const { conditions, instrumented } = heartConditions();

  it.each([
    ['advance', "step?.kind !== 'wait'", 'of an if'],
    ['advance', "'until' in step", 'of a choice'],
    ['judgeMail', 'customer?.erased', 'on the right of an or'],
    ['judgeMail', "run.state === 'stopped'", 'of what is named as one'],
    ['identity', "act === 'added'", 'within another'],
    ['decide', 'one !== undefined', 'that a list asks'],
  ] as const)('in %s are all found: %s, %s', (of, text, _) => {
    expect(conditions.filter((one) => one.of === of).map((one) => one.text)).toContain(text);
  });

  it.each(explained)('in $of are there where one is explained: $text', ({ of, text }) => {
    expect(conditions.filter((one) => one.of === of).map((one) => one.text)).toContain(text);
  });

  it('are marked in the code, each with an id of its own', () => {
    const code = Object.values(instrumented).join('\n');
    for (const { id } of conditions) expect(code.split(`('${id}', (`)).toHaveLength(2);
    expect(Object.keys(instrumented)).toHaveLength(Object.keys(hearts).length);
  });
});
