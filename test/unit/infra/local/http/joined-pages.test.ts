import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { sendJoined, type WholeAnswer } from '#infra/local/http/joined-pages.ts';
import { type LoopbackServer, serveOnLoopback } from '#infra/local/http/loopback-server.ts';

let server: LoopbackServer | undefined;
afterEach(() => server?.stop());

const start = '/console/list.csv';
const csv = 'text/csv; charset=utf-8';

const page = (body: string, next?: string, changed: Partial<WholeAnswer> = {}): WholeAnswer => ({
  status: 200,
  headers: { 'content-type': csv, ...(next && { 'x-console-next': next }) },
  body: Buffer.from(body),
  ...changed,
});

/** Serves these pages by their paths, joined. `asked` are the paths that were read. */
async function serve(pages: Readonly<Record<string, WholeAnswer>>) {
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    const found = pages[path];
    if (!found) throw new Error('There is no such page.');
    return found;
  };
  server = await serveOnLoopback(
    async (request, response) => sendJoined(response, await read(String(request.url)), read),
    0,
    'the test',
  );
  return { url: `${server.address}${start}`, asked };
}

test('joins the pages in order and does not tell of them', async () => {
  const { url } = await serve({
    [start]: page('a\r\n', `${start}?after=1`),
    [`${start}?after=1`]: page('', `${start}?after=2`),
    [`${start}?after=2`]: page('b\r\n'),
  });
  const answer = await fetch(url);
  expect(await answer.text()).toBe('a\r\nb\r\n');
  expect(answer.headers.get('content-type')).toBe(csv);
  expect(answer.headers.get('x-console-next')).toBeNull();
});

test('sends an answer of one page with its length', async () => {
  const { url } = await serve({ [start]: page('Straße') });
  const answer = await fetch(url);
  expect(answer.headers.get('content-length')).toBe('7');
  expect(await answer.text()).toBe('Straße');
});

test.each([
  ['fails', page('', undefined, { status: 500 })],
  ['is of another kind', page('<p>', undefined, { headers: { 'content-type': 'text/html' } })],
  ['leads back', page('b', `${start}?after=1`)],
  ['leads elsewhere', page('b', '//example.com/')],
  ['is not there', page('b', `${start}?after=gone`)],
])('breaks the download off when a later page %s', async (_, second) => {
  const { url } = await serve({
    [start]: page('a\r\n'.repeat(300_000), `${start}?after=1`),
    [`${start}?after=1`]: second,
  });
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
});

test('passes on a first page that failed as it is', async () => {
  const { url, asked } = await serve({
    [start]: page('Not now.', `${start}?after=1`, { status: 503 }),
  });
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([503, 'Not now.']);
  expect(asked).toEqual([start]);
});

test('follows nothing for a HEAD request', async () => {
  const { url, asked } = await serve({ [start]: page('a', `${start}?after=1`) });
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect(asked).toEqual([start]);
});

test('reads no further than the reader does', async () => {
  const body = Buffer.alloc(1_000_000, 'x');
  const { url, asked } = await serve(
    Object.fromEntries(
      Array.from({ length: 200 }, (_, nth) => [
        nth === 0 ? start : `${start}?after=${nth}`,
        page('', nth < 199 ? `${start}?after=${nth + 1}` : undefined, { body }),
      ]),
    ),
  );
  const answer = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
  await once(answer, 'readable');
  answer.destroy();
  await server?.stop();
  expect(asked.length).toBeLessThan(100);
});

test('a long answer arrives whole at a slow reader', async () => {
  const pages = Array.from({ length: 30 }, (_, nth) => `${nth}:${'y'.repeat(100_000)}\n`);
  const { url } = await serve(
    Object.fromEntries(
      pages.map((body, nth) => [
        nth === 0 ? start : `${start}?after=${nth}`,
        page(body, nth < 29 ? `${start}?after=${nth + 1}` : undefined),
      ]),
    ),
  );
  const answer = await new Promise<IncomingMessage>((resolve) => get(url, resolve));
  expect(await text(answer)).toBe(pages.join(''));
});
