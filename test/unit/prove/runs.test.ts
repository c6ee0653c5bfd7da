import { expect, it } from 'vitest';
import { crashRuns } from '#test/prove/runs/crashes.ts';
import { checkRuns } from '#test/prove/runs/history.ts';
import { type Reached, rareBranches } from '#test/prove/runs/rare-branches.ts';

/** Which of the calls it dies at: `npm run prove -- runs` tries each. */
const everyNth = 20;

it('a crash of a function before or after any of its calls breaks no promise of a run', async () => {
  const proof = await crashRuns(3, (at) => at % everyNth === 0);
  expect(proof.failures).toEqual([]);
  expect(proof.points).toBeGreaterThan(20);
}, 600_000);

/** Together they reach all that is rare; `npm run prove -- runs` draws many more. */
const seeds = [12, 17, 47, 122];

it('runs do what the model says, and keep their promises, in random histories', async () => {
  const reached: Reached = new Map();
  for (const seed of seeds) {
    expect(await checkRuns(seed, reached)).toEqual([]);
  }
  expect(rareBranches.filter((branch) => !reached.has(branch))).toEqual([]);
}, 600_000);
