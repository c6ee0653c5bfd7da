import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../../..', import.meta.url));

/** The tests of `npm test` that draw what they meet, or that need many of something, by `asMany`. */
function files(): string[] {
  return globSync('test/**/*.test.ts', { cwd }).filter(
    // The part `runs` draws these.
    (file) => !file.startsWith('test/unit/prove/') && usesAsMany(file),
  );
}

const usesAsMany = (file: string): boolean =>
  readFileSync(`${cwd}/${file}`, 'utf8').includes("from '#test/support/as-many.ts'");

/** Runs them with many draws, or in short with as few as `npm test`. Says whether all hold; vitest tells of each that does not. */
export async function proveProperties(isShort: boolean): Promise<boolean> {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout', '600000'];
  const tests = spawn(process.execPath, [...vitest, ...files()], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(!isShort && { AS_MANY: 'in a proof' }) },
  });
  const [code] = await once(tests, 'close');
  return code === 0;
}
