import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eraseCustomer, eraseLayer } from '#shared/audience/erasure.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
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
    'Type the order’s id in Polar, or the email’s ledger key',
  ],
  ['markup', '<script>alert(1)</script>', 'No match.'],
  ['a text longer than any key', 'x'.repeat(5_000), 'No match.'],
])('%s finds nothing, and the page says what to do', async (_, text, sentence) => {
  const { status, html, text: shown } = await find(text);
  expect(status).toBe(200);
  expect(shown).toContain(sentence);
  expect(html).not.toContain('<script>alert');
});

test('the ledger key of an email leads to its page, also once its event is no longer kept', async () => {
  const key = 'k'.repeat(43);
  await at.put('Emails', {
    ...{ ledgerKey: key, workflowId: 'gone', workflowVersion: 1, webhookId: 'expired' },
    ...{ customerId: 'c', state: 'sent' },
    ...{ createdAt: '2026-08-01T10:00:00.000Z', updatedAt: '2026-08-01T10:00:00.000Z' },
  });
  const page = `/console/emails/mail?key=${key}`;
  expect(await find(key)).toMatchObject({ status: 303, location: page });
  expect((await at.get(page)).status).toBe(200);
  expect((await at.get(`/console/events/${key}`)).html).toContain(`<a href="${page}">`);
});

test('the beginning of a name lists who has it', async () => {
  const { status, html, text } = await find('ad');
  expect(status).toBe(200);
  expect(html).toContain(`<a href="${contact}">Ada</a>`);
  expect(text).toContain('Ada ada@example.com Contact');
  expect(text).toContain('1 found.');
});

test('of more than it shows it says so, and leads to all of them', async () => {
  for (let nth = 0; nth < 51; nth++) {
    await at.tell('customer.created', `many-${nth}`, {
      minute: 1,
      email: `zoe-${nth}@example.com`,
    });
  }
  const { text, html } = await find('zoe');
  expect(text).toContain('The first 50.');
  expect(html).toContain('action="/console/audience/search"');
  expect(text).toContain('See all contacts');
});

test('nothing typed leads to what can be typed', async () => {
  expect((await find(' ')).location).toBe('/console/find');
  const { text, html } = await at.get('/console/find');
  expect(text).toContain('Type a name, an address');
  expect(html).toMatch(/<main.*name="q"/s);
});

test('a part of the name of a workflow shows what it may be', async () => {
  expect(workflow).toMatch(/^\/console\/workflows\//);
  const name = (await at.parts.workflows.all())[0]?.name ?? '';
  const { status, html } = await find(name.slice(0, 4).toUpperCase());
  expect(status).toBe(200);
  expect(html).toContain(`>${name}</a>`);
});

describe('of somebody who was erased, Find', () => {
  const act = { at: '2026-11-01T10:00:00.000Z', by: 'a colleague' };

  async function erased(erase: (w: Workspace) => void) {
    await settle(at.parts.store, erase, at.parts.pause);
  }
  const surroundings = async () => ({
    settings: await at.parts.settings(),
    now: new Date('2026-11-01T10:05:00.000Z'),
    newId: at.parts.newId,
  });

  test('says when, by the address, and leads to what is kept of the customer', async () => {
    const email = 'eve@example.com';
    await at.tell('customer.created', 'c-eve', { minute: 1, email, name: 'Eve Ning' });
    const around = await surroundings();
    await erased((w) => eraseCustomer(w, 'c-eve', act, around));
    const { status, html, text } = await find(' Eve@Example.com');
    expect(status).toBe(200);
    expect(text).toMatch(/The person at this address was erased on 1 Nov 2026, 10:05 UTC\./);
    expect(text).toContain('Requested on 1 Nov 2026, 10:00 UTC by a colleague.');
    expect(text).not.toMatch(/No match|Ning/);
    expect(html).toContain('href="/console/audience/customers/c-eve"');
    const kept = await at.get('/console/audience/customers/c-eve');
    expect(kept.text).toContain('This customer’s data was erased on 1 Nov 2026, 10:05 UTC');
    const searched = await at.post('/console/audience/search', { text: email });
    expect(searched.text).toContain('The person at this address was erased on 1 Nov 2026');
  });

  test('leads to a contact that was added by hand, by its address and its id', async () => {
    const email = normalisedEmail('hand@example.com');
    const added = await at.post('/console/audience/add', { email });
    const path = added.location ?? '';
    const contactId = path.split('/').at(-1) ?? '';
    const around = await surroundings();
    const erasure = { ...act, at: new Date().toISOString(), contactIds: [contactId] };
    await erased((w) => eraseLayer(w, email, erasure, around));
    for (const text of [email, contactId])
      expect((await find(text)).html).toContain(`href="${path}"`);
    const page = await at.get(path);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Erased contact')]);
    expect(page.text).toContain('The contact with this id was erased on 1 Nov 2026, 10:05 UTC.');
    expect(page.html).not.toContain('See what’s kept');
  });
});
