import { existsSync } from 'node:fs';
import { readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildResult, context, formatMessages } from 'esbuild';
import * as z from 'zod';
import { bundleInto, bundling } from '#shared/bundle/bundling.ts';
import type { BundledFunction } from '../lambda/lambda-function.ts';
import { isIn, watchFolder } from './watch-folder.ts';

type Print = (line: string) => void;

const infra = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Rebuilds each function whose source changes, and has its next invocation run what was built. A source that does not
 * compile is printed with its errors, and the function goes on as it was. Gives how to end it.
 */
export async function watchFunctions(
  lambdas: readonly BundledFunction[],
  print: Print,
): Promise<() => Promise<void>> {
  const functions = await Promise.all(lambdas.map((lambda) => rebuilding(lambda, print)));
  const changed = new Set<string>();
  const settled = afterwards(settlingMs, () => {
    const paths = [...changed];
    changed.clear();
    for (const one of functions) if (one.isMadeFrom(paths)) one.rebuild();
  });
  const folders = new Set(functions.flatMap(({ folders }) => folders));
  const stops = [...folders].map((folder) =>
    watchFolder(folder, (path) => {
      changed.add(path);
      settled.begin();
    }),
  );
  return async () => {
    for (const stop of stops) stop();
    settled.cancel();
    await Promise.all(functions.map(({ stop }) => stop()));
  };
}

/** What is saved in one go is built in one go, and no file that is empty while it is written. */
const settlingMs = 50;

/** Does something so long after it was begun last. */
function afterwards(ms: number, act: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => clearTimeout(timer);
  return {
    begin: () => {
      cancel();
      timer = setTimeout(act, ms);
    },
    cancel,
  };
}

/** Where the sources of functions are: beside the folder of all functions. */
const sourceFolders = ['functions', 'shared'] as const;

/**
 * A function that can be built again. It is built at once, to know what it is made from: esbuild's own watch would do
 * that, too, and goes on to read files all the time.
 */
async function rebuilding({ bundle, renew }: BundledFunction, print: Print) {
  const entry = await entryOf(bundle);
  const name = basename(dirname(entry));
  const outfile = join(bundle, 'index.mjs');
  let current = await readFile(outfile);
  let startedMs = 0;
  /** Why it cannot be built; empty: it can. */
  let told = '';
  /** Not known before it was built for the first time. */
  let inputs: readonly string[] | undefined;

  const built = async ({ errors, outputFiles = [], metafile }: BuildResult) => {
    const wasBroken = told !== '';
    const before = told;
    told = (await formatMessages(errors, { kind: 'error' })).join('\n').trimEnd();
    if (told !== '') {
      if (told !== before) print(`${name} can't be built, and stays as it was:\n\n${told}`);
      return;
    }
    inputs = Object.keys(metafile?.inputs ?? {}).map((path) => resolve(path));
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
    metafile: true,
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
  const rebuild = oneAtATime(() => building.rebuild());
  rebuild();
  // As esbuild names what it has read.
  const root = await realpath(resolve(dirname(entry), '../..'));
  return {
    folders: sourceFolders.map((folder) => join(root, folder)),
    /** Whether any of these files or folders is part of it; of one that cannot be built any may be what it lacks. */
    isMadeFrom: (paths: readonly string[]) =>
      told !== '' || !inputs || inputs.some((input) => paths.some((path) => isIn(input, path))),
    rebuild,
    stop: building.dispose,
  };
}

/** Does something, once more where it is asked for meanwhile. Its failures are told by esbuild's plugin. */
function oneAtATime(act: () => Promise<unknown>): () => void {
  let isAtIt = false;
  let isDue = false;
  const go = async () => {
    isAtIt = true;
    while (isDue) {
      isDue = false;
      await act().catch(() => undefined);
    }
    isAtIt = false;
  };
  return () => {
    isDue = true;
    if (!isAtIt) void go();
  };
}

const sourceMapSchema = z.object({ sources: z.array(z.string()) });

/**
 * The handler that a bundle was made from, as its source map says: as seen from the bundle, or, where many were built in
 * one go, from where that was done.
 */
async function entryOf(bundle: string): Promise<string> {
  const file = join(bundle, 'index.mjs.map');
  const { sources } = sourceMapSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  for (const source of sources) {
    const [, , below] = /(^|\/)(functions\/[^/]+\/handler\.ts)$/.exec(source) ?? [];
    if (below === undefined) continue;
    const beside = resolve(bundle, source);
    return existsSync(beside) ? beside : resolve(infra, '..', below);
  }
  throw new Error(`${file} names no handler of a function.`);
}

/** At once, since a process may start from the file at any moment. */
async function replace(path: string, contents: Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, contents);
  await rename(`${path}.new`, path);
}

/** What the template is made from, below `infra`. */
const inTemplate = /^(constructs[/\\].+|app|polar-audience-stack)\.ts$/;

/** Says once of each file that the template is made from that a change of it needs a restart. Gives how to end it. */
export function watchTemplate(print: (line: string) => void, directory = infra): () => void {
  const told = new Set<string>();
  return watchFolder(directory, (path) => {
    const file = relative(directory, path);
    if (told.has(file) || !inTemplate.test(file)) return;
    told.add(file);
    print(`infra/${file} has changed. Restart to pick it up.`);
  });
}
