import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchFunctions } from '#infra/local/assembly/watch-sources.ts';
import { lambdaFunction } from '#infra/local/lambda/lambda-function.ts';
import { bundling } from '#shared/bundle/bundling.ts';
import { functionInAFolder, temporaryFolder } from '#test/support/process/function-in-a-folder.ts';

const patience = { timeout: 200_000, interval: 50 };

const saying = (words: string) => `
  import { setTimeout } from 'node:timers/promises';
  export const handler = async (event: { waitMs?: number }): Promise<string> => {
    await setTimeout(event.waitMs ?? 0);
    return '${words}';
  };`;

/** A function that runs from its bundle while its source is watched. */
async function watched() {
  const root = await temporaryFolder();
  const folder = join(root, 'functions', 'greeter');
  await mkdir(folder, { recursive: true });
  await mkdir(join(root, 'shared'));
  const source = join(folder, 'handler.ts');
  await writeFile(source, saying('hello'));
  const spec = await functionInAFolder('');
  const outfile = join(spec.bundle, 'index.mjs');
  const { mainFields, ...like } = bundling;
  await build({
    ...like,
    mainFields: [...mainFields],
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
  });
  const lambda = lambdaFunction(spec);
  onTestFinished(lambda.stop);
  const printed: string[] = [];
  const stop = await watchFunctions([lambda], (line) => void printed.push(line));
  onTestFinished(stop);
  return {
    root,
    printed,
    bundle: () => readFile(outfile, 'utf8'),
    /** At once, as editors do: a file that is written in place is empty for a moment, and builds. */
    write: async (code: string) => {
      await writeFile(`${folder}.new`, code);
      await rename(`${folder}.new`, source);
    },
    says: async (event: object = {}) => {
      const result = await lambda.invoke(event);
      return result.kind === 'answer' ? result.payload : result.message;
    },
  };
}

test('a function whose source changes is rebuilt, and its next invocation runs what was built', async () => {
  const greeter = await watched();
  expect(await greeter.says()).toBe('hello');
  await greeter.write(saying('good evening'));
  await vi.waitFor(async () => expect(await greeter.says()).toBe('good evening'), patience);
  expect(greeter.printed).toEqual([expect.stringMatching(/^greeter rebuilt in \d+ ms$/)]);
});

test('an invocation that has begun ends with the code it began with', async () => {
  const greeter = await watched();
  // Its code is loaded by the first.
  await greeter.says();
  const begun = greeter.says({ waitMs: 4_000 });
  await greeter.write(saying('good evening'));
  await vi.waitFor(async () => expect(await greeter.says()).toBe('good evening'), patience);
  expect(await begun).toBe('hello');
});

test('a change of what several functions are made from is noticed, too, and so is what was missing', async () => {
  const greeter = await watched();
  await greeter.write(`export { handler } from '../../shared/words.ts';`);
  await vi.waitFor(() => expect(greeter.printed).toHaveLength(1), patience);
  expect(greeter.printed[0]).toContain('shared/words.ts');
  const shared = join(greeter.root, 'shared');
  await writeFile(join(shared, 'words.ts'), saying('good evening'));
  await vi.waitFor(async () => expect(await greeter.says()).toBe('good evening'), patience);
  await writeFile(join(shared, 'words.ts'), saying('good night'));
  await vi.waitFor(async () => expect(await greeter.says()).toBe('good night'), patience);
});

test('a source that does not compile is told of, and the function goes on as it was until it does', async () => {
  const greeter = await watched();
  const before = await greeter.bundle();
  await greeter.write('export const handler = {');
  await vi.waitFor(() => expect(greeter.printed).toHaveLength(1), patience);
  expect(greeter.printed[0]).toMatch(
    /^greeter can't be built, and stays as it was:\n\n.*handler\.ts:1/s,
  );
  expect(await greeter.says()).toBe('hello');
  expect(await greeter.bundle()).toBe(before);
  await greeter.write(saying('hello'));
  await vi.waitFor(() => expect(greeter.printed).toHaveLength(2), patience);
  expect(greeter.printed[1]).toBe('greeter builds again, unchanged');
  await greeter.write(saying('good night'));
  await vi.waitFor(async () => expect(await greeter.says()).toBe('good night'), patience);
});

test('a function that was built in one go with others is found where the sources are', async () => {
  const spec = await functionInAFolder('');
  const map = { sources: ['../../../functions/clock/handler.ts'] };
  await writeFile(join(spec.bundle, 'index.mjs.map'), JSON.stringify(map));
  const lambda = lambdaFunction(spec);
  onTestFinished(lambda.stop);
  const printed: string[] = [];
  onTestFinished(await watchFunctions([lambda], (line) => void printed.push(line)));
  await vi.waitFor(() => expect(printed).toHaveLength(1), patience);
  expect(printed[0]).toMatch(/^clock rebuilt in \d+ ms$/);
});
