import { afterAll, beforeAll, expect, test } from 'vitest';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';
import { putContacts } from '#test/support/audience/many-contacts.ts';
import { consoleHost } from '#test/support/console-visitor.ts';
import { coldStart } from '#test/support/process/cold-start.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

const file = '/console/audience/export.csv';
const url = `http://${consoleHost}${file}`;
const headers = { host: consoleHost };

async function contacts(number: number, change: (nth: number) => Partial<Contact>) {
  const rows = Array.from({ length: number }, (_, nth): Contact => {
    const email = normalisedEmail(`c${nth}${change(nth).externalId ? '-long' : ''}@example.com`);
    return {
      email,
      address: email,
      contactId: `contact-${email}`,
      createdAt: new Date(Date.UTC(2026, 9, 1) + nth * 1_000).toISOString(),
      updatedAt: '2026-10-01T00:00:00.000Z',
      source: 'Polar webhook',
      consent: {},
      subscribed: true,
      ...change(nth),
    };
  });
  await putContacts(at.db, at.tableOf('Contacts'), rows);
}

/** The file as whoever stands before the function puts it together. */
async function exported(query = '') {
  const pages: string[] = [];
  for (let next: string | null = `${file}${query}`; next !== null; ) {
    const { status, html, headers } = await at.get(next);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    pages.push(html);
    next = headers.get('x-console-next');
  }
  return { pages, lines: pages.join('').split('\r\n').slice(0, -1) };
}

test('an empty audience is a file with a head alone', async () => {
  const { pages, lines } = await exported();
  expect(pages[0]).toMatch(/^"email","first name","last name",/);
  expect(lines).toHaveLength(1);
});

test('the file begins with a byte order mark, also once Lambda has carried it', async () => {
  const bytes = Buffer.from(await (await at.app.request(url, { headers })).arrayBuffer());
  expect(bytes.subarray(0, 4).toString('hex')).toBe('efbbbf22');

  const { handler } = await coldStart('console');
  const answer = await handler({
    version: '2.0',
    routeKey: 'ANY /console/{proxy+}',
    rawPath: file,
    rawQueryString: '',
    headers,
    isBase64Encoded: false,
    body: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      authentication: null,
      authorizer: {},
      domainName: consoleHost,
      domainPrefix: 'api',
      http: { method: 'GET', path: file, protocol: 'HTTP/1.1', sourceIp: '::1', userAgent: '' },
      requestId: 'request',
      routeKey: 'ANY /console/{proxy+}',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
  });
  expect(answer.isBase64Encoded).toBe(true);
  expect(Buffer.from(answer.body, 'base64')).toEqual(bytes);
});

test('the file has each contact once, its head once, and what a filter asks for', async () => {
  await contacts(2_400, (nth) => ({
    subscribed: nth % 2 === 0,
    ...(nth % 3 === 0 && { userGroup: 'Third' }),
  }));
  const all = await exported();
  expect(all.pages.length).toBeGreaterThan(1);
  expect(all.lines).toHaveLength(2_401);
  expect(new Set(all.lines).size).toBe(2_401);
  expect(all.lines[1]).toContain('"c2399@example.com"');

  expect((await exported('?consent=unsubscribed')).lines).toHaveLength(1_201);
  expect((await exported('?group=Third')).lines).toHaveLength(801);
  const both = await exported('?group=Third&consent=subscribed');
  expect(both.lines).toHaveLength(401);
});

test('the pages name no address in their URLs and are far smaller than Lambda allows', async () => {
  const { headers, html } = await at.get(file);
  const after = new URL(headers.get('x-console-next') ?? '', 'http://localhost').searchParams;
  const position = Buffer.from(after.get('after') ?? '', 'base64url').toString('latin1');
  expect(position).not.toContain('example.com');
  expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
});

test('a later page is to be had only by way of the first one of the same file', async () => {
  const { html } = await at.get('/console/audience');
  const [, ofList = ''] = /after=([\w-]+)/.exec(html) ?? [];
  expect(ofList).not.toBe('');
  const { headers } = await at.get(file);
  const next = headers.get('x-console-next') ?? '';
  const taken = [`${file}?after=${ofList}`, `${file}?after=x`, `${next}&consent=subscribed`];
  for (const path of taken) {
    const answer = await at.get(path);
    expect([path, answer.status, answer.html.includes('@')]).toEqual([path, 400, false]);
  }
  expect((await at.get(next)).status).toBe(200);
});

test('no cell is a formula', async () => {
  const formula = '=HYPERLINK("http://example.com","x")';
  const row: Contact = {
    email: normalisedEmail('evil@example.com'),
    address: 'evil@example.com',
    contactId: 'evil',
    createdAt: '2027-01-01T00:00:00.000Z',
    updatedAt: '2027-01-01T00:00:00.000Z',
    source: 'Polar webhook',
    consent: {},
    subscribed: true,
    firstName: formula,
    lastName: '＝1+1',
    userGroup: '@x',
  };
  const puts = [{ act: 'put' as const, key: row.email, revision: null, row }];
  const steps = { customers: [], addresses: [], contacts: puts, suppressions: [] };
  await at.store.commit({ steps });
  const { lines } = await exported();
  expect(lines[1]).toBe(
    '"evil@example.com","\'=HYPERLINK(""http://example.com"",""x"")","\'＝1+1","","\'@x","yes","2027-01-01T00:00:00.000Z","2027-01-01T00:00:00.000Z","Polar webhook","evil",""',
  );
});

test('it is offered for saving, and kept nowhere', async () => {
  const { headers } = await at.get(file);
  expect(headers.get('content-disposition')).toBe('attachment; filename="audience.csv"');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('over-long texts make the pages shorter, not too large', async () => {
  const externalId = '🦊'.repeat(2_000);
  await contacts(600, () => ({ userGroup: 'Long', externalId }));
  const { pages, lines } = await exported('?group=Long');
  for (const page of pages) expect(Buffer.byteLength(page)).toBeLessThan(4_000_000);
  expect(pages.length).toBeGreaterThan(1);
  expect(new Set(lines).size).toBe(601);
});
