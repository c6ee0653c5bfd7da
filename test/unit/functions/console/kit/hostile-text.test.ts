import { expect, it } from 'vitest';
import { copyable } from '#functions/console/kit/enhanced.ts';
import type { Html } from '#functions/console/kit/page.ts';
import { changeRow, propertyRows, shortened } from '#functions/console/kit/words.ts';

const hostile = 'ev\u202egpj.exe\u2066\u200b';
const turning = /[\u202a-\u202e\u2066-\u2069]/;
const textOf = async (parts: readonly (Html | string)[]) =>
  (await Promise.all(parts)).map(String).join(' ');

it.each<[string, () => readonly (Html | string)[]]>([
  ['a property of an event', () => propertyRows({ productName: hostile }).flat()],
  ['a change of a contact', () => changeRow({ field: 'externalId', from: null, to: hostile })],
  ['a text that was shortened', () => [shortened(hostile)]],
])('shows in %s what would turn it around', async (_, shown) => {
  const text = await textOf(shown());
  expect(text).not.toMatch(turning);
  expect(text).toContain(String.raw`ev\u202egpj.exe\u2066`);
});

it('copies an id as it is, and shows what is hidden in it', async () => {
  const text = await textOf([copyable(hostile)]);
  expect(text).toContain(String.raw`<code>ev\u202egpj.exe\u2066\u200b</code>`);
  expect(text).toContain(`data-copy="${hostile}"`);
});
