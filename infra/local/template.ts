import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional() }).loose().optional(),
    }),
  ),
});

const assetsSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.object({ path: z.string().optional() }) })),
});

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

export type Resource = Readonly<{
  logicalId: string;
  type: string;
  properties: Readonly<Record<string, unknown>>;
}>;

export type Template = Readonly<{
  stackName: string;
  resources: ReadonlyMap<string, Resource>;
  /** Their values, unresolved. */
  outputs: ReadonlyMap<string, unknown>;
  /** The directory of a bundle, by the hash that its S3 key begins with. */
  bundles: ReadonlyMap<string, string>;
}>;

/** Reads the one stack of a cloud assembly, as `cdk synth` writes it. */
export async function readTemplate(assembly: string): Promise<Template> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(assembly, file), 'utf8'));
  const { artifacts } = manifestSchema.parse(await read('manifest.json'));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === stackArtifact);
  const [stackName, stack] = stacks[0] ?? [];
  const file = stack?.properties?.templateFile;
  if (stackName === undefined || file === undefined || stacks.length > 1) {
    throw new Error(`${assembly} should hold one stack, not ${stacks.length}.`);
  }
  const assets = assetsSchema.parse(await read(`${stackName}.assets.json`));
  const bundles = Object.entries(assets.files).flatMap(([hash, { source }]) =>
    source.path === undefined ? [] : [[hash, join(assembly, source.path)] as const],
  );
  return templateOf(stackName, await read(file), new Map(bundles));
}

const stackArtifact = 'aws:cloudformation:stack';

/** A template that is in memory already, such as the one that `Template.fromStack` gives a test. */
export function templateOf(
  stackName: string,
  document: unknown,
  bundles: ReadonlyMap<string, string> = new Map(),
): Template {
  const { Resources, Outputs } = templateSchema.parse(document);
  const resources = Object.entries(Resources).map(
    ([logicalId, { Type, Properties }]) =>
      [logicalId, { logicalId, type: Type, properties: Properties }] as const,
  );
  const outputs = Object.entries(Outputs).map(([name, { Value }]) => [name, Value] as const);
  return { stackName, resources: new Map(resources), outputs: new Map(outputs), bundles };
}
