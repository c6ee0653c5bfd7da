import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import type { Import } from '#shared/audience/backfill/import.ts';
import { tryLater } from '#shared/polar/api-error.ts';
import { saveSettings } from '#shared/store/settings/history.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { startPolarDesk } from './polar-desk.ts';

let desk: Awaited<ReturnType<typeof startPolarDesk>>;
/** Somebody at a console whose clock does not move, so that a slow machine has all the time that one answer may take. */
let visitor: ReturnType<typeof consoleVisitor>;

beforeAll(async () => {
  desk = await startPolarDesk({
    organizations: [northlight],
    customers: 20,
    subscriptions: 5,
    orders: 10,
  });
  const now = new Date();
  visitor = consoleVisitor(consoleApp({ ...desk.parts, now: () => now }));
});
afterAll(() => desk.stop());
beforeEach(() => desk.startOver());

const path = '/console/polar/import';

/** The newest import, as somebody else has left it. */
async function leftAs(changes: Partial<Import>) {
  const known = await desk.parts.imports.read();
  if (!known) throw new Error('There is no import.');
  const next = { ...known, ...changes, revision: known.revision + 1 };
  await desk.parts.imports.put(next, known);
  return next;
}

const acts = async () =>
  (await desk.items('Acts'))
    .filter(({ what }) => what === 'backfill')
    .sort((one, other) => (one['time'] < other['time'] ? -1 : 1));

describe('the page of the import', () => {
  it('leads to connecting first, and does nothing before', async () => {
    const { text, html } = await visitor.get(path);
    expect(text).toContain('Connect Polar first.');
    expect(html).not.toContain(`action="${path}`);
    expect((await visitor.submit(`${path}/start`)).text).toContain('Polar isn’t connected.');
    expect((await visitor.submit(`${path}/look`)).text).toContain('Polar isn’t connected.');
    expect(await desk.parts.imports.read()).toBeUndefined();
  });

  it('looks first, imports a small list within the answer, and says what it did', async () => {
    await desk.connectByToken();
    expect((await visitor.get('/console/polar')).html).toContain(`href="${path}"`);
    expect((await visitor.get(path)).text).toContain('Preview the import');
    const looked = await visitor.submit(`${path}/look`);
    expect(looked.text).toContain('Polar has 20 customers: 20 new.');
    expect(looked.text).toContain('The preview counts customers only.');
    expect(looked.text).toContain('No groups are set in Events & groups, so the import sets none.');
    expect(looked.html).toContain('Import 20 new customers</button>');
    expect(await desk.items('Contacts')).toEqual([]);
    const { text } = await visitor.get('/console');
    expect(text).toContain('Import 20 existing customers (to do)');

    const done = await visitor.submit(`${path}/start`);
    expect(done.text).toContain('Went through 20 customers: 20 new.');
    expect(done.text).toContain('Compared 15 subscriptions and paid orders.');
    expect(done.text).toContain('5 subscriptions brought in.');
    expect(done.text).not.toMatch(/the preview|no group/i);
    expect(await desk.items('Contacts')).toHaveLength(20);
    expect(await desk.items('Emails')).toEqual([]);
    const [contact] = await desk.items('Contacts');
    const shown = await visitor.get(`/console/audience/${contact?.['contactId']}`);
    expect(shown.text).toContain('Source Imported from Polar');
    expect((await visitor.get('/console')).text).toContain('existing customers (done)');
    expect((await visitor.get('/console/polar')).text).toContain('Last import:');

    const again = await visitor.submit(`${path}/look`);
    expect(again.text).toContain('Polar has 20 customers: 20 already here.');
    expect(again.html).toContain('Import subscriptions and groups</button>');
    expect((await visitor.get('/console/log')).text).toContain(
      'New contacts: 20 Contacts updated: 0 Groups set: 0 Subscriptions: 5',
    );
    expect(await acts()).toMatchObject([
      { outcome: 'refused' },
      {
        outcome: 'done',
        on: { state: 'done', added: 20, updated: 0, grouped: 0, subscriptions: 5 },
      },
    ]);
  });
});

it('tells before it which groups the settings give, and sets those', async () => {
  await desk.connectByToken();
  const settings = await desk.parts.settings();
  const events = {
    ...settings.events,
    'order.paid': { ...settings.events['order.paid'], userGroup: 'Buyers' },
    'subscription.created': {
      ...settings.events['subscription.created'],
      ...({ userGroup: 'Pro', userGroupMode: 'always' } as const),
    },
  };
  const next = { ...settings, version: settings.version + 1, events };
  await saveSettings(desk.db, desk.tableOf('Settings'), next, { at: new Date(), by: 'ann' });
  const { text } = await visitor.submit(`${path}/look`);
  expect(text).toContain(
    'The import sets these groups from Events & groups: Pro, for everyone with a subscription',
  );
  expect(text).toContain('It doesn’t set Buyers (order.paid): that’s for new contacts only.');
  const done = await visitor.submit(`${path}/start`);
  expect(done.text).toContain('Customers got groups from their purchases.');
  const groups = (await desk.items('Contacts')).flatMap(({ userGroup }) => userGroup ?? []);
  expect(new Set(groups)).toEqual(new Set(['Pro']));
});

it('does not say that no group is set where one is for new contacts only', async () => {
  await desk.connectByToken();
  const settings = await desk.parts.settings();
  const events = {
    ...settings.events,
    'order.paid': { ...settings.events['order.paid'], userGroup: 'Buyers' },
  };
  const next = { ...settings, version: settings.version + 1, events };
  await saveSettings(desk.db, desk.tableOf('Settings'), next, { at: new Date(), by: 'ann' });
  const { text } = await visitor.submit(`${path}/look`);
  expect(text).toMatch(
    /The import sets no groups from Events & groups ?\. It doesn’t set Buyers \(order\.paid\)/,
  );
  expect(text).not.toContain('No groups are set');
});

describe('while an import runs', () => {
  beforeEach(async () => {
    await desk.connectByToken();
    await visitor.submit(`${path}/start`);
    const turn = { owner: 'another', until: new Date(Date.now() + 60_000).toISOString() };
    await leftAs({
      ...{ state: 'running', turn },
      progress: { phase: 'customers', looked: 1_200, total: 4_300 },
    });
  });

  it('the page shows how far it is and reads itself again; so does the checklist', async () => {
    const { text, html } = await visitor.get(path);
    expect(text).toContain('Looked at 1,200 of 4,300 customers. You can close this page');
    expect(html).toMatch(/id="import" data-refresh="live"/);
    expect((await visitor.get('/console')).text).toContain('Importing. Looked at 1,200 of 4,300');
    expect((await visitor.get('/console/polar')).text).toContain(
      'Importing. Looked at 1,200 of 4,300',
    );
  });

  it.each([
    ['import', 'An import'],
    ['look', 'A preview'],
  ] as const)('no other begins beside a running %s', async (kind, what) => {
    await leftAs({ kind });
    const before = await desk.parts.imports.read();
    for (const act of ['look', 'start']) {
      expect((await visitor.submit(`${path}/${act}`)).text).toContain(
        `${what} is already running.`,
      );
    }
    expect(await desk.parts.imports.read()).toEqual(before);
  });

  it('it can be stopped and continued, each by the page that shows it', async () => {
    const { importId } = await leftAs({});
    expect((await visitor.submit(`${path}/stop`, { import: 'another' })).text).toContain(
      'The import has changed in the meantime.',
    );
    const stopped = await visitor.submit(`${path}/stop`, { import: importId });
    expect(stopped.text).toContain('Import stopped');
    expect(await desk.parts.imports.read()).toMatchObject({ state: 'stopped' });
    await leftAs({ place: undefined });
    const done = await visitor.submit(`${path}/continue`, { import: importId });
    expect(done.text).toContain('Went through 20 customers: 20 already here.');
    expect((await visitor.submit(`${path}/stop`, { import: importId })).text).toContain(
      'The import has changed in the meantime.',
    );
  });

  it('says what keeps it from going on, and that nothing has happened for long', async () => {
    await leftAs({
      reason: 'Polar is <b>away</b>.',
      changedAt: new Date(Date.now() - 60 * 60_000).toISOString(),
    });
    const { text, html } = await visitor.get(path);
    expect(text).toContain('The import retries by itself within a minute.');
    expect(text).toContain('No progress since');
    expect(html).toContain('Polar is &lt;b&gt;away&lt;/b&gt;.');
  });

  it('does not ask a person to try again what tries again by itself', async () => {
    await leftAs({ reason: `Polar did not list customers: it answered 503. ${tryLater}` });
    const { text } = await visitor.get(path);
    expect(text).toContain(
      'it answered 503. https://status.polar.sh shows whether it has an outage. The import retries by itself within a minute.',
    );
    expect(text).not.toContain('Try again');
  });
});

it('customers of another organization stop it, and the page says so', async () => {
  await desk.connectByToken();
  await desk.tell('customer.created', 'theirs', {
    ...{ minute: 1, email: 'ann@example.com', organizationId: 'org-other' },
  });
  const contacts = (await desk.items('Contacts')).length;
  const failed = await visitor.submit(`${path}/start`);
  expect(failed.text).toContain('Import failed');
  expect(failed.text).toContain(
    '1 of the organization with the id org-other. Nothing was imported.',
  );
  expect(await desk.items('Contacts')).toHaveLength(contacts);
});

it('asks for another access first where Polar refused this one, until there is one', async () => {
  await desk.connectByToken();
  await visitor.submit(`${path}/look`);
  const changedAt = new Date(Date.now() + 1_000).toISOString();
  const refused = { reason: 'It needs the scope x.', isAccessRefused: true, changedAt };
  await leftAs({ state: 'failed', ...refused });
  const primary = async () =>
    /class="(?:button )?primary"[^>]*>([^<]+)</.exec((await visitor.get(path)).html)?.[1];
  expect(await primary()).toBe('Reconnect to Polar');
  await leftAs({ changedAt: '2026-01-01T00:00:00.000Z' });
  expect(await primary()).toBe('Continue');
});
