import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Proof, together } from '#test/prove/proof.ts';
import { checkRuns } from './history.ts';
import { type Reached, rareBranches } from './rare-branches.ts';
import type { Answer, Asked } from './runs-thread.ts';
import type { OutsideOf } from './world.ts';

type Options = Readonly<{ seed: number; runs: number; onProgress: (done: number) => void }>;

/** Random histories of runs in memory, a seed each. All that is rare must have been reached. */
export async function proveRuns(options: Options): Promise<Proof & Readonly<{ reached: Reached }>> {
  const answers = await onThreads(options, { atOnce: 50, crashed: false });
  const reached: Reached = new Map();
  for (const [branch, count] of answers.flatMap((one) => [...one.reached])) {
    reached.set(branch, (reached.get(branch) ?? 0) + count);
  }
  const { points, failures } = together(answers);
  if (failures.length > 0) return { points, failures, reached };
  const missed = rareBranches.filter((branch) => !reached.has(branch));
  return { points, failures: missed.map((branch) => `Never reached: ${branch}.`), reached };
}

/** The same on tables of `outside`, one after another. Stops at the first that fails. */
export async function proveRunsOutside({
  seed,
  runs,
  outside,
  onProgress,
}: Options & Readonly<{ outside: () => Promise<OutsideOf> }>): Promise<Proof> {
  for (let done = 0; done < runs; done++) {
    const failures = await checkRuns(seed + done, new Map(), { outsideOf: await outside() });
    if (failures.length > 0) return { points: done + 1, failures };
    if ((done + 1) % 10 === 0) onProgress(done + 1);
  }
  return { points: runs, failures: [] };
}

/** So many short histories, with a crash before and after each call of each. */
export async function proveRunCrashes(options: Options): Promise<Proof> {
  return together(await onThreads(options, { atOnce: 1, crashed: true }));
}

/** On all cores, so many histories at once. None is begun after one that fails. */
async function onThreads(
  { seed, runs, onProgress }: Options,
  { atOnce, crashed }: Readonly<{ atOnce: number; crashed: boolean }>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let [begun, done] = [0, 0];
  const isOver = () => begun >= runs || answers.some(({ failures }) => failures.length > 0);

  async function useThread(): Promise<void> {
    const thread = new Worker(new URL('./runs-thread.ts', import.meta.url));
    try {
      while (!isOver()) {
        const some = Math.min(atOnce, runs - begun);
        const asked = { seed: seed + begun, runs: some, crashed };
        begun += some;
        answers.push(await answerOf(thread, asked));
        done += some;
        onProgress(done);
      }
    } finally {
      await thread.terminate();
    }
  }

  await Promise.all(Array.from({ length: availableParallelism() }, useThread));
  return answers;
}

/** Throws what the thread threw. */
async function answerOf(thread: Worker, asked: Asked): Promise<Answer> {
  const answered = once(thread, 'message');
  thread.postMessage(asked);
  const [answer]: Answer[] = await answered;
  if (!answer) throw new Error('A thread answered nothing.');
  return answer;
}
