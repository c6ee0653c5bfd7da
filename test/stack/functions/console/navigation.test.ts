import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { startConsole } from './console-at-work.ts';

let at: Awaited<ReturnType<typeof startConsole>>;

beforeAll(async () => {
  at = await startConsole();
});
afterAll(() => at.stop());

const start = new Date('2026-11-29T12:00:00Z');

/** A console of a stage of its own, that nobody has opened yet, and a hand to turn its clock with. */
function consoleOf(stage: string, parts: Partial<typeof at.parts> = {}) {
  let now = start;
  const env = { ...at.parts.env, STAGE: stage };
  const app = consoleApp({ ...at.parts, env, now: () => now, ...parts });
  const { get, post } = consoleVisitor(app);
  return {
    get,
    post,
    pass: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1_000);
    },
  };
}

describe('the navigation', () => {
  test('leads to every section, and says which one is open', async () => {
    const { html } = await at.get('/console');
    const links = [...html.matchAll(/<li><a href="([^"]+)"/g)].map(([, href = '']) => href);
    // The rail beside a wide page, and the menu above a narrow one.
    const sections = [...new Set(links)];
    expect(links).toEqual([...sections, ...sections]);
    expect(sections).toContain('/console');
    for (const href of sections) {
      const { status, html: there } = await at.get(href);
      const here = [...there.matchAll(/<li><a href="([^"]+)" aria-current="page"/g)];
      expect([href, status, ...here.map(([, open]) => open)]).toEqual([href, 200, href, href]);
    }
  });

  test.each([
    ['/console/', '/console'],
    ['/console//', '/console'],
    ['/console/?period=24h', '/console?period=24h'],
    ['/console/events/?day=2026-11-29&type=a%26b', '/console/events?day=2026-11-29&type=a%26b'],
    ['/console/events/a%20b/', '/console/events/a%20b'],
    ['/console//evil.example/', '/console//evil.example'],
    ['/console/\\evil.example/', '/console//evil.example'],
  ])('leads from %s to the page without the slash', async (path, location) => {
    expect(await at.get(path)).toMatchObject({ status: 308, location, html: '' });
  });

  test.each(['//evil.example/', '/console/..//evil.example/', '/consoles/'])(
    'leads from %s nowhere',
    async (path) => {
      expect(await at.get(path)).toMatchObject({ status: 404, location: null });
    },
  );

  test('sends no form on from an address with a slash', async () => {
    expect((await at.post('/console/emails/hold/', { reason: 'a test' })).status).toBe(404);
  });

  test.each([
    ['prod', 'live', 'Overview · Polar Audience'],
    ['staging', 'trial', 'Overview · Polar Audience (staging)'],
    ['local', 'local', 'Overview · Polar Audience (local)'],
  ])('tells %s by a word, a colour and the title', async (stage, colour, title) => {
    const { html, text } = await consoleOf(stage).get('/console');
    expect(text).toContain(`Stage: ${stage}`);
    expect(html).toContain(`<span class="stage ${colour}">`);
    expect(html).toContain(`<title>${title}</title>`);
  });

  test('has the organization beside the name once one is connected', async () => {
    const ours = consoleOf('prod');
    const before = await ours.get('/console');
    expect(before.text).not.toContain('Organization:');
    expect(before.text).toContain('Polar not connected Dead letters');
    const connection: Connection = {
      ...{ version: 1, server: 'production', organizationId: 'o', endpointId: 'e', url: 'u' },
      ...{ organizationName: '<b>North</b>light', organizationSlug: 'northlight' },
      ...{ apiVersion: 'v', connectedAt: start.toISOString(), by: 'ada', method: 'token' },
    };
    await at.parts.connections.save(connection, undefined);
    ours.pass(60);
    const { text } = await ours.get('/console');
    expect(text).toContain('Organization: <b>North</b>light');
    expect(text).not.toContain('not connected');
  });

  test.each([
    ['connected before watch has looked', undefined, 'connected', 'dot good"'],
    ['connected where all was well', [], 'connected', 'dot good"'],
    ['in need of somebody', ['disabled'], 'needs attention', 'dot bad"'],
  ])('says of Polar that it is %s', async (_, findings, words, dot) => {
    const { connections } = at.parts;
    const known = await connections.read();
    if (!known) throw new Error('There is no connection.');
    await connections.noteLook(known, findings && { at: start.toISOString(), findings });
    const { html, text } = await consoleOf('prod').get('/console/log');
    expect(text).toContain(`Operate Polar ${words} Dead letters`);
    expect(html).toContain(`<span class="${dot}`);
  });

  test('says that Polar needs attention while a gap is open, although watch finds nothing', async () => {
    const { connections } = at.parts;
    const known = await connections.read();
    if (!known) throw new Error('There is no connection.');
    const gap = { since: start.toISOString(), known: 'look' } as const;
    await connections.noteLook(known, { at: start.toISOString(), findings: [] });
    await connections.noteGap(known, gap);
    const shown = async () => (await consoleOf('prod').get('/console/log')).text;
    expect(await shown()).toContain('Operate Polar needs attention');
    await connections.closeGap(known, gap);
    expect(await shown()).toContain('Operate Polar connected');
  });

  test('counts the dead letters of all queues once a minute, and at once after an act', async () => {
    const ours = consoleOf('prod');
    expect((await ours.get('/console')).text).not.toContain('waiting');
    await at.send('EVENTS_DEAD_LETTERS_URL', '{}');
    await at.send('MAIL_DEAD_LETTERS_URL', '{}');
    expect((await ours.get('/console')).text).not.toContain('waiting');
    ours.pass(60);
    expect((await ours.get('/console')).text).toContain('Dead letters 2 waiting');

    await at.taken('EVENTS_DEAD_LETTERS_URL');
    expect((await ours.get('/console')).text).toContain('Dead letters 2 waiting');
    await ours.post('/console/emails/hold', { reason: 'a test' });
    expect((await ours.get('/console')).text).toContain('Dead letters 1 waiting');
  });

  test('keeps no page back where it cannot be told what is what', async () => {
    const unread: unknown[] = [];
    const read = () => Promise.reject(new Error('no answer'));
    const ours = consoleOf('prod', {
      connections: { ...at.parts.connections, read },
      queues: [{ name: 'events', url: `${at.urlOf('EVENTS_QUEUE_URL')}-none`, sourceUrl: '' }],
      log: {
        ...at.parts.log,
        error: (_, { sign } = {}) => sign !== undefined && unread.push(sign),
      },
    });
    const { status, text } = await ours.get('/console');
    expect(status).toBe(200);
    expect(text).toContain('Operate Polar Dead letters Test event');
    expect(unread.sort()).toEqual(['connection', 'dead letters']);
  });
});
