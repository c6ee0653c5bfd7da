import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idInPath, pathId } from '#functions/console/kit/in-url.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { behindApiGateway } from './behind-api-gateway.ts';
import { startConsoleWithEvents } from './events-at-work.ts';

let at: Awaited<ReturnType<typeof startConsoleWithEvents>>;
let browser: ReturnType<typeof consoleVisitor>;
beforeAll(async () => {
  at = await startConsoleWithEvents();
  browser = consoleVisitor(behindApiGateway(at.app));
  // Only a payload that the page does not show whole has a link.
  const name = 'x'.repeat(45_000);
  for (const webhookId of ids) await at.happen('customer.created', { webhookId, name });
});
afterAll(() => at.stop());

const unescaped = (url = '') =>
  url.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');

const ids = [
  '6f1c1f0e-6c0a-4a44-9d0e-0a0c7b3f4a10',
  'a/b',
  '/a//b/',
  '..',
  '.',
  '../../audience',
  'a?b=c&d',
  'a#b',
  'a%41b',
  '100%',
  '%2F',
  '%',
  'search',
  '~abc',
  `~${Buffer.from('a b').toString('base64url')}`,
  'a b + c',
  '<b>"x"</b>\'',
  '\\;=,:@!$()*[]{}|^`',
  'x'.repeat(2_048),
  '%'.repeat(2_048),
];

const named = ids.map((id) => [id.slice(0, 40), id] as const);

async function pageOf(webhookId: string) {
  const found = await browser.get(`/console/events?webhook=${encodeURIComponent(webhookId)}`);
  return browser.get(found.location ?? '');
}

describe('an event whose webhook id is', () => {
  it.each(named)('%s has a page, and can be replayed from it', async (_, webhookId) => {
    const shown = await pageOf(webhookId);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain(`Webhook ${webhookId}`.replaceAll(/\s+/g, ' '));

    const ask = unescaped(/href="([^"]+ask=replay)"/.exec(shown.html)?.[1]);
    const { status, html } = await browser.get(ask);
    expect(status).toBe(200);
    const action = unescaped(
      /action="([^"]+)"><?\s*<input type="hidden" name="token"/.exec(html)?.[1],
    );
    await browser.post(action, { act: 'replay' });
    const [message] = await at.taken('EVENTS_QUEUE_URL');
    expect(JSON.parse(message?.Body ?? '{}')).toMatchObject({ webhookId });
  });

  it.each(named)('%s has a link to its long payload', async (_, webhookId) => {
    const { html } = await pageOf(webhookId);
    const tab = unescaped(/href="([^"]+view=payload)"/.exec(html)?.[1]);
    const shown = await browser.get(tab);
    const payload = unescaped(/href="([^"]+ask=payload)"/.exec(shown.html)?.[1]);
    expect((await browser.get(payload)).html).toContain('"type":"customer.created"');
  });
});

it('the list of events leads to each of them, whatever its webhook id', async () => {
  const { html } = await browser.get('/console/events');
  const links = [...html.matchAll(/class="whole" href="([^"]+)"/g)].map(([, url]) =>
    unescaped(url),
  );
  expect(links).toHaveLength(ids.length);
  for (const link of links) expect((await browser.get(link)).status).toBe(200);
});

it('an id comes back from the path that it was put into, and one typed by hand is itself', () => {
  for (const id of ids) expect(idInPath(pathId(id))).toBe(id);
  for (const typed of ['~', '~!', '~YWJj', 'a b']) expect(idInPath(typed)).toBe(typed);
});

it('an id that cannot be read leads to a page that says so', async () => {
  const { status, text } = await browser.get('/console/events/~_w');
  expect(status).toBe(404);
  expect(text).toContain('Event not found');
});
