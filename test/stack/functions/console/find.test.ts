import { afterAll, beforeAll, expect, test } from 'vitest';
import { startConsole } from './console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
let contact: string;
let workflow: string;

beforeAll(async () => {
  at = await startConsole();
  const added = await at.post('/console/audience/add', {
    email: 'ada@example.com',
    firstName: 'Ada',
    externalId: 'user-1',
  });
  contact = added.location ?? '';
  const made = await at.post('/console/workflows', { template: 'receipt' });
  workflow = made.location ?? '';
});
afterAll(() => at.stop());

const find = (q: string) => at.post('/console/find', { q });

test.each([
  ['an address, however it is written', () => ' Ada@Example.com ', () => contact],
  ['an external id', () => 'user-1', () => contact],
  ['the id of a contact', () => contact.split('/').at(-1) ?? '', () => contact],
])('%s leads to its page', async (_, text, page) => {
  expect(contact).toMatch(/^\/console\/audience\/[\w-]{36}$/);
  const { status, location } = await find(text());
  expect([status, location]).toEqual([303, page()]);
});

test.each([
  ['what nobody is called', 'grace', 'No match.'],
  [
    'an id that SES gave',
    '0100018d1f2b3c4d-aaaa',
    'Type the id that the order has in Polar, or the email’s ledger key',
  ],
  ['markup', '<script>alert(1)</script>', 'No match.'],
  ['a text longer than any key', 'x'.repeat(5_000), 'No match.'],
])('%s finds nothing, and the page says what to do', async (_, text, sentence) => {
  const { status, html, text: shown } = await find(text);
  expect(status).toBe(200);
  expect(shown).toContain(sentence);
  expect(html).not.toContain('<script>alert');
});

test('the beginning of a name lists who has it', async () => {
  const { status, html, text } = await find('ad');
  expect(status).toBe(200);
  expect(html).toContain(`<a href="${contact}">Ada</a>`);
  expect(text).toContain('Ada ada@example.com Contact');
});

test('nothing typed leads to what can be typed', async () => {
  expect((await find(' ')).location).toBe('/console/find');
  expect((await at.get('/console/find')).text).toContain('Type a name, an address');
});

test('a part of the name of a workflow shows what it may be', async () => {
  expect(workflow).toMatch(/^\/console\/workflows\//);
  const name = (await at.parts.workflows.all())[0]?.name ?? '';
  const { status, html } = await find(name.slice(0, 4).toUpperCase());
  expect(status).toBe(200);
  expect(html).toContain(`>${name}</a>`);
});
