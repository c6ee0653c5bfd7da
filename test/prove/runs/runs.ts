import type { Proof } from '#test/prove/proof.ts';
import { checkRuns, type Reached, rareBranches } from './history.ts';

type Options = Readonly<{ seed: number; runs: number; onProgress: (done: number) => void }>;

/** Random histories of runs, a seed each. Stops at the first that fails; rare branches must have been reached. */
export async function proveRuns({ seed, runs, onProgress }: Options): Promise<Proof> {
  const reached: Reached = new Map();
  for (let done = 0; done < runs; done++) {
    const failures = await checkRuns(seed + done, reached);
    if (failures.length > 0) return { points: done + 1, failures };
    if ((done + 1) % 500 === 0) onProgress(done + 1);
  }
  const missed = rareBranches.filter((branch) => !reached.has(branch));
  return { points: runs, failures: missed.map((branch) => `Never reached: ${branch}.`) };
}
