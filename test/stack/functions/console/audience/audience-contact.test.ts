import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventPath } from '#functions/console/kit/paths.ts';
import { contactSchema } from '#shared/audience/person/person.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { startConsole } from '#test/stack/functions/console/console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

let made = 0;
let id: string;
let email: string;
let path: string;
beforeEach(async () => {
  made += 1;
  id = `customer-${made}`;
  email = `ann${made}@example.com`;
  await at.tell('customer.created', id, { minute: 1, email, name: 'Ann Smith' });
  path = `/console/audience/${(await shown(email)).contactId}`;
});

async function shown(address: string) {
  return contactSchema.parse(await at.contact(address));
}

const no = (reason: 'unsubscribed' | 'complained' | 'bounced') => ({
  reason,
  at: '2026-11-20T10:00:00.000Z',
  by: 'SES',
});

/** An email in the ledger that was blocked. */
async function blocked(ledgerKey: string, createdAt: string, reason = 'Not subscribed.') {
  const { contactId } = await shown(email);
  const emails = dynamoEmails(at.db, at.tableOf('Emails'), () => new Date(createdAt));
  await emails.block(
    {
      ledgerKey,
      workflowId: 'welcome',
      workflowVersion: 1,
      webhookId: 'evt/1?x',
      customerId: id,
      contactId,
    },
    reason,
  );
}

describe('the page of a contact', () => {
  test('shows who it is, that it gets mail, and what happened', async () => {
    const { text, html, status } = await at.get(path);
    expect(status).toBe(200);
    for (const one of [id, path.split('/').at(-1)]) {
      expect(html).toContain(`data-copy="${one}"`);
    }
    const outcome = 'added a contact';
    for (const part of ['Ann Smith', email, id, 'subscribed', 'Added to the audience', outcome]) {
      expect(text).toContain(part);
    }
  });

  test.each([
    ['active', 'And 2 more.'],
    ['canceled', 'And 2 more that have ended.'],
  ])('says of subscriptions beyond ten that are %s: %s', async (status, said) => {
    const row = await at.item('Customers', { customerId: id });
    const one = { status, version: '2026-11-20T10:00:00.000Z' };
    const subscriptions = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`subscription-${index}`, one]),
    );
    await at.put('Customers', { ...row, subscriptions });
    expect((await at.get(path)).text).toContain(said);
  });

  test.each([
    ['an active subscription: Renews 20 Dec 2026', { status: 'active' }],
    ['one that is to pause: Pauses 20 Dec 2026', { status: 'active', pauseAtPeriodEnd: true }],
    [
      'a paused one: Paused since 1 Nov 2026',
      { status: 'paused', pausedAt: '2026-11-01T10:00:00.000Z' },
    ],
    ['one that was never paid: nothing', { status: 'incomplete' }],
  ])('says when something changes of %s', async (title, state) => {
    const row = await at.item('Customers', { customerId: id });
    const times = { version: '2026-11-20T10:00:00.000Z', periodEnd: '2026-12-20T10:00:00.000Z' };
    await at.put('Customers', { ...row, subscriptions: { one: { ...times, ...state } } });
    const said = title.slice(title.indexOf(': ') + 2);
    const { text } = await at.get(path);
    expect(text.match(/(Renews|Pauses|Paused since) \d+ \w+ \d+/)?.[0] ?? 'nothing').toBe(said);
  });

  test.each([
    [
      'that no email carries a name that is no name',
      'Wolfeschlegelsteinhausen Maximiliana-Alexandrina',
      true,
    ],
    ['nothing of a name that emails carry', 'Ann Smith', false],
  ])('says %s', async (_, name, isLeftOut) => {
    await at.tell('customer.updated', id, { minute: isLeftOut ? 20 : 21, email, name });
    const { text } = await at.get(path);
    expect(text.includes('Name in emails Left out')).toBe(isLeftOut);
  });

  test('says in one sentence what it gets, and lets an operator undo an unsubscribe', async () => {
    expect((await at.get(path)).text).toContain('Gets receipts and marketing.');
    await at.post(`${path}/unsubscribe`, {});
    const { text, html } = await at.get(path);
    expect(text).toMatch(/Gets receipts; no marketing: unsubscribed by hand on /);
    expect(text).toContain('The customer was unsubscribed by hand on');
    expect(html).toContain('Undo the unsubscribe');
    await at.post(`${path}/subscribe`, {});
    expect((await at.get(path)).text).toContain('Gets receipts and marketing.');
  });

  test('asks before it undoes what the person said', async () => {
    const said = { reason: 'unsubscribed', at: '2026-11-20T10:00:00.000Z' } as const;
    await at.refusals.ofAddress(email, { ...said, by: 'the recipient, on the unsubscribe page' });
    const { text, html } = await at.get(path);
    expect(text).toContain('Gets receipts; no marketing: unsubscribed on 20 Nov 2026');
    expect(html).not.toContain('Undo the unsubscribe');
    expect(html).toContain(`${path}/subscribe`);
  });

  test('asks before it undoes what the person said, also where an operator unsubscribed them after that', async () => {
    const said = { reason: 'unsubscribed', at: '2026-11-20T10:00:00.000Z' } as const;
    await at.refusals.ofAddress(email, { ...said, by: 'the recipient, on the unsubscribe page' });
    // The operator's page was older.
    await at.post(`${path}/unsubscribe`, {});
    const { text, html } = await at.get(path);
    expect(text).toContain('Gets receipts; no marketing: unsubscribed on ');
    expect(html).not.toContain('Undo the unsubscribe');
    expect(html).toContain(`${path}/subscribe`);
  });

  test('undoes an unsubscribe without asking only where that undoes nothing else', async () => {
    const late = `later${made}@example.com`;
    const starts = { newContacts: 'unsubscribed' } as const;
    await at.tell('customer.created', `${id}-later`, { minute: 1, email: late }, starts);
    const its = `/console/audience/${(await shown(late)).contactId}`;
    await at.post(`${its}/unsubscribe`, {});
    const { html } = await at.get(its);
    expect(html).not.toContain('Undo the unsubscribe');
    expect(html).toContain(`${its}/subscribe`);
  });

  test('says every reason against mail, with its time and author', async () => {
    await at.refusals.ofAddress(email, { ...no('complained'), by: 'the recipient, through SES' });
    const sentence = 'complained Gets no mail: the recipient complained on 20 Nov 2026, 10:00 UTC.';
    expect((await at.get(path)).text).toContain(sentence);
    await at.refusals.ofAddress(email, no('bounced'));
    const { text } = await at.get(path);
    expect(text).not.toContain('not subscribed');
    expect(text).toMatch(/The customer complained on 20 Nov 2026, 10:00 UTC, through SES\./);
    expect(text).toMatch(/The address is suppressed: bounced on 20 Nov 2026, 10:00 UTC, by SES\./);
    expect(text).toContain('bounced Gets no mail: mail to the address bounced on 20 Nov 2026');
    expect(text).not.toContain('The address is suppressed: complained');
    expect(text).toContain('Complained about an email');
  });

  test.each([
    ['bounced', 'lift-bounce', 'Lift the bounce…'],
    ['complained', 'subscribe', 'Subscribe…'],
  ] as const)(
    'of one who %s has one next step, and the list says so, too',
    async (reason, step, label) => {
      await at.refusals.ofAddress(email, { ...no(reason), by: 'SES' });
      const { html } = await at.get(path);
      const [, consent = ''] = /<h2 id="consent">(.*?)<h3>/s.exec(html) ?? [];
      const offered = consent.replace(/<details>.*<\/details>/s, '');
      expect(offered).toContain(`href="${path}/${step}">${label}</a>`);
      expect(offered.match(/class="button|<button/g)).toHaveLength(2);
      expect((await at.get('/console/audience')).text).toContain(`${email} ${reason}`);
    },
  );

  test('shows what would turn an external id around', async () => {
    const row = await at.item('Contacts', { email });
    await at.put('Contacts', { ...row, externalId: 'ev\u202egpj.exe' });
    const { html } = await at.get(path);
    expect(html).not.toContain('\u202e');
    expect(html).toContain(String.raw`ev\u202egpj.exe`);
  });

  test('says that SES cannot mail an address that is not ASCII before the @', async () => {
    const spelled = `José${made}@example.com`;
    await at.tell('customer.updated', id, { minute: 2, email: spelled });
    const { text } = await at.get(path);
    expect(text).toContain(spelled);
    expect(text).toContain('Gets no mail: SES cannot mail the address: before the @ it has');
    expect(text).toMatch(/subscribed but gets nothing/);
    expect(text.match(/SES cannot mail/g)).toHaveLength(1);
  });

  test('says that the settings wanted new contacts unsubscribed', async () => {
    const late = `late${made}@example.com`;
    await at.tell(
      'customer.created',
      `${id}-late`,
      { minute: 1, email: late },
      { newContacts: 'unsubscribed' },
    );
    const { text } = await at.get(`/console/audience/${(await shown(late)).contactId}`);
    expect(text).toContain('The setting newContacts was "unsubscribed"');
    expect(text).toContain('Added unsubscribed');
  });

  test('stays at the same place when the address changes', async () => {
    await at.tell('customer.updated', id, { minute: 2, email: `new-${email}` });
    const { text } = await at.get(path);
    expect(text).toContain(`new-${email}`);
  });

  test('is found by an id that it had before it became one with another contact', async () => {
    const left = `left-${email}`;
    await at.tell('customer.created', `left-${id}`, { minute: 1, email: left });
    const { contactId } = await shown(left);
    await at.tell('customer.deleted', `left-${id}`, { minute: 2, email: left });
    await at.tell('customer.updated', id, { minute: 3, email: left });
    expect((await shown(left)).contactId).toBe(contactId);
    const { location } = await at.get(path);
    expect(location).toBe(`/console/audience/${contactId}`);
    const { text } = await at.get(location ?? '');
    expect(text).toContain('customer.created');
  });

  test('says why a contact is no longer shown, with what happened to it', async () => {
    await at.tell('customer.deleted', id, { minute: 2, email }, { customerDeleted: 'delete' });
    const { text, status } = await at.get(path);
    expect(status).toBe(200);
    expect(text).toContain('Polar deleted this customer');
    expect(text).toContain('customer.created');
  });

  test.each(['nobody', '%00', '..%2f..', 'x'.repeat(3_000)])(
    '%.20s is no contact',
    async (some) => {
      const { status, text } = await at.get(`/console/audience/${some}`);
      expect(status).toBe(404);
      expect(text).toContain('Contact not found');
      expect(text).toContain('Search the audience');
    },
  );
});

describe('what happened to a contact', () => {
  test('is listed newest first, events and emails together, each once, page by page', async () => {
    for (let nth = 0; nth < 30; nth++) {
      await at.tell('customer.updated', id, { minute: 10 + nth, email });
      await blocked(`key-${made}-${nth}`, `2026-11-01T00:${nth + 10}:00.000Z`, `Reason ${nth}.`);
    }
    const seen: string[] = [];
    const times: string[] = [];
    for (let next: string | undefined = path; next; ) {
      const { html } = await at.get(next.replace(/#.*/, ''));
      const [, list = ''] = html.split('id="happened"');
      seen.push(...[...list.matchAll(/Reason \d+\.|customer\.\w+/g)].map(([text]) => text));
      times.push(...[...list.matchAll(/datetime="([^"]+)"/g)].map(([, time = '']) => time));
      next = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen.filter((text) => text.startsWith('Reason')).toSorted()).toEqual(
      Array.from({ length: 30 }, (_, nth) => `Reason ${nth}.`).toSorted(),
    );
    expect(seen.filter((text) => text === 'customer.updated')).toHaveLength(30);
    expect(seen.at(-1)).toBe('customer.created');
    expect(times).toEqual(times.toSorted().reverse());
  });

  test('links to the event, whatever its id looks like', async () => {
    await blocked(`key-${made}`, '2026-11-01T00:10:00.000Z');
    const { html } = await at.get(path);
    expect(html).toContain(`href="${eventPath('evt/1?x')}"`);
    expect(html).toContain('">a workflow that was removed</a>');
  });

  test.each(['after=nonsense', 'after=W10', 'after=eyJldmVudCB4Ijp7fX0'])(
    'takes ?%s calmly',
    async (query) => {
      expect((await at.get(`${path}?${query}`)).status).toBe(200);
    },
  );
});
