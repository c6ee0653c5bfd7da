import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Mutant } from './mutants.ts';
import { type Instrumented, loadInstrumented, turning } from './turning.ts';

/** What a thread is asked: with the code as it is, or broken in this way, does a checker of histories complain? */
export type Asked = Readonly<{ histories: number }> &
  (
    | Readonly<{ mutant?: Mutant | undefined }>
    /** Each of these conditions turned round, one after another. */
    | Readonly<{ turned: readonly string[]; instrumented: Instrumented }>
  );
export type Answer = Readonly<{ id?: string; complaint: string | undefined }>;

const asked = workerData as Asked;
const root = new URL('../../../', import.meta.url);

if ('turned' in asked) loadInstrumented(asked.instrumented);
else if (asked.mutant) load(asked.mutant);

function load({ file, find, replace }: Mutant): void {
  const target = new URL(file, root).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = String(loaded.source);
      if (source.split(find).length !== 2) throw new Error(`"${find}" is not once in ${file}.`);
      return { ...loaded, source: source.replace(find, () => replace) };
    },
  });
}

/** Of this one each call is crashed, too, which takes as long as hundreds of others. */
const crashed = 3;

async function complaintOfRuns(): Promise<string | undefined> {
  const { checkRuns } = await import('#test/prove/runs/history.ts');
  const { crashRuns } = await import('#test/prove/runs/crashes.ts');
  const rare = 'mutant' in asked ? asked.mutant?.seed : undefined;
  const seeds = Array.from({ length: asked.histories }, (_, nth) => nth + 1);
  for (const seed of rare === undefined ? seeds : [rare, ...seeds]) {
    const [problem] = await checkRuns(seed);
    if (problem !== undefined) return `runs, ${problem}`;
  }
  const [problem] = (await crashRuns(crashed)).failures;
  return problem && `runs, ${problem}`;
}

async function complaintOfPeople(): Promise<string | undefined> {
  const { audienceInMemory, proveHistories } = await import('#test/prove/histories/histories.ts');
  const options = { seed: 1, runs: asked.histories, audience: audienceInMemory };
  const [failure] = (await proveHistories({ ...options, onProgress: () => {} })).failures;
  return failure && `histories: ${failure}`;
}

const answer = (one: Answer) => parentPort?.postMessage(one);
if ('turned' in asked) {
  for (const id of asked.turned) {
    turning.turn(id);
    answer({ id, complaint: (await complaintOfPeople()) ?? (await complaintOfRuns()) });
  }
} else answer({ complaint: await complaintOfRuns() });
