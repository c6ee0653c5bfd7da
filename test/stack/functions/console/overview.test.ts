import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { concernsView } from '#functions/console/overview/next-steps.ts';
import { rollUp } from '#functions/rollup/rollup.ts';
import { type ActObjects, everything } from '#shared/audience/operator-act.ts';
import type { Concern } from '#shared/status/concerns.ts';
import { hourCounter } from '#shared/store/counts/count-hour.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { activeWorkflows, busyDays } from './overview-at-work.ts';
import { northlight, startPolarDesk } from './polar/polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;

beforeAll(async () => {
  desk = await startPolarDesk();
  await desk.secrets.put('WebhookSecret', '{"current":"","previous":""}');
});
afterAll(() => desk.stop());

/** The page as one opens it that nobody has opened for a while. */
async function opened(query = '') {
  const { get } = consoleVisitor(consoleApp(desk.parts));
  const { status, html, text } = await get(`/console${query}`);
  expect(status).toBe(200);
  return { html, text };
}

/** As if all workflows had been added so many days ago. */
async function addWorkflows(daysAgo: number) {
  const createdAt = new Date(desk.parts.now().getTime() - daysAgo * 86_400_000).toISOString();
  for (const workflow of await desk.items('Workflows')) {
    await desk.put('Workflows', { ...workflow, createdAt });
  }
}

describe('what is wrong', () => {
  const sentence = 'It is wrong.';
  const concerns: readonly Concern[] = [
    ...(
      [
        ...(['held', 'queue-late', 'dead-letters', 'settings', 'not-connected'] as const),
        ...(['emails-unknown', 'emails-failed', 'emails-waiting'] as const),
        ...(['polar-silent', 'previous-secret'] as const),
      ] as const
    ).map((kind) => ({ kind, sentence })),
    { kind: 'connection', repair: 'enable', sentence },
    { kind: 'gap', gap: { since: '2026-11-20T10:00:00.000Z', known: 'look' }, sentence },
  ];

  test.each(concerns.map((one) => [one.kind, one] as const))(
    'leads to a page that exists: %s',
    async (_, concern) => {
      const href = /href="([^"]+)"/.exec(String(concernsView([concern])))?.[1] ?? '';
      const { status, html } = await desk.get(href);
      expect(status).toBe(200);
      // A filter that the page does not know would show something else than it says.
      if (href.includes('?')) expect(html).toMatch(/class="chip"[^>]+aria-current/);
    },
  );

  test.each([
    ['the run whose step fails', 'run r-1', '/console/runs/r-1'],
    ['the event that fails', 'msg_1', '/console/events/msg_1'],
  ])('leads to %s', (_, failureId, href) => {
    const view = String(concernsView([{ kind: 'retried', failureId, sentence }]));
    expect(view).toContain(`href="${href}"`);
  });
});

/** The tests go on from each other: a deployment that is set up, used, and then in trouble. */
describe('the overview', () => {
  test('of a new deployment says what to do first, and that nothing is counted yet', async () => {
    const { text } = await opened();

    expect(text).toContain('0 of 5 done');
    expect(text).toContain('Once Polar is connected.');
    expect(text).toMatch(/Connect Polar \(to do\).*Import existing customers \(to do\)/s);
    expect(text).toContain('Not counted yet. Numbers update every 5 minutes.');
    expect(text).toContain('No workflow is active.');
    expect(text).toContain('Last event none yet');
    expect(text).toContain('No events yet.');
  });

  test('says at once that it was connected or disconnected in this console', async () => {
    expect((await desk.get('/console')).text).toContain('0 of 5 done');

    await desk.connectByToken();
    const connected = await desk.get('/console');
    expect(connected.text).toContain('Connect Polar (done)');
    expect(connected.text).not.toContain('not connected');

    const asked = await desk.get('/console/polar/disconnect');
    const [, connection = ''] = /name="connection" value="([^"]+)"/.exec(asked.html) ?? [];
    await desk.submit('/console/polar/disconnect', { connection });
    const { html, text } = await desk.get('/console');
    expect(text).toContain('Connect Polar (to do)');
    expect(html).toContain('<span class="state">not connected</span>');
    expect(text).not.toContain('healthy');
    await desk.startOver();
  });

  test('ticks what was done, and the next step is what is left', async () => {
    await desk.connectByToken();
    await desk.tell('customer.created', 'c1', { minute: 1, email: 'ann@example.com' });
    await activeWorkflows(desk, ['welcome']);
    const { text, html } = await opened();

    // One event came in and rollup has counted none: so few are counted for the page.
    expect(text).toMatch(/Contacts 1 1 added in 14 days Can receive marketing 1 100%/);
    expect(text).toMatch(/Events 1 Last one .* Emails delivered – Not counted yet/);
    expect(text).toMatch(/Welcome \(active\) – –/);
    expect(text).toMatch(/customer\.created\s+ann@example\.com .* added a contact/);
    expect(text).toContain('2 of 5 done');
    expect(text).toContain('Connect Polar (done)');
    expect(text).toContain('Import existing customers (to do) Preview it first.');
    expect(text).toContain('Activate your first workflow (done)');
    expect(html).toMatch(/class="next">\s*<div><h3>Import existing customers/);

    // As npm run recover notes itself: of a gap, and of all that Polar lists.
    const { acts } = desk.parts;
    const recovered = async (on: ActObjects) => {
      const recovery = { what: 'recover', sentence: 'Close a gap.', on: {} } as const;
      const ended = await acts.begin(recovery, { by: 'ann', via: 'command' });
      await acts.end(ended, { outcome: 'done' }, on);
      return { ended, shown: (await opened()).text };
    };
    const { shown: ofGap } = await recovered({ since: '2026-11-20T00:00:00.000Z' });
    expect(ofGap).toContain('Import existing customers (to do)');
    const { ended: ofAll, shown } = await recovered({ compared: everything });
    expect(shown).toContain('Import existing customers (done)');
    await acts.end(ofAll, { outcome: 'failed' });
    expect((await opened()).text).toContain('Import existing customers (to do)');

    // As npm run backfill notes itself.
    const act = await acts.begin(
      { what: 'backfill', sentence: 'Compare the audience with Polar, and repair it.', on: {} },
      { by: 'ann', via: 'command' },
    );
    expect((await opened()).text).toContain('Import existing customers (to do)');
    await acts.end(act, { outcome: 'done' });
    expect((await opened()).text).toContain('Import existing customers (done)');
  });

  test('shows what was counted from the records, as soon as rollup has run', async () => {
    const { db, tableOf, now, parts } = desk;
    const nothing = { isUnderWay: async () => true, goOn: async () => undefined };
    await rollUp({
      counts: parts.counts,
      ...hourCounter(db, {
        events: tableOf('Events'),
        emails: tableOf('Emails'),
        runs: tableOf('Runs'),
        contacts: tableOf('Contacts'),
      }),
      workflowIds: async () => [],
      deadEvents: async () => [],
      contacts: { ...nothing, rest: async () => undefined },
      ...{ retentionDays: 90, mostReads: 400, mostPages: 1, now },
      log: { info() {}, warn() {}, error() {} },
    })();

    expect((await opened('?period=24h')).text).toMatch(/counted \d+ \w+ ago/);
  });

  test('of a busy one shows its numbers, also as a table, and no name of a customer becomes markup', async () => {
    const ids = await activeWorkflows(desk, ['receipt', 'payment-failed', 'dunning']);
    await busyDays(desk, desk.parts.now(), ids);
    const settings = await desk.item('Settings', { name: 'settings' });
    await desk.put('Settings', { ...settings, postalAddress: 'Main Street 1, Springfield' });
    await addWorkflows(8);
    const { text, html } = await opened();

    expect(text).not.toContain('Get started');
    expect(text).toMatch(/Contacts\s+1,284/);
    expect(text).toMatch(
      /Can receive marketing\s+1,2\d\d\s+9\d\.\d%, 41 unsubscribed, 17 bounced, 1 complaint/,
    );
    expect(text).toContain(northlight.name);
    // The page waits for Polar a second at most, which a busy machine may need for less.
    const whole = async () => (await opened()).text;
    await expect.poll(whole, { timeout: 200_000 }).toContain('enabled, 10 of 10 events');
    expect(text).toMatch(/Events per day, newest first/);
    expect(text).toMatch(/Dunning.*\d+ runs begun: 0 mailed, 0 ended early/s);
    expect(text).toContain('"><img src=x onerror=alert(1)>@example.com');
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/ style=|<script(?! src)/);
  });

  test('says that the settings are not valid, and asks for no address that they may have', async () => {
    const settings = await desk.item('Settings', { name: 'settings' });
    await desk.put('Settings', { ...settings, timeZone: 'Mars/Olympus' });
    try {
      // One reading of the status serves for some seconds.
      const text = async () => (await opened()).text;
      await expect.poll(text, { timeout: 200_000 }).toContain('is not valid');
      expect(await text()).not.toContain('Set up your sender (to do)');
    } finally {
      await desk.put('Settings', { ...settings });
    }
  });

  test.each([
    ['?period=24h', 'Events per hour', '24 h'],
    ['?period=90d', 'Events per day', '90 days'],
    ['?period=forever', 'Events per day', '14 days'],
  ])('of %s is %s, in less than 100 KB', async (query, title, period) => {
    const { html, text } = await opened(query);

    expect(text).toContain(title);
    expect(html).toContain(`aria-current="true">${period}<`);
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  });

  test('reads as much of 90 days as of two weeks, and of many workflows as of one', async () => {
    const calls: string[] = [];
    desk.db.middlewareStack.add(
      (next, { commandName = '' }) =>
        (input) => {
          calls.push(commandName);
          return next(input);
        },
      { step: 'initialize', name: 'counting' },
    );
    const reads = async (query: string) => {
      calls.length = 0;
      await opened(query);
      return calls.length;
    };
    const ofTwoWeeks = await reads('');
    expect(await reads('?period=90d')).toBe(ofTwoWeeks);
    await activeWorkflows(desk, ['welcome', 'receipt']);
    expect(await reads('')).toBe(ofTwoWeeks);
    // Eight shards of what is due, and of the newest day of events.
    expect(ofTwoWeeks).toBeLessThanOrEqual(8 * 2 + 15);
    desk.db.middlewareStack.remove('counting');
  });

  test('of a new one asks for a test even where emails went out, until one was sent', async () => {
    await addWorkflows(6);
    const shown = async () => (await opened()).text;
    const { acts } = desk.parts;
    const test = { what: 'test.sent', sentence: 'Send a test event.', on: {} } as const;
    const begin = () => acts.begin(test, { by: 'ann', via: 'console' });

    expect(await shown()).toMatch(/4 of 5 done .* Send yourself a test event \(to do\)/);
    await acts.end(await begin(), { outcome: 'refused' });
    expect(await shown()).toContain('4 of 5 done');
    await acts.end(await begin(), { outcome: 'done' });
    expect(await shown()).not.toContain('Get started');
  });

  test('says first what is wrong, with the page that mends it', async () => {
    await desk.send('EVENTS_DEAD_LETTERS_URL', '{}');
    const { html, text } = await opened();

    expect(text).toContain('1 dead letter needs a decision.');
    expect(html).toMatch(/class="button primary" href="\/console\/dead-letters">See dead letters</);
    expect(html.indexOf('wrong-now')).toBeLessThan(html.indexOf('class="tiles"'));
  });

  test.each([
    ['an import', 'backfill-1', ', imported'],
    ['a recovery', 'backfill-order-1', ', recovered'],
    ['a webhook', 'msg_1', ''],
  ])('tells that the last event came by %s', async (_, webhookId, origin) => {
    const receivedAt = new Date(desk.parts.now().getTime() + 1).toISOString();
    await desk.put('Events', {
      ...{ webhookId, type: 'customer.created', outcome: 'applied', customerId: 'c1' },
      ...{ receivedAt, occurredAt: receivedAt },
      dayShard: `${receivedAt.slice(0, 10)}#${shardOf(webhookId)}`,
    });
    const { text } = await opened();

    expect(text).toMatch(new RegExp(`Last one \\d+ \\w+ ago ?${origin} Emails`));
    expect(text).toMatch(new RegExp(`Last event \\d+ \\w+ ago ?${origin} Waiting`));
  });
});
