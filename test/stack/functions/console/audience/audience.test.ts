import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { daysBefore } from '#shared/store/counts/counts.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

const list = '/console/audience';

/** Rows as a webhook leaves them, many at once. */
async function contacts(group: string, number: number, change: (nth: number) => Partial<Contact>) {
  const rows = Array.from({ length: number }, (_, nth): Contact => {
    const email = normalisedEmail(`${group}-${nth}@example.com`);
    return {
      email,
      address: email,
      contactId: crypto.randomUUID(),
      createdAt: `2026-10-01T00:00:00.000Z`,
      updatedAt: '2026-10-01T00:00:00.000Z',
      source: 'Polar webhook',
      consent: {},
      subscribed: true,
      userGroup: group,
      ...change(nth),
    };
  });
  for (let start = 0; start < rows.length; start += 10) {
    const some = rows.slice(start, start + 10);
    await at.store.commit({
      steps: {
        customers: [],
        addresses: [],
        contacts: some.map((row) => ({ act: 'put', key: row.email, revision: null, row })),
        suppressions: [],
      },
    });
  }
  return rows;
}

const idsIn = (html: string) =>
  [...html.matchAll(/href="\/console\/audience\/([0-9a-f-]{36})"/g)].map(([, id = '']) => id);

const nextIn = (html: string) =>
  /<a class="button" href="([^"]+)" rel="next">/.exec(html)?.[1]?.replaceAll('&amp;', '&');

async function allIds(path: string) {
  const ids: string[] = [];
  const pages: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, html } = await at.get(next);
    expect(status).toBe(200);
    pages.push(next);
    ids.push(...idsIn(html));
    next = nextIn(html);
  }
  return { ids, pages };
}

test('an empty audience says what to do next', async () => {
  const { text, html } = await at.get(list);
  expect(text).toContain('No contacts yet.');
  expect(html).toContain('href="/console/polar"');
});

test('an empty audience whose Polar is connected offers the import', async () => {
  const connection: Connection = {
    ...{ version: 1, server: 'production', organizationId: 'o', endpointId: 'e', url: 'u' },
    ...{ organizationName: 'Northlight', organizationSlug: 'northlight', by: 'ada' },
    ...{ apiVersion: 'v', connectedAt: '2026-11-29T00:00:00.000Z', method: 'token' },
  };
  const connections = { ...at.parts.connections, read: async () => connection };
  const { html, text } = await consoleVisitor(consoleApp({ ...at.parts, connections })).get(list);
  expect(text).toContain('Polar is connected: its next event adds the first one.');
  expect(html).toContain('href="/console/polar/import">Import customers</a>');
  expect(html).not.toContain('>Connect Polar</a>');
});

test('also in an empty audience somebody can be looked for: a deleted customer is in no list', async () => {
  expect((await at.get(list)).html).toContain(`action="${list}/search"`);
});

describe('the list', () => {
  let many: Contact[];
  beforeAll(async () => {
    many = await contacts('many', 130, (nth) => ({
      createdAt: new Date(Date.UTC(2026, 9, 1, 0, 0, Math.floor(nth / 3))).toISOString(),
    }));
  });

  test('shows each contact once, newest first, page by page', async () => {
    const { ids, pages } = await allIds(list);
    expect(ids.toSorted()).toEqual(many.map(({ contactId }) => contactId).toSorted());
    const createdAt = new Map(many.map((one) => [one.contactId, one.createdAt]));
    const times = ids.map((id) => createdAt.get(id) ?? '');
    expect(times).toEqual(times.toSorted().reverse());
    expect(pages).toHaveLength(3);
  });

  test('is less than 100 KB, however long names are', async () => {
    const firstName = '<&"\'>'.repeat(100);
    const long = { firstName, lastName: firstName };
    await contacts('long', 60, () => ({ ...long, createdAt: '2025-10-01T00:00:00.000Z' }));
    const { html } = await at.get(`${list}?group=long`);
    expect(html).toContain('Contacts, newest first');
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  });

  test('puts no address into a URL', async () => {
    const { pages } = await allIds(list);
    for (const page of pages) {
      const after = new URL(page, 'http://localhost').searchParams.get('after') ?? '';
      expect(Buffer.from(after, 'base64url').toString('latin1')).not.toContain('example.com');
    }
  });

  test('shows contacts that came in one moment once each, too', async () => {
    const twins = await contacts('twins', 120, () => ({}));
    const { ids } = await allIds(`${list}?group=twins`);
    expect(ids.toSorted()).toEqual(twins.map(({ contactId }) => contactId).toSorted());
  });

  test('is narrowed by group and consent', async () => {
    const rows = await contacts('mixed', 12, (nth) => ({ subscribed: nth % 3 > 0 }));
    const wanted = (isSubscribed: boolean) =>
      rows.filter((one) => one.subscribed === isSubscribed).map(({ contactId }) => contactId);
    const left = await allIds(`${list}?group=mixed&consent=unsubscribed`);
    expect(left.ids.toSorted()).toEqual(wanted(false).toSorted());
    const stayed = await allIds(`${list}?group=mixed&consent=subscribed`);
    expect(stayed.ids.toSorted()).toEqual(wanted(true).toSorted());
    const { text } = await at.get(`${list}?group=nobody`);
    expect(text).toContain('No contacts match these filters.');
  });

  test('has a column of groups only where someone has one', async () => {
    const groupHead = '<th scope="col">Group</th>';
    expect((await at.get(list)).html).toContain(groupHead);
    await contacts('ungrouped', 50, () => ({
      userGroup: undefined,
      createdAt: '2026-12-01T00:00:00.000Z',
    }));
    const { html } = await at.get(list);
    expect(html).toContain('ungrouped-0@example.com');
    expect(html).not.toContain(groupHead);
  });

  test('stops looking after a while, says so, and goes on where it stopped', async () => {
    const ids = Array.from({ length: 6_000 }, (_, nth) => `rare-${nth}`)
      .filter((id) => shardOf(id) === '0')
      .slice(0, 700);
    await contacts('rare', 700, (nth) => ({
      subscribed: nth !== 0,
      contactId: ids[nth] ?? '',
      createdAt: new Date(Date.UTC(2026, 8, 2) + nth).toISOString(),
    }));
    const first = await at.get(`${list}?group=rare&consent=unsubscribed`);
    expect(first.text).toContain('Not all contacts have been searched yet');
    expect(first.text).toContain('Keep searching');
    expect(first.html).not.toContain(`${list}/rare-`);
    const second = await at.get(nextIn(first.html) ?? '');
    expect(second.html).toContain(`${list}/${ids[0]}`);
    expect(nextIn(second.html)).toBeUndefined();
  });

  test('offers the groups of the settings', async () => {
    const settings = structuredClone(defaultSettings);
    settings.events['order.paid'].userGroup = 'Buyers & friends';
    await at.put('Settings', { name: 'settings', ...settings });
    const { html } = await at.get(list);
    expect(html).toContain('<option value="Buyers &amp; friends">');
  });

  test.each([
    'after=nonsense',
    'after=eyJhIjoxfQ',
    'consent=maybe',
    'group=',
    'group=%00%ff',
    `group=${'x'.repeat(3_000)}`,
  ])('takes ?%s calmly', async (query) => {
    expect((await at.get(`${list}?${query}`)).status).toBe(200);
  });

  test('shows hostile names as text', async () => {
    const hostile = `<script>alert('1')</script>"><img src=x onerror=alert(1)>`;
    const [row] = await contacts('hostile', 1, () => ({
      firstName: hostile,
      userGroup: hostile,
      externalId: hostile,
      source: hostile,
      createdAt: '2027-01-01T00:00:00.000Z',
    }));
    for (const path of [list, `${list}/${row?.contactId}`]) {
      const { html, text } = await at.get(path);
      expect(html).not.toContain('<script>alert');
      expect(html).not.toContain('<img');
      expect(text).toContain("<script>alert('1')</script>");
    }
  });
});

describe('the search', () => {
  let made = 0;
  let id: string;
  let email: string;
  beforeEach(async () => {
    made += 1;
    id = `customer-${made}`;
    email = `Found${made}@Example.com`;
    await at.tell('customer.created', id, { minute: 1, email, externalId: `ext-${made}` });
  });

  test.each([
    ['its email, however it is typed', () => `  ${email.toUpperCase()} `],
    ['its external id', () => `ext-${made}`],
    ['its customer id in Polar', () => id],
  ])('leads to a contact by %s', async (_, text) => {
    const { location } = await at.post(`${list}/search`, { text: text() });
    const contact = await at.contact(email.toLowerCase());
    expect(location).toBe(`${list}/${contact?.['contactId']}`);
  });

  test('shows all that have one external id', async () => {
    await at.tell('customer.created', `${id}b`, {
      minute: 2,
      email: `other-${email}`,
      externalId: `ext-${made}`,
    });
    const { text, html } = await at.post(`${list}/search`, { text: `ext-${made}` });
    expect(text).toContain('2 contacts found');
    expect(idsIn(html)).toHaveLength(2);
  });

  test('lists who has words that begin like this, page by page', async () => {
    await contacts('Hopper', 70, () => ({ lastName: 'Hopper' }));
    const first = await at.post(`${list}/search`, { text: 'hopp' });
    expect(first.text).toContain('First 50 contacts found');
    const afterWord = /name="afterWord" value="([^"]+)"/.exec(first.html)?.[1] ?? '';
    const second = await at.post(`${list}/search`, { text: 'hopp', afterWord });
    expect(second.text).toContain('20 more contacts');
    expect(second.html).not.toContain('name="afterWord"');
    expect(new Set([...idsIn(first.html), ...idsIn(second.html)]).size).toBe(70);
    const one = await at.post(`${list}/search`, { text: 'HOPPER hopper-69' });
    expect(one.text).toContain('One contact found');
    const broken = await at.post(`${list}/search`, { text: 'hopp', afterWord: 'nothing' });
    expect(idsIn(broken.html)).toEqual(idsIn(first.html));
  });

  test('says why a customer that is known shows no contact', async () => {
    await at.tell('customer.created', 'quiet', { minute: 1 });
    const { text } = await at.post(`${list}/search`, { text: 'quiet' });
    expect(text).toContain('Polar hasn’t sent an email address for this customer yet.');
  });

  test('leads from an address to whoever had it before', async () => {
    await at.tell('customer.updated', id, { minute: 2, email: `moved-${email}` });
    const { text, html } = await at.post(`${list}/search`, { text: email });
    expect(text).toContain('One customer found');
    const contact = await at.contact(`moved-${email}`.toLowerCase());
    expect(html).toContain(`href="${list}/${contact?.['contactId']}"`);
  });

  test.each(['nobody@example.com', '<b>x</b>', 'x'.repeat(5_000), '🦊'])(
    'says that nobody is found by %.30s',
    async (text) => {
      const page = await at.post(`${list}/search`, { text });
      expect(page.status).toBe(200);
      expect(page.text).toContain('Nobody found');
    },
  );
});

test('the whole list says how many contacts there are, once they were counted', async () => {
  await contacts('counted', 1, () => ({}));
  expect((await at.get(list)).text).not.toContain('can get marketing');
  const now = at.parts.now();
  const counted = (daysAgo: number, total: number) =>
    at.parts.counts.putTotals({
      ...{ day: daysBefore(now, daysAgo), asOf: `${daysBefore(now, daysAgo)}T03:00:00.000Z` },
      ...{ total, mailable: 1_200, unsubscribed: 30, bounced: 4, complained: 0 },
    });
  await counted(2, 1_300);
  await counted(1, 1_234);
  expect((await at.get(list)).text).toMatch(
    /1,234 contacts, 1,200 can get marketing, as of \d+ \w+ \d{4}, 03:00 UTC/,
  );
  expect((await at.get(`${list}?group=counted`)).text).not.toContain('can get marketing');
});
