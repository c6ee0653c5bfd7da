import { readdirSync, readFileSync } from 'node:fs';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { addressHash } from '#shared/store/audience/audience-store.ts';

const root = new URL('../fixtures/upgrade/', import.meta.url);

export const folderOf = (version: string) => new URL(`${version}/`, root);

/** The versions that are kept, by their names. */
export const keptVersions = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const messageSchema = z.object({
  queue: z.string(),
  body: z.string(),
  attributes: z.record(z.string(), z.string()),
});
export type KeptMessage = z.infer<typeof messageSchema>;

const mailSchema = z.object({
  webhookId: z.string(),
  ledgerKey: z.string(),
  customerId: z.string(),
  email: z.string(),
});

/** Who is who in the rows, so that a test can say what should become of whom. */
const storySchema = z.object({
  keptAt: z.iso.datetime(),
  customers: z.record(z.string(), z.object({ customerId: z.string(), email: z.string() })),
  /** The email of each state. */
  mails: z.record(z.string(), mailSchema),
  /** The last parts of unsubscribe links, by customer. */
  links: z.record(z.string(), z.string()),
});

export type Row = Record<string, AttributeValue>;
const rowsSchema = z.array(z.record(z.string(), z.custom<AttributeValue>()));

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.unknown()),
});
type KeptTemplate = z.infer<typeof templateSchema>;

export function templateFrom(document: unknown): KeptTemplate {
  return templateSchema.parse(document);
}

/**
 * Everything that is kept of a version. Rows are in the JSON of DynamoDB, binary values in base64. `respelled`: as if who
 * had one address then had had another one; a suppression goes by its hash.
 */
export function keptVersion(version: string, respelled: ReadonlyMap<string, string> = new Map()) {
  const folder = folderOf(version);
  const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  const secrets = z.record(z.string(), z.string()).parse(JSON.parse(textOf('secrets.json')));
  const hash = addressHash(secrets['SuppressionKey'] ?? '');
  const places = [...respelled].flatMap(([from, to]) => [
    [from, to] as const,
    [hash(from), hash(to)] as const,
  ]);
  const read = (file: string): unknown => {
    const text = places.reduce(
      (text, [from, to]) => text.replaceAll(`"${from}"`, JSON.stringify(to)),
      textOf(file),
    );
    return JSON.parse(text, binaryRead);
  };
  const tables = readdirSync(new URL('tables/', folder)).map((file) => {
    const table = file.replace('.json', '');
    return [table, rowsSchema.parse(read(`tables/${file}`))] as const;
  });
  return {
    template: templateFrom(read('template.json')),
    rows: new Map(tables),
    messages: z.array(messageSchema).parse(read('messages.json')),
    secrets,
    story: storySchema.parse(read('story.json')),
  };
}

function binaryRead(name: string, value: unknown): unknown {
  return name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
}

/** The other way, for `JSON.stringify`. */
export function binaryWritten(name: string, value: unknown): unknown {
  return name === 'B' && value instanceof Uint8Array
    ? Buffer.from(value).toString('base64')
    : value;
}
