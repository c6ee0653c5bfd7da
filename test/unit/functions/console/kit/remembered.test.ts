import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { setUpSeen } from '#functions/console/kit/remembered.ts';

/** A browser that opens the overview: whether it is told that all is set up. */
function browser() {
  let cookie = '';
  let maxAge = 0;
  const app = new Hono();
  app.get('/console', (c) => c.json(setUpSeen(c, c.req.query('isSetUp') === 'yes')));
  return {
    async opens(isSetUp: 'yes' | 'no'): Promise<unknown> {
      const answer = await app.request(`/console?isSetUp=${isSetUp}`, { headers: { cookie } });
      const set = answer.headers.get('set-cookie');
      if (set !== null) {
        cookie = set.split(';')[0] ?? '';
        maxAge = Number(/Max-Age=(\d+)/.exec(set)?.[1]);
      }
      return answer.json();
    },
    forgets() {
      cookie = '';
    },
    kept: () => maxAge,
  };
}

it('tells who went the whole way that all is set up, for an hour, however often the page is opened', async () => {
  const { opens, kept, forgets } = browser();
  expect(await opens('no')).toBe(false);
  expect(await opens('yes')).toBe(true);
  expect(kept()).toBe(3_600);
  expect(await opens('yes')).toBe(true);
  forgets();
  expect(await opens('yes')).toBe(false);
});

it('does not tell it to who has never seen a step missing', async () => {
  const { opens } = browser();
  expect(await opens('yes')).toBe(false);
  expect(await opens('yes')).toBe(false);
});

it('does not tell it while a step is missing again', async () => {
  const { opens, kept } = browser();
  await opens('no');
  await opens('yes');
  expect(await opens('no')).toBe(false);
  expect(kept()).toBe(2_592_000);
});
