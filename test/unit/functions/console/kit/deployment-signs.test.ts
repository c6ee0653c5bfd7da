import { Hono } from 'hono';
import { describe, expect, it, vi } from 'vitest';
import { deploymentSigns } from '#functions/console/kit/deployment-signs.ts';
import type { ConsoleEnv } from '#functions/console/kit/page.ts';

/** A console whose only page tells how often the connection had been read when the page began. */
function consoleAtWork() {
  const read = vi.fn(async () => undefined);
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const queueCounts = async () => ({ visible: 0, hidden: 0, delayed: 0 });
  const app = new Hono<ConsoleEnv>();
  app.use(
    deploymentSigns({
      ...{ stage: 'test', connections: { read }, queueCounts, queues: [], log },
      now: () => new Date(0),
    }),
  );
  app.get('/', async (c) => c.text(`${read.mock.calls.length}`));
  app.post('/look', (c) => c.text('a preview'));
  app.post('/act', (c) => {
    c.set('isAct', true);
    return c.text('done');
  });
  return { app, read };
}

describe('the signs of the deployment', () => {
  it('are read while the page is made', async () => {
    const { app } = consoleAtWork();

    expect(await (await app.request('/')).text()).toBe('1');
  });

  it('are read once for the pages of a minute', async () => {
    const { app, read } = consoleAtWork();

    await app.request('/');
    await app.request('/');

    expect(read).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an act', '/act', 2],
    ['a preview, which does nothing', '/look', 1],
  ])('after %s', async (_, path, times) => {
    const { app, read } = consoleAtWork();

    await app.request('/');
    await app.request(path, { method: 'POST' });
    await app.request('/');

    expect(read).toHaveBeenCalledTimes(times);
  });
});
