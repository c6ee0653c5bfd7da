import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { shardOf } from '#shared/store/dynamo.ts';
import { activeWorkflow, startConsoleWithEvents } from './events-at-work.ts';

let at: Awaited<ReturnType<typeof startConsoleWithEvents>>;
beforeAll(async () => {
  at = await startConsoleWithEvents();
});
afterAll(() => at.stop());

const list = '/console/events';

const unescaped = (url: string | undefined) => url?.replaceAll('&amp;', '&');
const nextIn = (html: string) => unescaped(/href="([^"]+)" rel="next"/.exec(html)?.[1]);
const idsIn = (html: string) =>
  [
    ...html.matchAll(/<td data-head="[^"]*"><a class="whole" href="\/console\/events\/([^"?]+)"/g),
  ].map(([, id = '']) => decodeURIComponent(id));

async function allIds(path: string) {
  const ids: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, html } = await at.get(next);
    expect(status).toBe(200);
    expect(html.length).toBeLessThan(100_000);
    ids.push(...idsIn(html));
    next = nextIn(html);
  }
  return ids;
}

const daysAgo = (days: number) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

describe('the list of events', () => {
  test('says what to do while there is none', async () => {
    const { text, html } = await at.get(list);
    expect(text).toContain('No event since');
    expect(html).toContain('href="/console/test"');
  });

  test('looks back over two empty weeks in a few rounds of queries', async () => {
    let [rounds, inFlight, queries] = [0, 0, 0];
    at.parts.db.middlewareStack.add(
      (next) => async (args) => {
        queries += 1;
        if (inFlight === 0) rounds += 1;
        inFlight += 1;
        try {
          return await next(args);
        } finally {
          inFlight -= 1;
        }
      },
      { step: 'initialize', name: 'counting' },
    );
    await at.get(list);
    at.parts.db.middlewareStack.remove('counting');
    // And one for whether all mail is held, which every page says, and one for what was counted.
    expect(queries).toBe(14 * 8 + 2);
    expect(rounds).toBeLessThanOrEqual(4);
  });

  test('shows the newest day that has events, and leads to those before it', async () => {
    await at.recorded(1, () => ({ webhookId: 'old', receivedAt: `${daysAgo(9)}T10:00:00.000Z` }));
    await at.recorded(1, () => ({
      webhookId: 'before-old',
      receivedAt: `${daysAgo(10)}T10:00:00.000Z`,
    }));
    await at.recorded(1, () => ({
      webhookId: 'older',
      receivedAt: `${daysAgo(20)}T10:00:00.000Z`,
    }));
    const newest = await at.get(list);
    expect(idsIn(newest.html)).toEqual(['old']);
    // The way to older ones is refreshed with them: it begins after the last one shown.
    expect(newest.html.split('id="event-list" data-refresh="live"')[1]).toContain('Earlier than');
    expect((await at.get(`${list}?day=${daysAgo(9)}`)).html).not.toContain('data-refresh');
    const earlier = unescaped(/href="([^"]+)">Earlier than/.exec(newest.html)?.[1]) ?? '';
    expect(idsIn((await at.get(earlier)).html)).toEqual(['before-old']);
    const before = `${list}?before=${daysAgo(10)}`;
    expect(idsIn((await at.get(before)).html)).toEqual(['older']);
  });

  test('shows every event of a day exactly once, the newest first, also those of one moment', async () => {
    await at.recorded(120, (nth) => ({
      webhookId: `many-${nth}`,
      receivedAt: `2026-10-01T10:00:${String(nth % 7).padStart(2, '0')}.000Z`,
    }));
    expect(new Set(Array.from({ length: 120 }, (_, nth) => shardOf(`many-${nth}`))).size).toBe(8);
    const ids = await allIds(`${list}?day=2026-10-01`);
    expect([...ids].sort()).toEqual(Array.from({ length: 120 }, (_, nth) => `many-${nth}`).sort());
    const seconds = ids.map((id) => Number(id.slice(5)) % 7);
    expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
  });

  test('shows only what is asked for, however rare it is', async () => {
    await at.recorded(60, (nth) => ({
      webhookId: `rare-${nth}`,
      receivedAt: `2026-10-02T10:00:${String(nth).padStart(2, '0')}.000Z`,
      ...(nth % 20 === 0 && { outcome: 'skipped', reason: 'It is switched off.' }),
      ...(nth === 7 && { type: 'customer.updated' }),
    }));
    const day = `${list}?day=2026-10-02`;
    expect(await allIds(`${day}&outcome=skipped`)).toEqual(['rare-40', 'rare-20', 'rare-0']);
    expect(await allIds(`${day}&type=customer.updated`)).toEqual(['rare-7']);
    expect(await allIds(`${day}&type=customer.updated&outcome=skipped`)).toEqual([]);
    expect((await at.get(`${day}&outcome=skipped`)).text).toContain('It is switched off.');
    const before = await at.get(`${list}?before=2026-10-10&outcome=skipped`);
    expect(idsIn(before.html)).toHaveLength(3);
  });

  it.each([
    'day=2026-02-31',
    'day=0000-01-01',
    'before=0000-01-01',
    'before=2020-01-01',
    'day=9999-12-31',
    'type=%3Cscript%3E&outcome=x',
    'day=2026-10-01&after=e30',
    'day=2026-10-01&after=%00%ff',
    `day=2026-10-01&after=${Buffer.from('{"0":{"receivedAt":"x","webhookId":"y"},"99":null}').toString('base64url')}`,
  ])('takes %s calmly', async (query) => {
    const { status, html } = await at.get(`${list}?${query}`);
    expect(status).toBe(200);
    expect(html).not.toContain('<script>');
  });

  test('shows who, how much and how many mails, and chips that keep the other filters', async () => {
    const workflow = activeWorkflow({ trigger: { event: 'order.paid', conditions: [] } });
    await at.happen('order.paid', {
      webhookId: 'paid',
      email: 'ann@example.com',
      name: 'Ann <b>Buyer',
      receivedAt: '2026-10-05T10:00:07.000Z',
      workflows: [workflow],
    });
    const { html, text } = await at.get(`${list}?day=2026-10-05&outcome=applied`);
    expect(text).toMatch(
      /10:00:07.* order\.paid added a contact Ann <b>Buyer ann@example\.com \$[\d.]+ 1/,
    );
    expect(html).not.toContain('Ann <b>Buyer');
    expect(html).toMatch(/aria-current="true">Changed a contact<\/a>/);
  });

  test('marks what an import made, and what was recovered, and nothing that Polar sent', async () => {
    const made = ['backfill-of-a-list', 'backfill-order-lost', 'evt-sent'];
    for (const [nth, webhookId] of made.entries()) {
      const receivedAt = `2026-09-06T10:00:0${nth}.000Z`;
      await at.happen('customer.updated', { webhookId, email: 'ida@example.com', receivedAt });
    }
    const { text } = await at.get(`${list}?day=2026-09-06`);
    expect(text).toMatch(
      /customer\.updated contact unchanged .* customer\.updated recovered contact unchanged .* customer\.updated imported added a contact /,
    );
    const pages = await Promise.all(made.map((id) => at.get(`${list}/${id}`)));
    expect(
      pages.map((page) => /Came from (an import|npm run recover)/.exec(page.text)?.[1]),
    ).toEqual(['an import', 'npm run recover', undefined]);
  });

  test('keeps the outcome and the hour of a list when a type is chosen', async () => {
    const { html } = await at.get(`${list}?day=2026-10-05&hour=10&outcome=applied&type=order.paid`);
    const [form = ''] = /<form class="filters".*?<\/form>/s.exec(html) ?? [];
    expect(form).toContain('<input type="hidden" name="outcome" value="applied">');
    expect(form).toContain('<input type="hidden" name="hour" value="10">');
    expect(form).toContain('<option value="order.paid" selected>order.paid</option>');
    expect(form).toMatch(/name="day" type="date" value="2026-10-05"/);
  });

  test('shows one hour of a day, page by page, and the way back to the whole day', async () => {
    await at.recorded(60, (nth) => ({
      webhookId: `hour-${nth}`,
      receivedAt: `2026-10-06T1${nth % 2}:00:00.000Z`,
    }));
    const even = Array.from({ length: 30 }, (_, nth) => `hour-${nth * 2}`);
    const hour = `${list}?day=2026-10-06&hour=10`;
    expect((await allIds(hour)).sort()).toEqual(even.sort());
    const { html } = await at.get(hour);
    expect(html).toMatch(/aria-current="true"><time [^>]+>[^<]*6 Oct[^<]*10:00 UTC</);
    expect(unescaped(/href="([^"]+)">6 October</.exec(html)?.[1])).toBe(`${list}?day=2026-10-06`);
    expect((await at.get(`${list}?day=2026-10-06&hour=12`)).text).toContain(
      'No event on Tuesday, 6 October 2026, 12:00 to 12:59 UTC.',
    );
    // Of no day it is no hour.
    expect((await at.get(`${list}?hour=10`)).html).not.toContain('10:00 UTC<');
  });

  test('finds an event by its webhook id', async () => {
    const found = await at.get(`${list}?webhook=+many-1+`);
    expect(found.location).toBe(`${list}/many-1`);
    expect((await at.get(`${list}?webhook=`)).status).toBe(200);
  });
});

describe('the histogram above the list', () => {
  const today = daysAgo(0);
  const counts = (numbers: Readonly<Record<string, number>>) => ({
    events: { 'order.paid': numbers, 'customer.created': { applied: 4 } },
    emails: {},
    runs: {},
    newContacts: 0,
  });
  const rowsIn = (text: string) => /newest first (.*?) (?:All outcomes)/.exec(text)?.[1];

  beforeAll(async () => {
    const countedAt = new Date().toISOString();
    const day = { countedAt, hours: 24, isFinal: false };
    const { counts: store } = at.parts;
    await store.putDay({ ...day, day: today, counts: counts({ applied: 1_200, skipped: 3 }) });
    await store.putDay({ ...day, day: daysAgo(30), counts: counts({ unchanged: 7 }) });
    await store.putHour({
      hour: `${today}T00`,
      countedAt,
      counts: counts({ applied: 2, dead: 1 }),
    });
  });

  test('has two weeks by outcome, each bar a link to its day, and says it all in a table', async () => {
    const { html, text } = await at.get(list);
    expect(text).toContain('Events per day by outcome, 1,207 in all');
    expect(rowsIn(text)).toMatch(
      /Changed a contact Contact unchanged Skipped Dead \d+ \w+ 1,204 0 3 0$/,
    );
    expect([...html.matchAll(/<a href="[^"]*\?day=[\d-]+" tabindex="-1">/g)]).toHaveLength(14);
    expect(html).toMatch(new RegExp(`<td[^>]*><a href="${list}\\?day=${today}">`));
  });

  test('has the hours of a chosen day, and marks the chosen one', async () => {
    const { html, text } = await at.get(`${list}?day=${today}&hour=00`);
    expect(rowsIn(text)).toMatch(/Dead 00:00 6 0 0 1$/);
    expect([...html.matchAll(/tabindex="-1"><g/g)]).toHaveLength(24);
    expect(html).toContain(
      `<a href="${list}?day=${today}&amp;hour=00" tabindex="-1"><g class="here">`,
    );
  });

  test('shows an old day, whose hours are gone, among its neighbours', async () => {
    const { html } = await at.get(`${list}?day=${daysAgo(30)}`);
    expect(html).toContain(`<a href="${list}?day=${daysAgo(30)}" tabindex="-1"><g class="here">`);
    expect([...html.matchAll(/tabindex="-1"><g/g)]).toHaveLength(14);
  });

  it.each([
    ['type=order.paid', / 1,200 0 3 0$/],
    ['outcome=skipped', /Day Skipped \d+ \w+ 3$/],
    ['type=order.paid&outcome=applied', /Day Changed a contact \d+ \w+ 1,200$/],
  ])('counts only what the list shows: %s', async (query, row) => {
    const { html, text } = await at.get(`${list}?${query}`);
    expect(rowsIn(text)).toMatch(row);
    expect(html).toContain(`href="${list}?${query.replace('&', '&amp;')}&amp;day=${today}"`);
  });

  test('is left out where nothing was counted', async () => {
    const { html } = await at.get(`${list}?day=${daysAgo(80)}`);
    expect(html).not.toContain('histogram');
  });
});

describe('an id of which nothing is recorded', () => {
  test('gets a sentence, and the places where it may be', async () => {
    const { status, text, html } = await at.get(`${list}/${encodeURIComponent('<b>nobody</b>')}`);
    expect(status).toBe(404);
    expect(text).toContain('Nothing is recorded for <b>nobody</b>');
    expect(html).toContain('/console/dead-letters/letter?id=%3Cb%3Enobody');
  });

  test('is said to have failed, where it did', async () => {
    await at.put('Failures', {
      webhookId: 'evt-failed',
      firstReason: 'The table is away.',
      firstAt: '2026-11-23T12:00:00.000Z',
      lastReason: 'It took too long.',
      lastAt: '2026-11-23T13:00:00.000Z',
      attempts: 12,
      isFinal: false,
    });
    const { status, text } = await at.get(`${list}/evt-failed`);
    expect(status).toBe(404);
    expect(text).toContain('Event not recorded');
    expect(text).not.toContain('Event not found');
    expect(text).toContain('It failed 12 times, the last time on 23 Nov 2026');
    expect(text).toContain('It took too long. At first: The table is away.');
  });

  it.each(['x'.repeat(2_100), '%00', '..%2f..%2fetc', 'a%25b?ask=replay'])(
    'is no error where it is %s',
    async (id) => {
      expect((await at.get(`${list}/${id}`)).status).toBe(404);
      expect((await at.post(`${list}/${id}`, { act: 'replay' })).status).toBe(303);
      expect(await at.taken('EVENTS_QUEUE_URL')).toEqual([]);
    },
  );
});
