import { expect, it } from 'vitest';
import { latestBeside, mostLatest } from '#functions/console/overview/latest-view.ts';
import { countsOf } from '#shared/audience/counts/counts.ts';

const workflows = (count: number, status: 'active' | 'draft' = 'active') =>
  Array.from({ length: count }, (_, nth) => ({ workflowId: `w-${nth}`, name: `W ${nth}`, status }));
const nothing = { sum: countsOf([], 0) };

it.each([
  ['no workflow', workflows(0), 4],
  ['two workflows', workflows(2), 4],
  ['six workflows', workflows(6), 6],
  ['eight workflows', workflows(8), 7],
  ['eight of twelve workflows', workflows(12), 8],
])('beside %s there is room for so many events', (_, all, count) => {
  expect(latestBeside(all, nothing)).toBe(count);
});

it('are more beside workflows with runs, which take two lines each', () => {
  const sum = countsOf(
    workflows(8).map(({ workflowId }) => ['runs', workflowId, 'entered'] as const),
    0,
  );
  const beside = latestBeside(workflows(8), { sum });
  expect(beside).toBeGreaterThan(latestBeside(workflows(8), nothing));
  expect(beside).toBeLessThanOrEqual(mostLatest);
});
