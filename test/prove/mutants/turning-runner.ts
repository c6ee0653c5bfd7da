import { appendFileSync } from 'node:fs';
import { type RunnerTestCase, TestRunner } from 'vitest';
import { turning } from './turning.ts';

/** Where the runner writes which test noticed which condition, a line of JSON each. */
export const killsVariable = 'POLAR_AUDIENCE_KILLS';

export type Kill = Readonly<{ id: string; by: string }>;

const killed = new Set<string>();
const { setTimeout } = globalThis;
const longestMs = 10_000;

/** Runs a test as ever, and once more for each condition that it met with that one turned round. */
export default class TurningRunner extends TestRunner {
  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test);
    turning.turn(undefined);
    await run();
    for (const id of turning.met().filter((one) => !killed.has(one))) {
      turning.turn(id);
      if (await isNoticed(async () => run())) {
        killed.add(id);
        const kill: Kill = { id, by: `${test.file.name}: ${test.fullTestName}` };
        appendFileSync(process.env[killsVariable] ?? '', `${JSON.stringify(kill)}\n`);
      }
    }
    turning.turn(undefined);
  }
}

/** One that never comes to an end is noticed, too. */
async function isNoticed(run: () => Promise<void>): Promise<boolean> {
  const tooLong = new Promise<true>((resolve) =>
    setTimeout(() => resolve(true), longestMs).unref(),
  );
  const failed = run().then(
    () => false,
    () => true,
  );
  return Promise.race([failed, tooLong]);
}
