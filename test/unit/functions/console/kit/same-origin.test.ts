import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { sameOrigin, visitor } from '#functions/console/kit/guard.ts';
import type { ConsoleEnv } from '#functions/console/kit/page.ts';
import { consoleHost, consoleVisitor } from '#test/support/console-visitor.ts';

const path = '/console/audience';

function opened() {
  const app = new Hono<ConsoleEnv>();
  app.use(visitor, sameOrigin);
  app.get(path, (c) => c.text(c.get('token')));
  app.post(path, (c) => c.text('done'));
  const { cookies, get, post } = consoleVisitor(app);
  const submit = async (headers: Readonly<Record<string, string>> = {}) => {
    const token = (await get(path)).html;
    return app.request(`http://${consoleHost}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      headers: { host: consoleHost, cookie: `console-token=${token}`, ...headers },
    });
  };
  return { cookies, get, post, submit };
}

test.each<[string, Record<string, string>]>([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ['another origin', { origin: 'http://localhost:3000' }],
  ['a hidden origin', { origin: 'null' }],
])('a form of %s is refused, even with the cookie and its token', async (_, headers) => {
  const { submit } = opened();
  expect((await submit(headers)).status).toBe(403);
  expect(await (await submit({ origin: `http://${consoleHost}` })).text()).toBe('done');
});

test.each(['', 'short', 'a'.repeat(25), '<script>'])(
  'the cookie %j, which another port may have left, is replaced, and forms go on working',
  async (left) => {
    const { cookies, get, post } = opened();
    cookies.set('console-token', left);
    await get(path);
    expect(cookies.get('console-token')).toMatch(/^[\w-]{24}$/);
    expect((await post(path)).html).toBe('done');
  },
);

test.each([
  ['without the cookie', {}],
  ['with another token', { cookie: `console-token=${'a'.repeat(24)}` }],
])('a form %s is refused, on a page of the console', async (_, headers) => {
  const { submit } = opened();
  const answer = await submit({ cookie: '', ...headers });
  const text = await answer.text();

  expect(answer.status).toBe(403);
  expect(text).toContain('<h1>This form is out of date</h1>');
  expect(text).toMatch(/Go back, reload the page/);
  expect(text).not.toContain('done<');
});
