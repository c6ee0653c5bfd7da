import { watch } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildResult, context, formatMessages } from 'esbuild';
import * as z from 'zod';
import { bundleInto, bundling } from '#shared/bundle/bundling.ts';
import type { BundledFunction } from '../lambda/lambda-function.ts';

type Print = (line: string) => void;

/**
 * Rebuilds each function whose source changes, and has its next invocation run what was built. A source that does not
 * compile is printed with its errors, and the function goes on as it was. Gives how to end it.
 */
export async function watchFunctions(
  lambdas: readonly BundledFunction[],
  print: Print,
): Promise<() => Promise<void>> {
  const stops = await Promise.all(lambdas.map((lambda) => watchFunction(lambda, print)));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

async function watchFunction({ bundle, renew }: BundledFunction, print: Print) {
  const entry = await entryOf(bundle);
  const name = basename(dirname(entry));
  const outfile = join(bundle, 'index.mjs');
  let current = await readFile(outfile);
  let startedMs = 0;
  let isBroken = false;

  const built = async ({ errors, outputFiles = [] }: BuildResult) => {
    const wasBroken = isBroken;
    isBroken = errors.length > 0;
    if (isBroken) {
      const told = await formatMessages(errors, { kind: 'error' });
      return print(`${name} can't be built, and stays as it was:\n\n${told.join('\n').trimEnd()}`);
    }
    const next = outputFiles.find(({ path }) => path === outfile);
    if (!next) return;
    if (current.equals(next.contents)) {
      if (wasBroken) print(`${name} builds again, unchanged`);
      return;
    }
    // Last, since a process may start from it at any moment, and needs its parts then.
    const parts = outputFiles.filter((file) => file !== next);
    for (const { path, contents } of [...parts, next]) await replace(path, contents);
    current = Buffer.from(next.contents);
    renew();
    print(`${name} rebuilt in ${Math.round(performance.now() - startedMs)} ms`);
  };

  const building = await context({
    ...bundling,
    mainFields: [...bundling.mainFields],
    entryPoints: [entry],
    ...bundleInto(bundle, name),
    bundle: true,
    platform: 'node',
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'renew',
        setup({ onStart, onEnd }) {
          onStart(() => {
            startedMs = performance.now();
          });
          onEnd(built);
        },
      },
    ],
  });
  await building.watch();
  return building.dispose;
}

const sourceMapSchema = z.object({ sources: z.array(z.string()) });

/** The handler that a bundle was made from, as its source map says. */
async function entryOf(bundle: string): Promise<string> {
  const file = join(bundle, 'index.mjs.map');
  const { sources } = sourceMapSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const entry = sources.find((source) => /(^|\/)functions\/[^/]+\/handler\.ts$/.test(source));
  if (entry === undefined) throw new Error(`${file} names no handler of a function.`);
  return resolve(bundle, entry);
}

/** At once, since a process may start from the file at any moment. */
async function replace(path: string, contents: Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, contents);
  await rename(`${path}.new`, path);
}

const infra = fileURLToPath(new URL('../..', import.meta.url));

/** What the template is made from, below `infra`. */
const inTemplate = /^(constructs[/\\].+|app|polar-audience-stack)\.ts$/;

/** Says once of each file that the template is made from that a change of it needs a restart. Gives how to end it. */
export function watchTemplate(print: (line: string) => void, directory = infra): () => void {
  const told = new Set<string>();
  const watcher = watch(directory, { recursive: true }, (_, file) => {
    if (file === null || told.has(file) || !inTemplate.test(file)) return;
    told.add(file);
    print(`infra/${file} has changed. Restart to pick it up.`);
  });
  return () => watcher.close();
}
