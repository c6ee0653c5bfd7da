import { expect, it } from 'vitest';
import { checkRuns, type Reached, rareBranches } from '#test/prove/runs/history.ts';

it('runs do what the model says, and keep their promises, in random histories', async () => {
  const reached: Reached = new Map();
  for (let seed = 1; seed <= 40; seed++) {
    expect(await checkRuns(seed, reached)).toEqual([]);
  }
  expect(rareBranches.filter((branch) => !reached.has(branch))).toEqual([]);
}, 600_000);
