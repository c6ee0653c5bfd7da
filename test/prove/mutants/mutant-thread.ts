import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Mutant } from './mutants.ts';

/** What a thread is asked: with this mutant in place of the code, does a checker complain? */
export type Asked = Readonly<{ mutant: Mutant | undefined; histories: number }>;

const { mutant, histories } = workerData as Asked;
const root = new URL('../../../', import.meta.url);

if (mutant) {
  const target = new URL(mutant.file, root).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (url !== target) return loaded;
      const source = String(loaded.source);
      if (source.split(mutant.find).length !== 2) {
        throw new Error(`"${mutant.find}" is not once in ${mutant.file}.`);
      }
      return { ...loaded, source: source.replace(mutant.find, () => mutant.replace) };
    },
  });
}

async function complaint(): Promise<string | undefined> {
  const isOfPeople = mutant?.of === 'decide' || mutant?.of === 'identity';
  return (isOfPeople ? await complaintOfPeople() : undefined) ?? complaintOfRuns();
}

async function complaintOfRuns(): Promise<string | undefined> {
  const { checkRuns } = await import('#test/prove/runs/history.ts');
  for (let seed = 1; seed <= histories; seed++) {
    const [problem] = await checkRuns(seed);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function complaintOfPeople(): Promise<string | undefined> {
  const { audienceInMemory, proveHistories } = await import('#test/prove/histories/histories.ts');
  const options = { seed: 1, runs: histories, audience: audienceInMemory };
  const [failure] = (await proveHistories({ ...options, onProgress: () => {} })).failures;
  return failure;
}

parentPort?.postMessage(await complaint());
