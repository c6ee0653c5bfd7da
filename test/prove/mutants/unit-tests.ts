import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { type Instrumented, instrumentedVariable } from './turning.ts';
import { type Kill, killsVariable } from './turning-runner.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const folder = 'test/unit/shared/audience';

/** Of those that draw, these are quick, and no checker of histories asks as much of what they are about. */
const quickDraws = ['bouncing-since.test.ts', 'subscription-snapshot.test.ts'];

/** The tests of decisions, without most of those that draw what they meet: that is what the checkers of histories do. */
function quickTests(): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .filter((file) => quickDraws.includes(basename(file)) || !draws(file));
}

const draws = (file: string): boolean =>
  /as-many\.ts|fast-check/.test(readFileSync(join(root, file), 'utf8'));

/** Which conditions the tests of decisions notice when they are turned round, and the first test that does. */
export async function killsOfTests(instrumented: Instrumented): Promise<Kill[]> {
  const directory = await mkdtemp(join(tmpdir(), 'polar-audience-mutants-'));
  const [sources, kills] = [join(directory, 'sources.json'), join(directory, 'kills')];
  try {
    await writeFile(sources, JSON.stringify(instrumented));
    await writeFile(kills, '');
    const vitest = await startVitest('test', [], {
      ...{ root, config: false, watch: false, reporters: [], include: quickTests() },
      ...{ isolate: false, fileParallelism: false, testTimeout: 600_000 },
      experimental: { viteModuleRunner: false, nodeLoader: false },
      runner: here('./turning-runner.ts'),
      execArgv: ['--import', here('./turning.ts')],
      env: { [instrumentedVariable]: sources, [killsVariable]: kills },
    });
    const isGreen = vitest.state.getCountOfFailedTests() === 0 && process.exitCode !== 1;
    const ran = vitest.state.getTestModules().length;
    await vitest.close();
    if (!isGreen || ran === 0)
      throw new Error('The tests of decisions fail with the code as it is.');
    const lines = (await readFile(kills, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line): Kill => JSON.parse(line));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
