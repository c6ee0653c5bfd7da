import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { startConsoleProxy } from '#infra/commands/console-door/proxy.ts';
import { freePort } from '#infra/local/http/loopback-server.ts';
import { openedConsole } from './gateway-at-work.ts';

test('the address that is printed opens the console as often as one likes', async () => {
  const { proxy, port, send, start, cookie } = await openedConsole();
  expect(proxy.url).toMatch(new RegExp(`^http://localhost:${port}/start\\?token=[\\w-]{43}$`));
  expect(start).toMatchObject({ status: 303, headers: { location: '/console' } });
  expect(start.headers['set-cookie']).toEqual([
    expect.stringMatching(
      /^polar-audience-door-\d+=[\w-]{43}; Path=\/console; HttpOnly; SameSite=Lax$/,
    ),
  ]);
  expect(proxy.url).not.toContain(cookie.split('=')[1]);
  expect(await send('/console', { cookie })).toMatchObject({ status: 200, text: '<p>Hello' });
  expect((await send(new URL(proxy.url).pathname + new URL(proxy.url).search)).status).toBe(303);
});

test('the address that a browser is started with, which others can see, opens it once', async () => {
  const { proxy, send } = await openedConsole();
  const path = new URL(proxy.urlForOnce).pathname + new URL(proxy.urlForOnce).search;
  expect(proxy.urlForOnce).not.toBe(proxy.url);
  expect((await send(path)).status).toBe(303);
  expect(await send(path)).toMatchObject({
    status: 401,
    text: expect.stringContaining('Open the address that it printed'),
  });
});

test('a page of its own looks as its policy lets it', async () => {
  const { send } = await openedConsole();
  const { headers, text } = await send('/console');
  const [, style = ''] = /<style>(.+)<\/style>/.exec(text) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(style).toContain('max-width');
  expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
});

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

test.runIf(hasIpv6)('the console answers at both addresses of localhost', async () => {
  const { port } = await openedConsole();
  for (const host of ['127.0.0.1', '[::1]']) {
    const answer = await fetch(`http://${host}:${port}/start?token=t`, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe(`http://localhost:${port}/start?token=t`);
  }
});

test.runIf(hasIpv6)(
  'it does not start where somebody else waits at the other address of localhost for its token',
  async () => {
    const port = await freePort();
    const other = createServer().listen(port, '::1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const starting = startConsoleProxy({
      port,
      consoleUrl: 'https://api.example/console',
      signing: {
        region: 'eu-west-1',
        credentials: async () => Promise.reject(new Error('unasked')),
      },
      policyArn: undefined,
      whoAmI: async () => undefined,
    });
    await expect(starting).rejects.toThrow(`Port ${port}, which the console needs, is in use`);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  },
);

test.each<[string, string, Record<string, string>]>([
  ['no cookie', '/console', {}],
  ['a wrong cookie', '/console/audience', { cookie: 'polar-audience-door-4747=wrong' }],
  ['no token', '/start', {}],
  ['a wrong token', '/start?token=wrong', {}],
])('whoever comes with %s gets in nowhere', async (_, path, headers) => {
  const { send, invoked } = await openedConsole();
  const answer = await send(path, headers);
  expect(answer).toMatchObject({
    status: 401,
    text: expect.stringContaining('Open the address that it printed'),
  });
  expect(answer.headers).not.toHaveProperty('set-cookie');
  expect(invoked).toEqual([]);
});

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

test('the return from Polar is the only link of another site that is followed', async () => {
  const { send, as, invoked } = await openedConsole();
  const foreign = as({ ...navigation, 'sec-fetch-site': 'cross-site' });
  expect((await send('/console/polar/callback?code=c&state=s', foreign)).status).toBe(200);
  expect((await send('/console/polar', foreign)).status).toBe(403);
  expect((await send('/console/polar/callback', foreign, 'code=c')).status).toBe(403);
  expect(invoked.map(({ url }) => url)).toEqual(['/console/polar/callback?code=c&state=s']);
});

test.each<[string, Record<string, string>]>([
  ['another origin', { origin: 'https://evil.example' }],
  ['a hidden origin', { origin: 'null' }],
  ['another port of this machine', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a name that leads here', { host: 'evil.example:4747' }],
  ['a tunnel', { 'x-forwarded-host': 'evil.example' }],
])('a form of %s is refused, even with the cookie', async (_, headers) => {
  const { send, as, invoked } = await openedConsole();
  expect(await send('/console/settings', as(headers), 'a=1')).toMatchObject({
    status: 403,
    text: expect.stringContaining('another site sent you here'),
  });
  expect(invoked).toEqual([]);
});

test('who calls it by another name of this machine is led to localhost, where Polar returns to', async () => {
  const { send, as, port } = await openedConsole();
  const host = `127.0.0.1:${port}`;
  expect(await send('/start?token=t', { host })).toMatchObject({
    status: 303,
    headers: { location: `http://localhost:${port}/start?token=t` },
  });
  expect((await send('/console', as({ host }), 'a=1')).status).toBe(403);
  expect((await send('/')).headers).toMatchObject({ location: '/console' });
});

test.each([
  ['/webhooks/polar', 404],
  ['/consoles', 404],
  ['/console/../webhooks/polar', 404],
  ['/console/%2e%2e/webhooks/polar', 404],
  ['/console/..%2fwebhooks%2fpolar', 400],
  ['/console/%E0%A4%A', 400],
  ['//evil.example/console', 400],
  ['http://evil.example/console', 400],
])('nothing is asked for by the path %s', async (path, status) => {
  const { send, as, invoked } = await openedConsole();
  expect((await send(path, as())).status).toBe(status);
  expect(invoked).toEqual([]);
});

test('only reading and forms come through, of a bounded size', async () => {
  const { send, as, invoked } = await openedConsole();
  expect((await send('/console', as(), '', 'DELETE')).status).toBe(405);
  expect((await send('/console', as(), 'a'.repeat(6 * 1_048_576 + 1))).status).toBe(413);
  expect(invoked).toEqual([]);
  expect((await send('/console', as(), undefined, 'HEAD')).status).toBe(200);
});
