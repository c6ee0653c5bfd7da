import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../..', import.meta.url));

/** Runs vitest with these arguments. Says whether all tests pass; vitest tells of each that does not. */
export async function testsPass(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const tests = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const [code] = await once(tests, 'close');
  return code === 0;
}
