import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '#shared/bundle/bundling.ts';
import type * as atWork from '#test/support/audience/ingest-at-work.ts';

const entry = new URL('../../support/audience/ingest-at-work.ts', import.meta.url).pathname;

/** Ingest with the modules that a deployment ships: the sources hash in JavaScript, the bundles natively. */
export async function bundledIngest(directory: string): Promise<typeof atWork> {
  const outfile = `${directory}/ingest.mjs`;
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: bundling.format,
    mainFields: [...bundling.mainFields],
    alias: bundling.alias,
  });
  return import(/* @vite-ignore */ pathToFileURL(outfile).href);
}
