import { expect, it } from 'vitest';
import { backfillLines, driftLines, isLeft } from '#infra/commands/backfill/text.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';

const counts = { ...noCounts(), drift: { missing: 2, stale: 0, 'wrong-group': 0, extra: 0 } };
const none = { missing: 0, stale: 0, 'wrong-group': 0, extra: 0 };
const told = { isDryRun: true, options: ' --stage x' };

it('a dry run of backfill ends with how to repair what differs', () => {
  expect(backfillLines(counts, { ...told, command: 'backfill' }).at(-1)).toBe(
    'Nothing was changed. To repair it: npm run backfill -- --stage x',
  );
});

it('customers whose group alone differs are counted by their details and by their group, and it says so', () => {
  const groups = {
    ...noCounts(),
    customers: 61,
    inStep: 60,
    drift: { ...none, 'wrong-group': 55 },
  };
  const shown = backfillLines(groups, { ...told, command: 'backfill' }).join('\n');
  expect(shown).toMatch(/^same details +60 +address, name and external id match$/m);
  expect(shown).toMatch(/^wrong group +55 .* group; each may also be counted above$/m);
  expect(shown).not.toContain('in step');
});

it('states of subscriptions are something to do for a dry run, and done after a run', () => {
  const states = { ...noCounts(), drift: none, subscriptions: 2 };
  const dry = backfillLines(states, { ...told, command: 'backfill' });
  expect(dry.at(-1)).toBe('Nothing was changed. To repair it: npm run backfill -- --stage x');
  expect(dry.join('\n')).toMatch(/^subscriptions +2 /m);
  expect(isLeft(states, true)).toBe(true);
  const run = backfillLines(states, { ...told, isDryRun: false, command: 'backfill' });
  expect(run.at(-1)).toBe('The audience now matches Polar.');
  expect(isLeft(states, false)).toBe(false);
});

it('a dry run of recover leaves that to its own end, and names no other command', () => {
  const lines = backfillLines(counts, { ...told, command: 'recover' });
  expect(lines.join('\n')).not.toMatch(/Nothing was changed|npm run backfill/);
  expect(lines.at(-1)).not.toBe('');
});

it.each([
  ['goes-on', false, 'Run the same command to continue where it stopped.'],
  ['starts-over', false, 'Run the same command to start over. Nothing is done twice.'],
  ['starts-over', true, 'Nothing was changed.'],
] as const)(
  'one that was broken off and %s (a dry run: %s) never says that all is in step',
  (brokenOff, isDryRun, next) => {
    const all = { ...noCounts(), customers: 60 };
    const lines = backfillLines(all, { ...told, isDryRun, command: 'backfill', brokenOff });
    expect(lines.at(-1)).toBe(`Interrupted before the end. ${next}`);
    expect(lines.join('\n')).not.toContain('matches Polar');
  },
);

it('one that was broken off before it saw anything shows no table of nothing', () => {
  const wish = { ...told, isDryRun: false, command: 'backfill', brokenOff: 'starts-over' } as const;
  expect(backfillLines({ ...noCounts(), drift: none }, wish)).toEqual([
    'Interrupted before anything was compared.',
  ]);
});

it('a person who differs in several ways has one line', () => {
  const lines: string[] = [];
  const found = driftLines(
    () => 'a***@example.com',
    (line) => lines.push(line),
  );
  found({ drift: 'missing', customerId: 'c-1', address: 'ada@example.com' });
  found({ drift: 'stale', customerId: 'c-2' });
  found({ drift: 'wrong-group', customerId: 'c-1', address: 'ada@example.com' });
  expect(lines.map((line) => line.trim())).toEqual([
    expect.stringMatching(/^missing +c-1 +a\*\*\*@example\.com$/),
    expect.stringMatching(/^stale +c-2$/),
  ]);
});
