import { parentPort } from 'node:worker_threads';
import type { Proof } from '#test/prove/proof.ts';
import { crashRuns } from './crashes.ts';
import { checkRuns } from './history.ts';
import type { Reached } from './rare-branches.ts';

/** So many histories, a seed each, from this one on. `crashed`: each of them again with a crash at each of its calls. */
export type Asked = Readonly<{ seed: number; runs: number; crashed: boolean }>;
export type Answer = Proof & Readonly<{ reached: Reached }>;

parentPort?.on('message', async (asked: Asked) => parentPort?.postMessage(await answerTo(asked)));

async function answerTo({ seed, runs, crashed }: Asked): Promise<Answer> {
  const reached: Reached = new Map();
  const failures: string[] = [];
  let points = 0;
  for (let one = seed; one < seed + runs && failures.length === 0; one++) {
    const proof = crashed
      ? await crashRuns(one)
      : { points: 1, failures: await checkRuns(one, reached) };
    points += proof.points;
    failures.push(...proof.failures);
  }
  return { points, failures, reached };
}
