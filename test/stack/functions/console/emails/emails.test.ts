import { afterAll, beforeAll, expect, it } from 'vitest';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { startConsole } from '../console-at-work.ts';

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

it('mail is held and released on the page Emails, each once, with the reason', async () => {
  const hold = dynamoHold(site.db, site.tableOf('Settings'));
  const path = '/console/emails';
  expect((await site.get(path)).text).toContain('No email waits for anything.');
  const silent = await site.post(`${path}/hold`, { reason: '  ' });
  expect(silent).toMatchObject({ status: 422 });
  expect(silent.text).toContain('Say why');
  expect((await hold.read())?.isOn).toBe(false);

  const held = await site.submit(`${path}/hold`, { reason: 'wrong\nprices' });
  expect(held.text).toContain('within two seconds no email goes out any more');
  expect(await hold.read()).toMatchObject({
    isOn: true,
    reason: 'wrong prices',
    by: 'the local console',
  });
  await site.put('Emails', {
    ledgerKey: 'key',
    state: 'waiting',
    heldSince: '2026-11-23T12:00:00.000Z',
    dueAt: 'held 2026-11-23T12:00:00.000Z',
    dueShard: '0',
  });
  expect((await site.get(path)).text).toContain('1 email is put aside.');
  expect((await site.submit(`${path}/hold`, { reason: 'again' })).text).toContain('held already');
  expect(await hold.read()).toMatchObject({ reason: 'wrong prices' });

  expect((await site.submit(`${path}/release`)).text).toContain('Mail goes out again.');
  expect(await hold.read()).toMatchObject({ isOn: false, releasedBy: 'the local console' });
  expect((await site.submit(`${path}/release`)).text).toContain('Mail is not held');
  const asked = await site.postWithToken(`${path}/hold`, 'x'.repeat(24), { reason: 'no' });
  expect(asked.status).toBe(403);
  expect((await hold.read())?.isOn).toBe(false);
});
