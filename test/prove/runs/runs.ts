import { type Proof, together } from '#test/prove/proof.ts';
import { crashRuns } from './crashes.ts';
import { checkRuns, type Reached, rareBranches } from './history.ts';
import type { OutsideOf } from './world.ts';

type Options = Readonly<{
  seed: number;
  runs: number;
  /** Absent: all of it is in memory. */
  outside?: () => Promise<OutsideOf>;
  onProgress: (done: number) => void;
}>;

/**
 * Random histories of runs, a seed each. Stops at the first that fails. Rare branches must have been reached by those in
 * memory; on tables there are too few.
 */
export async function proveRuns({ seed, runs, outside, onProgress }: Options): Promise<Proof> {
  const reached: Reached = new Map();
  for (let done = 0; done < runs; done++) {
    const failures = await checkRuns(seed + done, reached, {
      ...(outside && { outsideOf: await outside() }),
    });
    if (failures.length > 0) return { points: done + 1, failures };
    if ((done + 1) % (outside ? 10 : 500) === 0) onProgress(done + 1);
  }
  if (outside) return { points: runs, failures: [] };
  const missed = rareBranches.filter((branch) => !reached.has(branch));
  return { points: runs, failures: missed.map((branch) => `Never reached: ${branch}.`) };
}

/** So many short histories, with a crash before and after each call of each. */
export async function proveRunCrashes({ seed, runs, onProgress }: Options): Promise<Proof> {
  const proofs: Proof[] = [];
  for (let done = 0; done < runs; done++) {
    proofs.push(await crashRuns(seed + done));
    onProgress(done + 1);
  }
  return together(proofs);
}
