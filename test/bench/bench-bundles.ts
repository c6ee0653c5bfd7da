import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The peers as esbuild's defaults bundle them: directories like those of our own bundles. */
export async function bundlePeers(directory: string) {
  const [ingest, worker] = await Promise.all(
    ['ingest', 'worker'].map(async (name) => {
      const bundle = join(directory, `peer-${name}`);
      const outfile = join(bundle, 'index.js');
      await build({
        entryPoints: [source(`./peer/${name}.ts`)],
        bundle: true,
        platform: 'node',
        outfile,
      });
      return bundle;
    }),
  );
  if (ingest === undefined || worker === undefined) throw new Error('A peer is missing.');
  return { ingest, worker };
}

/** The least that an accepted webhook takes, minified: a directory like those of our own bundles. */
export async function bundleByHand(directory: string): Promise<string> {
  const bundle = join(directory, 'by-hand');
  await build({
    entryPoints: [source('./peer/by-hand.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    outfile: join(bundle, 'index.js'),
  });
  return bundle;
}

/** A function that does nothing. */
export async function bundleEmpty(directory: string): Promise<string> {
  const bundle = join(directory, 'empty');
  await mkdir(bundle);
  await writeFile(join(bundle, 'index.mjs'), 'export const handler = async () => ({});\n');
  return bundle;
}

/** A program of the bench as plain JavaScript, so that its process loads no compiler. */
export async function bundleProgram(name: string, directory: string): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: [source(`./${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return outfile;
}
