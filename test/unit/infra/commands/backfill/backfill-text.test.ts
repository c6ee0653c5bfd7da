import { expect, it } from 'vitest';
import { noCounts } from '#infra/commands/backfill/page.ts';
import { backfillLines } from '#infra/commands/backfill/text.ts';

const counts = { ...noCounts(), drift: { missing: 2, stale: 0, 'wrong-group': 0, extra: 0 } };
const told = { isDryRun: true, options: ' --stage x' };

it('a dry run of backfill ends with how to repair what differs', () => {
  expect(backfillLines(counts, { ...told, command: 'backfill' }).at(-1)).toBe(
    'Nothing was changed. To repair it: npm run backfill -- --stage x',
  );
});

it('a dry run of recover leaves that to its own end, and names no other command', () => {
  const lines = backfillLines(counts, { ...told, command: 'recover' });
  expect(lines.join('\n')).not.toMatch(/Nothing was changed|npm run backfill/);
  expect(lines.at(-1)).not.toBe('');
});
