import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Break, breaks } from './breaks.ts';

type Noticed = Readonly<{ one: Break; isNoticed: boolean }>;

const folder = fileURLToPath(new URL('./', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));
const vitest = `${root}node_modules/vitest/vitest.mjs`;

/**
 * Takes one rule of the template out at a time, and tells whether the tests that hold it notice. Throws where they
 * complain of the template as it is.
 */
export async function proveTemplate(onNoticed: (noticed: Noticed) => void): Promise<Noticed[]> {
  const files = [...new Set(breaks.map(({ noticedBy }) => noticedBy))];
  if (!(await passes(files))) throw new Error('The tests of the template fail as it is.');
  const all: Noticed[] = [];
  for (const [index, one] of breaks.entries()) {
    const noticed = { one, isNoticed: await isNoticed(index) };
    all.push(noticed);
    onNoticed(noticed);
  }
  return all;
}

/** Whether its tests notice that this one is taken out. */
async function isNoticed(index: number): Promise<boolean> {
  return !(await passes([breaks[index]?.noticedBy ?? ''], index));
}

/** Whether these tests pass, with one rule taken out. */
async function passes(files: readonly string[], index?: number): Promise<boolean> {
  const tests = files.map((file) => `test/stack/infra/${file}`);
  const args = [vitest, 'run', '--config', `${folder}vitest.config.ts`, ...tests];
  const { NODE_OPTIONS = '', ...variables } = process.env;
  const env = {
    // Node keeps what it compiled of the CDK, which is most of the work.
    NODE_COMPILE_CACHE: `${root}node_modules/.cache/node-compile`,
    ...variables,
    NODE_OPTIONS: `${NODE_OPTIONS} --import ${folder}break-on-load.ts`,
    ...(index !== undefined && { TEMPLATE_BREAK: String(index) }),
  };
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return code === 0;
}
