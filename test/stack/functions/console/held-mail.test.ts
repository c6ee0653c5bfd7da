import { afterAll, beforeAll, expect, it } from 'vitest';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { startConsole } from './console-at-work.ts';

let site: Awaited<ReturnType<typeof startConsole>>;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site.stop());

it('every page says that all mail is held, by whom and why, until it is released', async () => {
  const hold = dynamoHold(site.db, site.tableOf('Settings'));
  const at = '2026-11-23T12:00:00.000Z';
  const bodyOf = async (path: string) => (await site.get(path)).html;
  expect(await bodyOf('/console/audience')).not.toContain('All mail is held');
  await hold.hold('wrong <prices>', 'grace', at);
  for (const path of ['/console/audience', '/console/workflows', '/console/no-such-page']) {
    expect(await bodyOf(path)).toMatch(/All mail is held by grace since .*wrong &lt;prices&gt;\./s);
  }
  await hold.release('grace', at);
  expect(await bodyOf('/console/workflows')).not.toContain('All mail is held');
});
