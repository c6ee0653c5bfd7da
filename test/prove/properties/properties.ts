import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { testsPass } from '#test/prove/tests-pass.ts';

const cwd = fileURLToPath(new URL('../../..', import.meta.url));

/** The tests of `npm test`, and the walks and volumes, that draw what they meet, or that need many of something, by `asMany`. */
function files(): string[] {
  return globSync('test/**/*.test.ts', { cwd }).filter(
    // The part `runs` draws these.
    (file) => !file.startsWith('test/unit/prove/') && usesAsMany(file),
  );
}

const usesAsMany = (file: string): boolean =>
  readFileSync(`${cwd}/${file}`, 'utf8').includes("from '#test/support/as-many.ts'");

/** Runs them with many draws, or in short with as few as `npm test`. Says whether all hold; vitest tells of each that does not. */
export function proveProperties(isShort: boolean): Promise<boolean> {
  const args = ['--testTimeout', '600000', ...files()];
  return testsPass(args, isShort ? {} : { AS_MANY: 'in a proof' });
}
