import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Resource, Template } from '#infra/local/assembly/template.ts';

const codeSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Timeout: z.number().default(3),
});
const mapSchema = z.object({ sources: z.array(z.string()) });

export type ShippedFunction = Readonly<{
  /** Of its folder under `functions/`. */
  name: string;
  resource: Resource;
  /** The directory of the bundle. */
  bundle: string;
  timeoutSeconds: number;
}>;

/** Every function of the stack with the bundle that a deployment ships. */
export function shippedFunctions({ resources, bundles }: Template): Promise<ShippedFunction[]> {
  const functions = [...resources.values()].filter(({ type }) => type === 'AWS::Lambda::Function');
  return Promise.all(
    functions.map(async (resource) => {
      const { Code, Timeout } = codeSchema.parse(resource.properties);
      const bundle = bundles.get(Code.S3Key.replace(/\.zip$/, ''));
      if (bundle === undefined) throw new Error(`There is no bundle for ${resource.logicalId}.`);
      return { name: await nameOf(bundle), resource, bundle, timeoutSeconds: Timeout };
    }),
  );
}

/**
 * How much code Lambda loads at a start, and for what `alsoLoaded` names, which is loaded when it is asked for: without the
 * source maps, which it does not read.
 */
export async function codeBytes(bundle: string, alsoLoaded?: string): Promise<number> {
  const files = new Set<string>();
  async function load(file: string): Promise<void> {
    if (files.has(file)) return;
    files.add(file);
    const code = await readFile(join(bundle, file), 'utf8');
    for (const [, imported = ''] of code.matchAll(/(?:from|import)"\.\/([\w-]+\.mjs)"/g)) {
      await load(imported);
    }
  }
  await load('index.mjs');
  const also = (await readdir(bundle)).find((file) => {
    return alsoLoaded !== undefined && file.startsWith(`${alsoLoaded}-`) && file.endsWith('.mjs');
  });
  if (also !== undefined) await load(also);
  const sizes = [...files].map(async (file) => (await stat(join(bundle, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function nameOf(bundle: string): Promise<string> {
  const map = await readFile(join(bundle, 'index.mjs.map'), 'utf8');
  const { sources } = mapSchema.parse(JSON.parse(map));
  const [name] = sources.flatMap(
    (source) => /functions\/([^/]+)\/handler\.ts$/.exec(source)?.[1] ?? [],
  );
  if (name === undefined) throw new Error(`${bundle} is the bundle of no function.`);
  return name;
}
