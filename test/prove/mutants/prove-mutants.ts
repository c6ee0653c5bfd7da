import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Condition, explained, heartConditions } from './conditions.ts';
import type { Answer, Asked } from './mutant-thread.ts';
import { mutants } from './mutants.ts';
import type { Instrumented } from './turning.ts';
import { killsOfTests } from './unit-tests.ts';

/** What became of one break of the code. `by`: the test, or the checker with its seed, that noticed it. */
type Fate = Readonly<{
  of: string;
  what: string;
  by?: Readonly<{ kind: 'tests' | 'checkers'; name: string }> | undefined;
  /** Why nobody need notice it. */
  why?: string | undefined;
}>;

/** Whether a break was noticed, or need not be. */
export const isAccountedFor = ({ by, why }: Fate): boolean => by !== undefined || why !== undefined;

type Options = Readonly<{
  /** Of each kind, before a mutant counts as one that survives. */
  histories: number;
  /** Leaves the conditions out, which take much longer. */
  promisesOnly?: boolean;
  onFate?: (fate: Fate) => void;
}>;

/** A mutant that never comes to an end is noticed, too. */
const longestMs = 600_000;
const endless = 'It never comes to an end.';

/**
 * Breaks the code on purpose and nowhere on the disk: each check that keeps a promise is taken out, which the checker of
 * runs must notice, and each condition of the heart is turned round, which a test of decisions or else a checker of
 * histories must notice. Throws where they complain of the code as it is.
 */
export async function proveMutants({
  histories,
  promisesOnly = false,
  onFate = () => {},
}: Options): Promise<Fate[]> {
  const [sound] = await answersOf({ histories });
  if (sound?.complaint) throw new Error(`The code itself does not hold: ${sound.complaint}`);
  const fates: Fate[] = [];
  const note = (fate: Fate) => {
    fates.push(fate);
    onFate(fate);
  };
  const untried = [...mutants];
  const tryThem = async () => {
    for (let mutant = untried.shift(); mutant; mutant = untried.shift()) {
      const { of, what } = mutant;
      const [answer] = await answersOf({ mutant, histories });
      note({ of: `promise ${of}`, what, by: byCheckers(answer?.complaint) });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, tryThem));
  if (promisesOnly) return fates;
  const { conditions, instrumented } = heartConditions();
  const kills = new Map((await killsOfTests(instrumented)).map(({ id, by }) => [id, by]));
  for (const condition of conditions) {
    const name = kills.get(condition.id);
    if (name !== undefined) note({ ...fateOf(condition), by: { kind: 'tests', name } });
  }
  const left = conditions.filter(({ id }) => !kills.has(id));
  const noticed = await noticedByCheckers(left, instrumented, histories);
  for (const condition of left) {
    note({ ...fateOf(condition), by: byCheckers(noticed.get(condition.id)) });
  }
  return fates;
}

function fateOf({ of, line, text }: Condition): Fate {
  const why = explained.find((one) => one.of === of && one.text === text)?.why;
  return { of, what: `not (${text}), line ${line}`, why };
}

function byCheckers(complaint: string | undefined): Fate['by'] {
  const name = complaint?.split('\n')[0]?.slice(0, 200);
  return name === undefined ? undefined : { kind: 'checkers', name };
}

/** One thread for all, and a new one after a condition that never comes to an end. */
async function noticedByCheckers(
  conditions: readonly Condition[],
  instrumented: Instrumented,
  histories: number,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  const ids = conditions.map(({ id }) => id);
  while (found.size < ids.length) {
    const turned = ids.filter((id) => !found.has(id));
    const answers = await answersOf({ turned, instrumented, histories }, turned.length);
    for (const { id = '', complaint } of answers) found.set(id, complaint);
    const stuck = turned[answers.length];
    if (stuck !== undefined) found.set(stuck, endless);
  }
  return found;
}

/** As many as are waited for, or those that came before one did not come in time. */
function answersOf(workerData: Asked, count = 1): Promise<Answer[]> {
  const thread = new Worker(new URL('./mutant-thread.ts', import.meta.url), { workerData });
  return new Promise<Answer[]>((resolve, reject) => {
    const answers: Answer[] = [];
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
      void thread.terminate();
    };
    const tooLong = () => {
      if (count === 1) answers.push({ complaint: endless });
      end(() => resolve(answers));
    };
    let timer = setTimeout(tooLong, longestMs);
    thread.on('message', (answer: Answer) => {
      answers.push(answer);
      clearTimeout(timer);
      if (answers.length === count) end(() => resolve(answers));
      else timer = setTimeout(tooLong, longestMs);
    });
    thread.once('error', (error) => end(() => reject(error)));
  });
}

/** How many of each part are noticed, and by what, and which are not. */
export function fateLines(fates: readonly Fate[]): string[] {
  const parts = [...Map.groupBy(fates, ({ of }) => of), ['together', fates] as const];
  const survivors = fates.filter(({ by }) => by === undefined);
  return [
    'of | mutants | killed by tests | killed by checkers | survive | killed',
    ...parts.map(([of, own]) => {
      const killed = (kind: string) => own.filter(({ by }) => by?.kind === kind).length;
      const [tests, checkers] = [killed('tests'), killed('checkers')];
      const percent = `${((100 * (tests + checkers)) / own.length).toFixed(1)} %`;
      const survive = own.length - tests - checkers;
      return [of, own.length, tests, checkers, survive, percent].join(' | ');
    }),
    ...survivors.map(({ of, what, why }) => `survives in ${of}: ${what}${why ? `. ${why}` : ''}`),
  ];
}
