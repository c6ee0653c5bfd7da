import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const stand = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** How every function is bundled, wherever that is done, in esbuild's words. */
export const bundling = {
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  // For whoever sets NODE_OPTIONS=--enable-source-maps to look into a crash: to read it at each start costs 10 ms.
  sourcemap: true,
  sourcesContent: false,
  /** What is taken instead of a module that would make the cold start slower. */
  alias: {
    '@aws-sdk/credential-provider-node': stand('credentials'),
    '@aws-sdk/endpoint-cache': stand('endpoint-cache'),
    '@smithy/core/event-streams': stand('event-streams'),
    'fast-sha256': stand('sha256'),
    'node:http': stand('node-http'),
    'node:https': stand('node-https'),
    'node:process': stand('node-process'),
    'node:zlib': stand('node-zlib'),
  },
} as const;

/** Whether a function loads parts of itself only when they are asked for: each part is a file of its own. */
export const isInParts = (name: string) => name === 'console';

/** Where the bundle of a function goes, in esbuild's words. It begins with `index.mjs`. */
export function bundleInto(directory: string, name: string) {
  if (!isInParts(name)) return { outfile: join(directory, 'index.mjs') };
  return {
    outdir: directory,
    splitting: true,
    entryNames: 'index',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
  };
}
