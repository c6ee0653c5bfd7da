import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { answers } from '#shared/polar/answers.ts';
import { signatureKeys, verifySignature } from '#shared/polar/webhook-signature.ts';
import { eventItem } from '#shared/store/events/event-item.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { startPolarDesk } from './polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;

beforeAll(async () => {
  desk = await startPolarDesk();
});
afterAll(() => desk.stop());
beforeEach(async () => {
  await desk.startOver();
  await desk.connectByToken();
});

const page = '/console/polar';
const paid = { type: 'order.paid', data: {} };

/** The buttons between a heading and the next one or the end of its card. */
function buttonsAfter(html: string, heading: string): string[] {
  const [, part = ''] = html.split(`<h3>${heading}</h3>`);
  const [own = ''] = part.split('<h3>');
  return [...own.matchAll(/<button[^>]*>([^<]+)<\/button>/g)].map(([, label = '']) => label);
}

describe('the health of the connection', () => {
  it('shows the last deliveries, each with a way to its event', async () => {
    const [id] = await desk.polar.emit(paid);
    const shown = await desk.get(page);
    expect(shown.text).toContain('healthy');
    expect(shown.html).toContain(`href="/console/events/${id}"`);
    expect(shown.html).toContain('class="scroll dense deliveries"');
    expect(shown.text).toMatch(/delivered answered 200 · \d.* UTC Answered 200 here\./);
  });

  it('shows when we last received something, or how to try it', async () => {
    const fresh = await desk.get(page);
    expect(fresh.text).toContain(
      'Last webhook none yet. To try it, send yourself an event on the Test event page',
    );
    expect(fresh.html).not.toContain('none in 7 days');
    const connectedAt = new Date(Date.now() - 8 * 86_400_000).toISOString();
    await desk.put('Settings', { ...(await desk.connection()), connectedAt });
    expect((await desk.get(page)).html).toContain('<span class="badge warn">none in 7 days');
    const receivedAt = new Date(Date.now() - 2 * 86_400_000).toISOString();
    const record = {
      webhookId: 'evt-of-long-ago',
      type: 'order.paid' as const,
      occurredAt: receivedAt,
      receivedAt,
      outcome: 'applied' as const,
      changes: [],
      settingsVersion: 0,
      customerId: 'c1',
      properties: { customerId: 'c1' },
    };
    await desk.put('Events', eventItem(record, '{}', 90));
    expect((await desk.get(page)).html).toContain(`received <time datetime="${receivedAt}"`);
  });

  it('offers to enable an endpoint that Polar disabled', async () => {
    desk.answerWith(500);
    for (let count = 0; count < 10; count += 1) await desk.polar.emit(paid);
    desk.answerWith(200);
    const sick = await desk.get(page);
    expect(sick.text).toContain('disabled in Polar');
    expect(sick.text).toContain('Polar gave up on 10 events');

    expect(buttonsAfter(sick.html, 'Next step')).toEqual(['Enable the endpoint']);
    expect(sick.text).toContain('Enable the endpoint. Then redeliver what failed.');
    // The import is the next step only where nothing is to be mended first.
    expect(sick.html).toContain('class="button" href="/console/polar/import"');

    const { connections } = desk.parts;
    const known = await connections.read();
    if (!known) throw new Error('There is no connection.');
    await connections.noteLook(known, { at: known.connectedAt, findings: ['disabled'] });
    const shown = await desk.submit('/console/polar/enable');
    expect(shown.text).toContain('Enabled the endpoint');
    expect(shown.text).toContain('Run npm run recover: it redelivers what failed before');
    // As this page has just seen it: what failed is still to be redelivered.
    expect(shown.text).toContain('Operate Polar needs attention');
    expect(buttonsAfter(shown.html, 'Next step')).toEqual(['Redeliver what failed']);
    expect(shown.text).toContain('enabled in Polar');
    expect(desk.polar.endpoints).toMatchObject([{ enabled: true }]);
  });

  it('does not forget that webhooks are missing once the endpoint is enabled, until the gap is closed', async () => {
    Object.assign(desk.polar.endpoints[0] ?? {}, { enabled: false });
    expect((await desk.get(page)).text).not.toContain('Webhooks may be missing');
    await desk.submit('/console/polar/enable');
    const { gap, connectedAt } = (await desk.connection()) ?? {};
    expect(gap).toEqual({ since: connectedAt, known: 'connecting' });

    const shown = await desk.get(page);
    expect(shown.text).toMatch(/What’s wrong Webhooks may be missing since \d.* UTC\. Polar was/);
    expect(shown.text).toContain('Next step Close the gap: run npm run recover . It brings in');
    expect(shown.text).not.toContain('healthy');
    expect(shown.text).toContain('Operate Polar needs attention');
    expect(shown.html).toContain('class="button" href="/console/polar/import"');
    const overview = async () => (await desk.get('/console')).text;
    await expect
      .poll(overview, { timeout: 200_000 })
      .toMatch(/may be missing since .* Run npm run recover to close the gap\. See the connection/);
    expect(await overview()).toContain('Connection needs attention');

    const { connections } = desk.parts;
    const known = await connections.read();
    if (!known?.gap) throw new Error('There is no gap.');
    await connections.closeGap(known, known.gap);
    expect((await desk.get(page)).text).toContain('healthy');
  });

  it('asks nobody for anything while Polar tries again by itself', async () => {
    desk.answerWith(500);
    const [id = ''] = await desk.polar.emit(paid, { isStillTrying: true });
    const shown = await desk.get(page);
    expect(shown.text).toContain('retrying Polar is still retrying 1 event');
    expect(shown.text).toContain('Operate Polar connected Dead letters');
    expect(shown.text).not.toContain('needs attention');
    expect(buttonsAfter(shown.html, 'Next step')).toEqual([]);
    // It waits for Polar a second at most, which a busy machine may need for less.
    const overview = async () => (await desk.get('/console')).text;
    const now = /Connection retrying .* Failed deliveries 1 /;
    await expect.poll(overview, { timeout: 200_000 }).toMatch(now);
    expect(await overview()).not.toContain('needs attention');
    expect(await overview()).not.toContain('Polar is still retrying');

    desk.answerWith(200);
    await desk.polar.redeliver(id);
    await desk.polar.redelivered();
    expect((await desk.get(page)).text).toContain('healthy');
  });

  it('offers to repair what somebody changed in Polar', async () => {
    const [endpoint] = desk.polar.endpoints;
    Object.assign(endpoint ?? {}, {
      events: ['order.paid'],
      secret: 'whsec_c29tZWJvZHkgZWxzZSBoYXMgcmVzZXQgdGhpcyBvbmU=',
    });
    const sick = await desk.get(page);
    expect(sick.text).toContain('does not send customer.created');
    expect(sick.text).toContain('signs with another secret than ours');
    await desk.submit('/console/polar/repair');
    expect(desk.secret('WebhookSecret')).toMatchObject({ current: endpoint?.secret });
    expect((await desk.get(page)).text).toContain('healthy');
  });

  it('offers to repair before it offers to enable, and only one of them', async () => {
    for (const endpoint of desk.polar.endpoints) {
      endpoint.enabled = false;
      Object.assign(endpoint, { events: ['order.paid'] });
    }
    const sick = await desk.get(page);
    expect(sick.text).toContain('The endpoint is disabled in Polar');
    expect(buttonsAfter(sick.html, 'Next step')).toEqual(['Repair the connection']);
    expect(sick.html.match(/>Repair the connection<\/button>/g)).toHaveLength(1);
    await desk.submit('/console/polar/repair');
    const { text } = await desk.get(page);
    expect(text).toContain('enabled in Polar');
    expect(text).toMatch(
      /What’s wrong Webhooks may be missing since [^.]*\.[^.]*\. Next step Close/,
    );
  });

  it('shows what was answered to a delivery, not only the code', async () => {
    desk.answerWith(401);
    await desk.polar.emit(paid);
    expect((await desk.get(page)).text).toMatch(
      /failed answered 401 · \d.* UTC Answered 401 here\./,
    );
  });

  it('folds away that a signature did not match once the secret is Polar’s', async () => {
    desk.answerWith(401, answers.mismatch.message);
    await desk.polar.emit(paid);
    const [endpoint] = desk.polar.endpoints;
    Object.assign(endpoint ?? {}, { secret: 'whsec_c29tZWJvZHkgZWxzZSdzIGtleSBvZiAyNCBieXRlcw==' });
    const answer = /<details([^>]*)>\s*<summary><span class="badge bad">failed/;
    expect(answer.exec((await desk.get(page)).html)?.[1]).toBe(' open');
    await desk.submit('/console/polar/repair');
    expect(answer.exec((await desk.get(page)).html)?.[1]).toBe('');
  });

  it('says once what was answered to many deliveries, to how many and since when', async () => {
    await desk.polar.emit(paid);
    desk.answerWith(401);
    for (let count = 0; count < 3; count += 1) await desk.polar.emit(paid);
    desk.answerWith(401, 'Another reason.');
    await desk.polar.emit(paid);
    const { text, html } = await desk.get(page);
    const all = desk.polar.deliveries.length;
    const same = desk.polar.deliveries.filter(({ response = '' }) =>
      response?.includes('Answered 401'),
    );
    expect(same.length).toBeGreaterThan(2);
    expect(text.match(/Answered 401 here\./g)).toHaveLength(1);
    expect(text.match(/failed answered 401/g)).toHaveLength(all - 1 + 2);
    expect(text).toMatch(new RegExp(`answered 401 · ${same.length} of ${all} since \\d`));
    // Only what failed is open.
    expect(html.match(/<details open>\s*<summary><span class="badge bad">failed/g)).toHaveLength(2);
    expect(html).toMatch(/<details>\s*<summary><span class="badge good">delivered/);
  });

  it('shows our longest answers whole, and says where a longer one is cut', async () => {
    desk.answerWith(401, 'a'.repeat(400));
    await desk.polar.emit(paid);
    expect((await desk.get(page)).text).toMatch(/ a{400} /);
    desk.answerWith(502, 'b'.repeat(401));
    await desk.polar.emit(paid);
    expect((await desk.get(page)).text).toMatch(/ b{400}… /);
  });

  it('refuses a secret that is too short, shows it nowhere, and says how to mend that', async () => {
    const before = desk.secret('WebhookSecret');
    Object.assign(desk.polar.endpoints[0] ?? {}, { secret: 'whsec_c29tZWJvZHkgZWxzZQ==' });
    const shown = await desk.submit('/console/polar/repair');
    expect(shown.text).toContain('fewer than 24 bytes of key');
    expect(shown.text).toContain('Reset it in Polar, under Settings → Webhooks');
    expect(shown.html).not.toContain('c29tZWJv');
    expect(desk.secret('WebhookSecret')).toEqual(before);
    await desk.submit('/console/polar/rotate');
    expect((await desk.get(page)).text).toContain('healthy');
  });

  it('opens the way to a new access where Polar refuses the one there is', async () => {
    desk.polar.revokeAll();
    desk.polar.state.tokens.clear();
    const shown = await desk.get(page);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('Polar does not accept the access');
    expect(shown.html).toMatch(/<details id="access" open>\s*<summary>Reconnect to Polar/);
    expect(shown.html).toContain('<a class="button primary" href="#access">Reconnect to Polar</a>');
  });

  it('says how to start the local Polar that it is with where that is away', async () => {
    const polar = {
      ...desk.parts.polar,
      obstacle: () => 'Polar sends webhooks to public https addresses only.',
      addresses: () => ({ apiUrl: 'https://api.polar.sh', authorizeUrl: 'https://polar.sh' }),
    };
    const { get } = consoleVisitor(consoleApp({ ...desk.parts, polar }));
    const shown = await get(page);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('The local Polar isn’t running.');
    expect(shown.text).toContain('npm start -- --polar');
    expect(shown.text).toContain('Server Local Polar');
    expect(shown.html).not.toContain('What’s wrong');
  });

  it.each([
    ['down', () => desk.polar.goDown()],
    ['slower than anybody waits', () => desk.polar.setDelay(8_000)],
  ])('is left out while Polar is %s, and the settings still work', async (_what, trouble) => {
    trouble();
    const shown = await desk.get(page);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('state not known');
    expect(shown.html).not.toContain('What’s wrong');
    expect(shown.text).toMatch(/Polar did not show|Polar is slow/);
    expect(shown.text.match(/try again/gi)).toHaveLength(1);
    // An import would fail now, too.
    expect(shown.html).toContain('class="button" href="/console/polar/import"');
    const overview = await consoleVisitor(consoleApp(desk.parts)).get('/console');
    expect(overview.text).toMatch(/Connection Polar didn’t answer .* Failed deliveries unknown/);
    expect((await desk.get('/console/settings')).html).toContain(
      'name="events.order.paid.enabled"',
    );
  });
});

describe('redelivering', () => {
  it('asks for each event that never arrived, a part at a time, until none is left', async () => {
    const arrived = await desk.polar.emit(paid);
    desk.answerWith(500);
    const failed: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      failed.push(...(await desk.polar.emit(paid)));
      for (const endpoint of desk.polar.endpoints) endpoint.enabled = true;
    }
    desk.answerWith(200);
    desk.received.splice(0);

    const first = await desk.submit('/console/polar/redeliver');
    expect(first.text).toContain('Asked Polar to deliver 15 events again.');
    expect(first.text).toContain('not checked yet. Choose Continue redelivering.');
    await desk.polar.redelivered();
    const [, from = ''] = /name="from" value="([^"]+)"/.exec(first.html) ?? [];
    expect(first.text).toContain('Continue redelivering');
    const { connections } = desk.parts;
    const known = await connections.read();
    if (!known) throw new Error('There is no connection.');
    await connections.noteLook(known, { at: known.connectedAt, findings: ['given-up'] });
    const second = await desk.submit('/console/polar/redeliver', { from });
    expect(second.text).toContain('Asked Polar to deliver 5 events again.');
    await desk.polar.redelivered();
    // How watch saw it before counts no more, on pages that do not look themselves.
    expect((await desk.get('/console/log')).text).toContain('Operate Polar connected');
    expect([...desk.received].sort()).toEqual(failed.sort());
    expect(desk.received).not.toContain(arrived[0]);
    expect((await desk.get(page)).text).toContain('healthy');
  });

  it('is refused while the events would fail again', async () => {
    for (const endpoint of desk.polar.endpoints) endpoint.enabled = false;
    const shown = await desk.submit('/console/polar/redeliver', { from: '"><script>' });
    expect(shown.text).toContain('Nothing was redelivered.');
    expect(shown.html).not.toContain('"><script>');
  });
});

describe('changing the secret', () => {
  it('loses no event: what Polar signed before and what it signs now both count', async () => {
    const before = desk.polar.endpoints[0]?.secret ?? '';
    const shown = await desk.submit('/console/polar/rotate');
    expect(shown.text).toContain('Polar signs with a new secret');
    const now = desk.polar.endpoints[0]?.secret ?? '';
    expect(now).not.toBe(before);
    const { current, previous } = desk.secret('WebhookSecret');
    const keys = signatureKeys([String(current), String(previous)]);
    for (const secret of [before, now]) {
      const at = new Date();
      const signature = new Webhook(secret).sign('evt', at, 'body');
      const timestamp = String(Math.floor(at.getTime() / 1_000));
      expect(verifySignature(keys, { id: 'evt', timestamp, signature }, 'body')).toBe('valid');
    }
    for (const secret of [before, now]) expect(shown.html).not.toContain(secret);
  });

  it('shows until when the old one counts, and drops it at once', async () => {
    const shown = await desk.submit('/console/polar/rotate');
    const { current, previousUntil } = desk.secret('WebhookSecret');
    expect(shown.text).toContain('still counts beside the current one, until ');
    expect(shown.html).toContain(`datetime="${previousUntil}"`);
    const dropped = await desk.submit('/console/polar/drop-previous');
    expect(dropped.text).toContain('Dropped the previous secret');
    expect(dropped.text).not.toContain('still counts beside');
    expect(dropped.html).not.toContain('/console/polar/drop-previous');
    expect(desk.secret('WebhookSecret')).toEqual({ current, previous: '' });
  });

  it('changes nothing here while Polar is down', async () => {
    const before = desk.secret('WebhookSecret');
    desk.polar.goDown();
    const shown = await desk.submit('/console/polar/rotate');
    expect(shown.text).toContain('Polar did not');
    expect(desk.secret('WebhookSecret')).toEqual(before);
  });
});

describe('disconnecting', () => {
  /** Which connection the page shows now. */
  const shownNow = async () => {
    const { html } = await desk.get('/console/polar/disconnect');
    return { connection: /name="connection" value="([^"]+)"/.exec(html)?.[1] ?? '' };
  };

  it('shows what stops and what stays, and does nothing before it is confirmed', async () => {
    const shown = await desk.get('/console/polar/disconnect');
    expect(shown.text).toContain('What stops');
    expect(shown.text).toContain('What stays');
    expect(desk.polar.endpoints).toHaveLength(1);
    expect(await desk.connection()).toMatchObject({ organizationSlug: 'northlight' });
  });

  it('removes the endpoint and forgets the access; the webhook secret stays', async () => {
    const secret = desk.secret('WebhookSecret');
    const fields = await shownNow();
    const shown = await desk.submit('/console/polar/disconnect', fields);
    expect(shown.text).toContain('Disconnected from Northlight');
    expect(shown.text).toContain('Not connected yet.');
    expect(desk.polar.endpoints).toEqual([]);
    expect(desk.secret('PolarAccess')).toEqual({});
    expect(desk.secret('WebhookSecret')).toEqual(secret);
    expect(await desk.connection()).toBeUndefined();

    const again = await desk.submit('/console/polar/disconnect', fields);
    expect(again.text).toContain('Polar is no longer connected');
    expect((await desk.get('/console/polar/disconnect')).location).toBe(page);
  });

  it('is not done from a page that is out of date', async () => {
    const fields = await shownNow();
    await desk.connectByToken();
    const shown = await desk.submit('/console/polar/disconnect', fields);
    expect(shown.text).toContain('nothing was disconnected');
    expect(desk.polar.endpoints).toHaveLength(1);
  });

  it('does not end another connection that was made after the page was opened', async () => {
    const fields = await shownNow();
    await desk.submit('/console/polar/disconnect', fields);
    await desk.connectByToken();
    expect(await desk.connection()).toMatchObject({ version: 1 });
    const shown = await desk.submit('/console/polar/disconnect', fields);
    expect(shown.text).toContain('nothing was disconnected');
    expect(desk.polar.endpoints).toHaveLength(1);
  });

  it('does not end one that was made anew with the same endpoint, either', async () => {
    const fields = await shownNow();
    const { endpointId } = (await desk.connection()) ?? {};
    desk.polar.state.tokens.clear();
    expect((await desk.submit('/console/polar/disconnect', fields)).text).toContain('still there');
    await desk.connectByToken();
    expect(await desk.connection()).toMatchObject({ version: 1, endpointId });
    const shown = await desk.submit('/console/polar/disconnect', fields);
    expect(shown.text).toContain('nothing was disconnected');
    expect(await desk.connection()).toMatchObject({ version: 1, endpointId });
  });

  it('changes nothing while Polar is down', async () => {
    const fields = await shownNow();
    desk.polar.goDown();
    await desk.submit('/console/polar/disconnect', fields);
    expect(await desk.connection()).toMatchObject({ version: 1 });
    expect(desk.secret('PolarAccess')).toHaveProperty('token');
  });

  it.each(['enable', 'repair', 'rotate', 'redeliver', 'disconnect'])(
    'and %s want the token of the form',
    async (act) => {
      const asked = desk.polar.requests.length;
      const fields = await shownNow();
      const answer = await desk.postWithToken(`/console/polar/${act}`, 'not it', fields);
      expect(answer.status).toBe(403);
      expect(desk.polar.requests).toHaveLength(asked);
    },
  );
});
