import { Advice } from './advice.ts';

/** Runs a command of the engineer's. What it throws as Advice is shown as its sentence alone; exit code 1. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.exitCode = 1;
    console.error(error instanceof Advice ? error.message : error);
  }
}
