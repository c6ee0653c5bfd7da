import { Worker } from 'node:worker_threads';
import type { Asked } from './mutant-thread.ts';
import { type Mutant, mutants } from './mutants.ts';

export type Fate = Readonly<{ mutant: Mutant; killedBy: string | undefined }>;

type Options = Readonly<{
  /** Of each kind, before a mutant counts as one that survives. */
  histories: number;
  isWanted?: (mutant: Mutant) => boolean;
  onFate?: (fate: Fate) => void;
}>;

/** A mutant that never comes to an end is noticed, too. */
const longestMs = 600_000;

/**
 * Breaks the code on purpose, each mutant in a thread of its own and nowhere on the disk, and tells which of them the
 * checkers of histories notice. Throws where they complain of the code as it is.
 */
export async function proveMutants(options: Options): Promise<Fate[]> {
  const { histories, isWanted = () => true, onFate = () => {} } = options;
  const complaint = await asked({ mutant: undefined, histories });
  if (complaint !== undefined) throw new Error(`The code itself does not hold: ${complaint}`);
  const fates: Fate[] = [];
  for (const mutant of mutants.filter(isWanted)) {
    const fate = { mutant, killedBy: await asked({ mutant, histories }) };
    fates.push(fate);
    onFate(fate);
  }
  return fates;
}

/** How many of each part are noticed, and why the others are not. */
export function fateLines(fates: readonly Fate[]): string[] {
  const isKilled = ({ killedBy }: Fate) => killedBy !== undefined;
  const parts = [...Map.groupBy(fates, ({ mutant }) => mutant.of)].map(([part, own]) => {
    const name = /^\d$/.test(part) ? `promise ${part}` : part;
    return `${name}: ${own.filter(isKilled).length} of ${own.length} killed`;
  });
  const all = `${fates.filter(isKilled).length} of ${fates.length} killed`;
  const survivors = fates.filter((fate) => !isKilled(fate));
  const why = survivors.map(
    ({ mutant }) => `survives: ${mutant.what}: ${mutant.survives ?? 'not explained'}`,
  );
  return [...parts, all, ...why];
}

function asked(workerData: Asked): Promise<string | undefined> {
  const thread = new Worker(new URL('./mutant-thread.ts', import.meta.url), { workerData });
  return new Promise<string | undefined>((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve('It never comes to an end.');
      void thread.terminate();
    }, longestMs);
    const once = (settle: () => void) => {
      clearTimeout(timer);
      settle();
      void thread.terminate();
    };
    thread.once('message', (complaint: string | undefined) => once(() => resolve(complaint)));
    thread.once('error', (error) => once(() => reject(error)));
  });
}
