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
    expect(text).toContain('No event from');
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
    // And one for whether all mail is held, which every page says.
    expect(queries).toBe(14 * 8 + 1);
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
    expect(text).toMatch(/10:00:07.* order\.paid applied Ann <b>Buyer ann@example\.com \$[\d.]+ 1/);
    expect(html).not.toContain('Ann <b>Buyer');
    expect(html).toContain(
      `href="${list}?type=order.paid&amp;outcome=applied&amp;day=2026-10-05">order.paid</a>`,
    );
    expect(html).toMatch(/aria-current="true">applied<\/a>/);
  });

  test('finds an event by its webhook id', async () => {
    const found = await at.get(`${list}?webhook=+many-1+`);
    expect(found.location).toBe(`${list}/many-1`);
    expect((await at.get(`${list}?webhook=`)).status).toBe(200);
  });
});

describe('an id of which nothing is recorded', () => {
  test('gets a sentence, and the places where it may be', async () => {
    const { status, text, html } = await at.get(`${list}/${encodeURIComponent('<b>nobody</b>')}`);
    expect(status).toBe(404);
    expect(text).toContain('Nothing is recorded of <b>nobody</b>');
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
    expect(text).toContain('It failed 12 times');
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
