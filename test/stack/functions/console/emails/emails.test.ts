import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shardOf } from '#shared/store/dynamo.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { activeWorkflow, startConsoleWithEvents } from '../events/events-at-work.ts';

let site: Awaited<ReturnType<typeof startConsoleWithEvents>>;
beforeAll(async () => {
  site = await startConsoleWithEvents();
});
afterAll(() => site.stop());

it('every page says that all mail is held, by whom and why, until it is released', async () => {
  const hold = dynamoHold(site.db, site.tableOf('Settings'));
  const at = '2026-11-23T12:00:00.000Z';
  const bodyOf = async (path: string) => (await site.get(path)).html;
  expect(await bodyOf('/console/audience')).not.toContain('All mail is held');
  await hold.hold('wrong <prices>', 'grace', at);
  for (const path of ['/console/audience', '/console/workflows', '/console/no-such-page']) {
    expect(await bodyOf(path)).toMatch(
      /All mail has been held by grace since .*wrong &lt;prices&gt;\./s,
    );
  }
  await hold.release('grace', at);
  expect(await bodyOf('/console/workflows')).not.toContain('All mail is held');
});

it('mail is held and released on the page Emails, each once, with the reason', async () => {
  const hold = dynamoHold(site.db, site.tableOf('Settings'));
  const path = '/console/emails';
  const before = await site.get(path);
  expect(before.text).toContain('No emails yet.');
  expect(before.html).not.toContain('class="filters"');
  expect((await site.get(`${path}?fate=bounced`)).html).toContain('class="filters"');
  const silent = await site.post(`${path}/hold`, { reason: '  ' });
  expect(silent).toMatchObject({ status: 422 });
  expect(silent.text).toContain('Enter a reason');
  expect((await hold.read())?.isOn).toBe(false);

  const held = await site.submit(`${path}/hold`, { reason: 'wrong\nprices' });
  expect(held.text).toContain('Applies within two seconds');
  expect(await hold.read()).toMatchObject({
    isOn: true,
    reason: 'wrong prices',
    by: 'local',
  });
  await site.put('Emails', {
    ledgerKey: 'key',
    state: 'waiting',
    heldSince: '2026-11-23T12:00:00.000Z',
    dueAt: 'held 2026-11-23T12:00:00.000Z',
    dueShard: '0',
  });
  const { text } = await site.get(path);
  expect(text.match(/\bmail is held/g)).toHaveLength(1);
  expect(text).toMatch(
    /All mail is held Held by a local user since .*: wrong prices\. 1 email is held\./,
  );
  expect((await site.submit(`${path}/hold`, { reason: 'again' })).text).toContain('already held');
  expect(await hold.read()).toMatchObject({ reason: 'wrong prices' });

  expect((await site.submit(`${path}/release`)).text).toContain('All mail is released.');
  expect(await hold.read()).toMatchObject({ isOn: false, releasedBy: 'local' });
  await site.put('Emails', { ledgerKey: 'key', state: 'failed' });
  expect((await site.submit(`${path}/release`)).text).toContain('Mail isn’t held');
  const asked = await site.postWithToken(`${path}/hold`, 'x'.repeat(24), { reason: 'no' });
  expect(asked.status).toBe(403);
  expect((await hold.read())?.isOn).toBe(false);
});

describe('the list of emails', () => {
  const path = '/console/emails';
  const workflow = activeWorkflow();
  let email: (ledgerKey: string, given: Readonly<Record<string, unknown>>) => Promise<void>;

  beforeAll(async () => {
    await site.parts.workflows.save({ ...workflow, version: 1 });
    const { customerId, contactId } = await site.happen('customer.created', {
      email: 'grace@example.com',
      name: 'Grace <i>Hopper',
      webhookId: 'evt-grace',
      workflows: [workflow],
    });
    email = async (ledgerKey, given) => {
      await site.put('Emails', {
        ledgerKey,
        workflowId: 'welcome',
        workflowVersion: 1,
        workflowShard: `${shardOf(ledgerKey)}#welcome`,
        webhookId: 'evt-grace',
        customerId,
        contactId,
        updatedAt: '2026-11-20T10:00:00.000Z',
        ...given,
      });
    };
    const at = (second: number) => `2026-11-20T10:00:0${second}.000Z`;
    const feedback = { sentAt: at(0), deliveredAt: at(1) };
    await email('arrived', { state: 'sent', createdAt: at(1), feedback });
    await email('back', {
      state: 'sent',
      createdAt: at(2),
      feedback: { ...feedback, bouncedAt: at(3) },
    });
    await email('spam', {
      state: 'sent',
      createdAt: at(3),
      feedback: { ...feedback, complainedAt: at(4) },
    });
    await email('taken', { state: 'sent', createdAt: at(4) });
    await email('no', { state: 'blocked', reason: 'Too <b>old', createdAt: at(5) });
    await email('lost', {
      state: 'unknown',
      createdAt: at(6),
      dueAt: at(9),
      dueShard: shardOf('lost'),
    });
  });

  const keysIn = (html: string) =>
    [...html.matchAll(/\/console\/emails\/mail\?key=([\w-]+)/g)].map(([, key]) => key);

  it('shows all mails, the newest first, to whom and what became of each', async () => {
    const { html, text } = await site.get(path);
    expect(keysIn(html)).toEqual(['lost', 'no', 'taken', 'spam', 'back', 'arrived']);
    expect(text).toContain('Grace <i>Hopper');
    expect(text).toContain('Too <b>old');
    expect(html).not.toContain('<i>Hopper');
    expect(html).toContain('<span class="badge bad">bounced</span>');
    expect(html.match(/class="badge good"/g)).toHaveLength(1);
    expect(text).toContain('1 email has an unknown outcome.');
  });

  it.each([
    ['delivered', ['arrived']],
    ['bounced', ['back']],
    ['complained', ['spam']],
    ['sent', ['taken']],
    ['blocked', ['no']],
    ['unknown', ['lost']],
    ['rejected', []],
    ['held', []],
  ])('shows those that ended as %s, and no others', async (fate, keys) => {
    expect(keysIn((await site.get(`${path}?fate=${fate}`)).html)).toEqual(keys);
  });

  it.each([
    ['workflow=welcome', 6],
    ['workflow=other', 0],
    ['day=2026-11-20', 6],
    ['day=2026-11-19', 0],
    ['before=2026-11-20T10:00:03.000Z', 2],
    ['fate=%3Cscript%3E&day=x&before=y', 6],
  ])('with %s shows %i of them', async (query, count) => {
    const { status, html } = await site.get(`${path}?${query}`);
    expect(status).toBe(200);
    expect(keysIn(html)).toHaveLength(count);
  });

  it('shows the others where one is not as this version writes it', async () => {
    await email('later', {
      ...{ state: 'of a later version', createdAt: '2026-11-20T10:00:08.000Z' },
      ...{ dueAt: 'now', dueShard: shardOf('later') },
    });
    for (const shown of [path, '/console/workflows/welcome', '/console']) {
      expect(await site.get(shown)).toMatchObject({ status: 200 });
    }
    expect(keysIn((await site.get(path)).html)).toContain('arrived');
    await site.db.send(
      new DeleteCommand({ TableName: site.tableOf('Emails'), Key: { ledgerKey: 'later' } }),
    );
  });

  it('asks on the way from the page of one whom it is to, and comes back to that page', async () => {
    const page = `${path}/mail?key=lost`;
    const { html } = await site.get(page);
    const ask = /href="([^"]+)">Mark as sent/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const asked = await site.get(ask);
    expect(asked.text).toContain('To grace@example.com');
    expect(asked.html).toContain(`<a class="button" href="${page}">Cancel</a>`);
    const done = await site.post('/console/events/evt-grace', {
      ...{ act: 'mark-sent', email: 'no-such', back: 'email' },
    });
    expect(done.location).toContain(`${path}/mail?key=no-such`);
  });

  it('settles one with an unknown fate, and comes back to the others', async () => {
    const { html } = await site.get(`${path}?fate=unknown`);
    const ask = /href="([^"]+)">Mark as sent/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const asked = await site.get(ask);
    expect(asked.html).toContain('name="back" value="emails"');
    const done = await site.post('/console/events/evt-grace', {
      act: 'mark-sent',
      email: 'lost',
      back: 'emails',
    });
    expect(done.location).toContain(`${path}?fate=unknown`);
    expect(await site.parts.emails.find('lost')).toMatchObject({ state: 'sent' });
  });

  it('shows one mail, rendered again from its event, and says so', async () => {
    const { text, html, headers } = await site.get(`${path}/mail?key=back`);
    expect(text).toContain('Email from Welcome <b>all</b>');
    expect(text).toContain('the recipient’s mail server refused it.');
    expect(text).toContain('Rendered again from its event. What was sent may differ.');
    expect(html).toContain('sandbox="allow-same-origin" srcdoc="');
    expect(html).toContain('data-copy="back"');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('says why a mail cannot be rendered', async () => {
    await email('gone', { state: 'sent', createdAt: '2026-11-19T00:00:00Z', webhookId: 'gone' });
    const { text, html } = await site.get(`${path}/mail?key=gone`);
    expect(text).toContain('It can’t be shown. Its event is no longer kept.');
    expect(text).toContain('Event gone, no longer kept');
    expect(html).not.toContain('What triggered it');
    expect((await site.get(`${path}/mail?key=none`)).status).toBe(404);
  });

  it('shows those of a workflow that is gone, under its name, from the moment it goes', async () => {
    const other = activeWorkflow({ workflowId: 'other', name: 'Goodbye <u>you', version: 1 });
    await site.parts.workflows.save(other);
    const of = { workflowId: 'other', workflowShard: `${shardOf('farewell')}#other` };
    await email('farewell', { ...of, state: 'failed', createdAt: '2026-11-21T10:00:00.000Z' });
    const top = async (query = '') => (await site.get(`${path}${query}`)).html;
    expect(await top()).toContain('<a href="/console/workflows/other">Goodbye &lt;u&gt;you</a>');

    await site.parts.workflows.remove(other);
    const html = await top();
    expect(keysIn(html)[0]).toBe('farewell');
    const link = '<a href="/console/workflows/other/versions">Goodbye &lt;u&gt;you (removed)</a>';
    expect(html).toContain(link);
    expect(keysIn(await top('?workflow=other'))).toEqual(['farewell']);
    expect(html).toContain('<option value="other">Goodbye &lt;u&gt;you (removed)</option>');
    expect((await site.get('/console/workflows/other/versions')).status).toBe(200);
    const { text } = await site.get(`${path}/mail?key=farewell`);
    expect(text).toContain('Goodbye <u>you (removed), version');
  });

  it('counts what a workflow sent in the last 24 hours that was removed since', async () => {
    const brief = activeWorkflow({ workflowId: 'brief', name: 'Brief', version: 1 });
    await site.parts.workflows.save(brief);
    const of = { workflowId: 'brief', workflowShard: `${shardOf('short')}#brief` };
    const createdAt = new Date(site.parts.now().getTime() - 60_000).toISOString();
    await email('short', { ...of, state: 'failed', createdAt });
    const failed = async () =>
      /Last 24 hours: .*?(\d+) failed/.exec((await site.get(path)).text)?.[1];
    const before = await failed();
    expect(before).toBeDefined();
    await site.parts.workflows.remove(brief);
    expect(await failed()).toBe(before);
  });

  it('calls held mail held in the numbers, too, and released once it is', async () => {
    const hold = dynamoHold(site.db, site.tableOf('Settings'));
    const at = site.parts.now().toISOString();
    await hold.hold('prices', 'ann', at);
    const createdAt = new Date(Date.parse(at) - 60_000).toISOString();
    const reason = 'All mail is held: prices';
    await email('put-aside', { state: 'waiting', heldSince: createdAt, reason, createdAt });
    for (const page of [path, '/console/workflows/welcome']) {
      const { html } = await site.get(page);
      expect(html).toContain('<span class="badge warn">1 held</span>');
      expect(html.match(/prices/g)).toHaveLength(1);
    }
    const asked = await site.get('/console/events/evt-grace?ask=send-again&email=put-aside');
    expect(asked.text).toContain('The email is now held, so there’s nothing to settle.');
    const refused = { act: 'send-again', email: 'put-aside' };
    const told = await site.submit('/console/events/evt-grace', refused);
    expect(told.text).toContain('Nothing was changed: the email is held');
    const mail = `${path}/mail?key=put-aside`;
    expect((await site.get(mail)).text).toContain('Reason All mail is held: prices');
    await hold.release('ann', at);
    const released = (await site.get(mail)).text;
    expect(released.split('Goes out within a minute')).toHaveLength(2);
    expect(released).not.toContain('Reason');
    for (const page of [path, '/console/workflows/welcome']) {
      const { html } = await site.get(page);
      expect(html).toContain('<span class="badge calm">1 released</span>');
      expect(html).not.toMatch(/\d (held|waiting)</);
    }
    await email('put-aside', { state: 'failed', createdAt });
  });

  async function keysOnPages(first: string) {
    const found: (string | undefined)[] = [];
    let next: string | undefined = first;
    while (next !== undefined) {
      const { html } = await site.get(next);
      expect(html.length).toBeLessThan(100_000);
      found.push(...keysIn(html));
      next = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    return found;
  }

  it('shows each of many mails on exactly one page', async () => {
    for (let nth = 0; nth < 70; nth++) {
      const second = String(nth % 20).padStart(2, '0');
      await email(`many-${nth}`, { state: 'failed', createdAt: `2026-11-10T10:00:${second}.000Z` });
    }
    const found = await keysOnPages(`${path}?day=2026-11-10`);
    expect(found.length).toBe(70);
    expect(new Set(found).size).toBe(70);
  });

  it('fills a page although one shard has nearly all of its mails, and shows each once', async () => {
    const minute = (nth: number) => new Date(Date.UTC(2026, 10, 8, 10, nth)).toISOString();
    for (let nth = 0; nth < 120; nth++) {
      const workflowShard = `${nth % 10 === 9 ? 5 : 4}#welcome`;
      await email(`uneven-${nth}`, { state: 'failed', createdAt: minute(nth), workflowShard });
    }
    const day = `${path}?day=2026-11-08`;
    const first = keysIn((await site.get(day)).html);
    expect(first).toEqual(Array.from({ length: 50 }, (_, nth) => `uneven-${119 - nth}`));
    const found = await keysOnPages(day);
    expect(found.length).toBe(120);
    expect(new Set(found).size).toBe(120);
  });

  it('tells the fates of the last 24 hours by what was counted where a page cannot, and of all mail alone', async () => {
    const now = site.parts.now();
    const told = async (query = '') => {
      const { html } = await site.get(`${path}${query}`);
      return [...html.matchAll(/<p class="fates">.*?<\/p>/gs)].map(([line]) =>
        [...line.matchAll(/badge \w+">([^<]+)/g)].map(([, badge]) => badge),
      );
    };
    const emails = { welcome: { accepted: 1 }, other: { delivered: 1_200 } };
    const counts = { events: {}, emails, runs: {}, newContacts: 0 };
    await site.parts.counts.putHour({
      hour: now.toISOString().slice(0, 13),
      countedAt: now.toISOString(),
      counts,
    });
    expect(await told()).toEqual([expect.not.arrayContaining(['1,200 delivered'])]);
    for (let nth = 0; nth < 60; nth++) {
      const createdAt = new Date(now.getTime() - nth * 1_000).toISOString();
      await email(`busy-${nth}`, { state: 'failed', createdAt });
    }
    expect(await told()).toEqual([['1,200 delivered', '1 sent']]);
    expect(await told('?fate=failed')).toEqual([]);
  });

  it.each([0, 900])(
    'shows each held mail, and how many they are, behind %i that wait',
    async (many) => {
      const hold = dynamoHold(site.db, site.tableOf('Settings'));
      await hold.hold('prices', 'ann', '2026-11-09T10:00:00.000Z');
      const put = (key: string, nth: number, dueAt: string, rest: object) =>
        email(key, {
          ...{ state: 'waiting', dueAt, dueShard: shardOf(key), ...rest },
          createdAt: new Date(Date.UTC(2026, 10, 9, 10, nth)).toISOString(),
        });
      for (let nth = 0; nth < 120; nth++) {
        const heldSince = '2026-11-09T13:00:00.000Z';
        await put(`held-${nth}`, nth, `held ${heldSince}`, { heldSince });
      }
      for (let nth = 0; nth < many; nth++) {
        await put(`waiting-${nth}`, nth, '2026-11-09T12:00:00.000Z', {});
      }
      const found = await keysOnPages(`${path}?fate=held`);
      expect(found.length).toBe(120);
      expect(new Set(found).size).toBe(120);
      expect((await site.get(path)).text).toContain(': prices. 120 emails are held.');
      await hold.release('ann', '2026-11-09T10:00:00.000Z');
    },
  );
});
