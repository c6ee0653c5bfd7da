import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { startConsoleWithEvents } from '../events/events-at-work.ts';

let at: Awaited<ReturnType<typeof startConsoleWithEvents>>;
let productId: string;

const list = '/console/audience';
const unescaped = (url: string | undefined) => url?.replaceAll('&amp;', '&') ?? '';
const namesIn = (html: string) =>
  [...html.matchAll(/class="soft"><span class="address">([a-z]+)@/g)].map(([, who]) => who);

beforeAll(async () => {
  at = await startConsoleWithEvents();
  await at.happen('subscription.active', { email: 'ann@example.com', name: 'Ann' });
  await at.happen('customer.created', { email: 'bob@example.com', name: 'Bob' });
  await at.happen('subscription.revoked', { email: 'cid@example.com', name: 'Cid' });
  await at.post(`${list}/add`, { email: 'dan@example.com', firstName: 'Dan' });
  const { html } = await at.get(list);
  productId = /product=([\w-]+)"/.exec(html)?.[1] ?? '';
});
afterAll(() => at.stop());

test('a contact is listed with what it is subscribed to now', async () => {
  const { text, html } = await at.get(list);
  expect(namesIn(html).toSorted()).toEqual(['ann', 'bob', 'cid', 'dan']);
  expect(text).toMatch(/Ann ann@example\.com subscribed Studio Monthly/);
  expect(text).not.toMatch(/cid@example\.com (not )?subscribed Studio/);
});

test('a chip for the product lists who is subscribed to it, and takes itself away', async () => {
  const { html } = await at.get(`${list}?product=${productId}`);
  expect(namesIn(html)).toEqual(['ann']);
  expect(html).toContain(
    `<a class="chip" href="${list}" title="${productId}" aria-current="true">Studio Monthly</a>`,
  );
  // A file of all contacts would not be what the page shows.
  expect(html).not.toContain('Export as CSV');
});

it.each([
  ['product=none', 'No contacts match these filters.'],
  ['product=%3Cscript%3E', 'No contacts match these filters.'],
])('with %s says that nobody is', async (query, sentence) => {
  const { status, text, html } = await at.get(`${list}?${query}`);
  expect([status, text]).toEqual([200, expect.stringContaining(sentence)]);
  expect(html).not.toContain('<script>');
});

test('looks through some pages at a time, and goes on where it stopped', async () => {
  const row = (nth: number) => {
    const email = `new-${nth}@example.com`;
    const createdAt = new Date(Date.now() + nth * 1_000).toISOString();
    return at.put('Contacts', {
      ...{ email, address: email, contactId: crypto.randomUUID(), createdAt, updatedAt: createdAt },
      ...{ source: 'Polar webhook', consent: {}, subscribed: true },
      creationShard: String(nth % 8),
    });
  };
  for (let nth = 0; nth < 240; nth += 1) await row(nth);
  const first = await at.get(`${list}?product=${productId}`);
  expect(namesIn(first.html)).toEqual([]);
  expect(first.text).toContain('Not all contacts have been searched');
  const next = unescaped(/href="([^"]+)" rel="next">Keep searching/.exec(first.html)?.[1]);
  expect(next).toContain(`product=${productId}`);
  expect(namesIn((await at.get(next)).html)).toEqual(['ann']);
  const { text } = await at.get(next?.replace(productId, 'none') ?? '');
  expect(text).toContain('No more contacts match these filters.');
});
