import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { breaks } from '#test/prove/template/breaks.ts';

const root = new URL('../../../', import.meta.url);

it.each(breaks)('has one place in the code: $what', ({ file, find, replace, noticedBy }) => {
  const source = readFileSync(new URL(`infra/${file}`, root), 'utf8');
  expect(source.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  expect(existsSync(new URL(`test/stack/infra/${noticedBy}`, root))).toBe(true);
});
