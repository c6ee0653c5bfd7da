import { expect, it } from 'vitest';
import { concernsView, type SetUp, setUpView } from '#functions/console/overview/next-steps.ts';
import type { Import } from '#shared/audience/backfill/import.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';
import type { Concern } from '#shared/status/concerns.ts';

const sentence = 'Something is wrong.';

it.each<[string, string, Concern]>([
  ['/console/polar', 'Connect Polar', { kind: 'not-connected', sentence }],
  ['/console/polar', 'See the connection', { kind: 'previous-secret', sentence }],
  [
    '/console/polar',
    'Open Polar to redeliver',
    { kind: 'connection', repair: 'redeliver', sentence },
  ],
  ['/console/emails?fate=unknown', 'Decide on emails', { kind: 'emails-unknown', sentence }],
  ['/console/emails?fate=failed', 'See failed emails', { kind: 'emails-failed', sentence }],
  ['/console/settings', 'Fix the settings', { kind: 'settings', sentence }],
  ['/console/events/msg_1', 'See the oldest', { kind: 'retried', failureId: 'msg_1', sentence }],
])('leads to %s to "%s"', async (href, label, concern) => {
  expect(String(await concernsView([concern]))).toContain(
    `<a class="button primary" href="${href}">${label}</a>`,
  );
});

it('says since when webhooks may be missing, and which command closes the gap', async () => {
  const gap = { since: '2026-11-20T10:00:00.000Z', known: 'delivery' } as const;
  const html = String(await concernsView([{ kind: 'gap', gap, sentence }]));
  expect(html).toMatch(/Webhooks may be missing since <time datetime="2026-11-20T10:00:00.000Z"/);
  expect(html).toContain('Run <span class="code whole">npm run recover</span> to close the gap.');
  expect(html.match(/<a /g)).toHaveLength(1);
  expect(html).toContain('<a class="button primary" href="/console/polar">See the connection</a>');
});

const noWay = { obstacle: 'Start it with a local Polar.' };

const allDone: SetUp = {
  ...{
    isConnected: true,
    hasSecret: true,
    needsNoImport: true,
    hasSender: true,
    imported: undefined,
    obstacle: undefined,
  },
  ...{ hasPostalAddress: true, hasActiveWorkflow: true, needsNoTest: true, isInUse: true },
};

it.each([
  ['nothing once all is done', {}, ''],
  ['nothing where only the connection is missing and a secret was set by hand', byHand({}), ''],
  ['the connection while it is missing', { isConnected: false, hasSecret: false }, 'Connect Polar'],
  ['it, too, by hand while there is more to do', byHand({ needsNoTest: false }), 'already come in'],
  ['it, by hand, too, while it is new', byHand({ isInUse: false }), 'already come in'],
  [
    'nothing while it is new where Polar cannot be connected',
    byHand({ isInUse: false, ...noWay }),
    '',
  ],
  ['no import that needs a connection of who has none', byHand({ needsNoImport: false }), ''],
])('of what is set up says %s', (_, missing, text) => {
  const shown = String(setUpView({ ...allDone, ...missing }));
  expect(shown.includes('Get started')).toBe(text !== '');
  expect(shown).toContain(text);
  expect(shown).not.toContain('Connect Polar <span class="unseen">(done)');
});

function byHand(missing: Partial<SetUp>) {
  return { isConnected: false, ...missing };
}

it('says that all is set up to who has just done the last of it, and to nobody else', () => {
  expect(String(setUpView(allDone, true))).toContain('You’re set up');
  expect(String(setUpView(allDone, false))).toBe('');
  expect(String(setUpView({ ...allDone, isConnected: false }, true))).toBe('');
  expect(String(setUpView({ ...allDone, needsNoTest: false }, true))).toContain('4 of 5 done');
});

const anImport: Import = {
  ...{ importId: 'i', revision: 1, kind: 'import', state: 'running', tries: 0 },
  ...{ organizationId: 'o', organizationName: 'Example Shop', by: 'arn:ann' },
  ...{ startedAt: '2026-11-29T00:00:00.000Z', changedAt: '2026-11-29T00:00:00.000Z' },
};

it.each<[string, Import | undefined]>([
  ['Preview it first. Nobody is emailed.', undefined],
  ['Preview it first. Nobody is emailed.', { ...anImport, kind: 'look', state: 'done' }],
  ['Importing. ', anImport],
  ['The last import failed. Its page says why.', { ...anImport, state: 'failed' }],
  ['The last import was stopped. Continue it on its page.', { ...anImport, state: 'stopped' }],
])('says of an import "%s"', (text, imported) => {
  expect(String(setUpView({ ...allDone, needsNoImport: false, imported }))).toContain(text);
});

it.each<[string, string, Import | undefined]>([
  ['to do', 'nobody looked', undefined],
  ['to do', 'a look found customers to bring in', aLook(3)],
  ['done', 'a look found nobody', aLook(0)],
  ['to do', 'an import stopped', { ...anImport, state: 'stopped' }],
  ['done', 'an import is over', { ...anImport, state: 'done' }],
])('says that the import is %s where %s', (said, _, imported) => {
  const shown = String(
    setUpView({ ...allDone, ...{ needsNoImport: false, needsNoTest: false }, imported }),
  );
  expect(shown).toMatch(
    new RegExp(`Import (3 )?existing customers <span class="unseen">\\(${said}\\)`),
  );
});

function aLook(missing: number): Import {
  const counts = noCounts();
  const place = {
    phase: 'orders' as const,
    counts: { ...counts, drift: { ...counts.drift, missing } },
  };
  return { ...anImport, kind: 'look', state: 'done', place };
}

it('leads nowhere where Polar cannot be connected, and says why', () => {
  const obstacle = 'Start it with a local Polar.';
  const missing = { isConnected: false, needsNoImport: false, needsNoTest: false };
  const shown = String(setUpView({ ...allDone, ...missing, obstacle }));
  expect(shown).toContain(obstacle);
  expect(shown).toContain('Once Polar is connected.');
  expect(shown).not.toMatch(/href="[^"]*polar/);
  expect(shown).toContain('class="button primary" href="/console/test"');
});
