import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Conditions that can be turned round one at a time while the code runs. */
const met = new Set<string>();
let turned: string | undefined;

/** What stands around each condition of an instrumented file. */
function turn(id: string, value: unknown): unknown {
  met.add(id);
  return id === turned ? !value : value;
}
export const turnName = 'polarAudienceTurn';
Object.assign(globalThis, { [turnName]: turn });

export const turning = {
  /** From now on this one, or none, says the opposite. */
  turn(id: string | undefined): void {
    turned = id;
    met.clear();
  },
  /** Those that were asked since. */
  met: (): string[] => [...met],
};

/** By URL, the code with each condition marked. */
export type Instrumented = Readonly<Record<string, string>>;

/** What this process loads from now on is the instrumented code. Nothing of it is where the code is on the disk. */
export function loadInstrumented(sources: Instrumented): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const source = sources[url];
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}

/** How the processes of a test run are told of a file with the instrumented code. */
export const instrumentedVariable = 'POLAR_AUDIENCE_INSTRUMENTED';
const file = process.env[instrumentedVariable];
if (file !== undefined) loadInstrumented(JSON.parse(readFileSync(file, 'utf8')));
