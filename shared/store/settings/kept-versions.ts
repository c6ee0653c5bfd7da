import {
  type DynamoDBDocumentClient,
  paginateScan,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { versionOf } from '#shared/audience/settings/document.ts';
import type { SettingsDocument } from '#shared/audience/settings/settings.ts';
import { refusedWrite } from '#shared/store/audience/refused-write.ts';

/** A document of table Settings of which every version is kept, as item `<name>#<version>`. */
export type KeptDocument = Readonly<{
  name: 'settings' | 'brand';
  /** Every attribute that it may have besides who saved it. */
  attributes: readonly string[];
  /** What counts where nothing was saved: version 0. */
  first: SettingsDocument;
}>;

/** The brand. */
export const keptBrand: KeptDocument = {
  name: 'brand',
  attributes: ['values', 'version'],
  first: { values: {} },
};

export type Saved = Readonly<{ at: Date; by: string }>;

/**
 * Writes `next` in place of the document that was `seen`, valid or not, under a version that none has had, which it
 * gives. `undefined`: it is not as it was seen any more, not even in what a hand edited, and nothing was written.
 */
export async function replaceDocument(
  db: DynamoDBDocumentClient,
  table: string,
  kept: KeptDocument,
  { seen, next }: Readonly<{ seen: SettingsDocument; next: SettingsDocument }>,
  saved: Saved,
): Promise<number | undefined> {
  const [newest] = await keptVersions(db, table, kept);
  const version = Math.max(versionOf(seen) ?? 0, newest?.version ?? 0) + 1;
  const condition = stillAsSeen(seen, [...kept.attributes, 'savedAt']);
  const isWritten = await writeVersion(db, table, kept, { ...next, version }, saved, condition);
  return isWritten ? version : undefined;
}

function stillAsSeen(seen: SettingsDocument, attributes: readonly string[]): Condition {
  const names = [...new Set([...attributes, ...Object.keys(seen)])];
  const isThere = (name: string) => seen[name] !== undefined;
  const values = names.flatMap((name, at) => (isThere(name) ? [[`:v${at}`, seen[name]]] : []));
  return {
    ConditionExpression: names
      .map((name, at) => (isThere(name) ? `#a${at} = :v${at}` : `attribute_not_exists(#a${at})`))
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#a${at}`, name])),
    ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
  };
}

type Condition = Readonly<{
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues?: Record<string, unknown>;
}>;

/** Writes one version and its copy, where the condition holds of the present document. `false`: it does not. */
export async function writeVersion(
  db: DynamoDBDocumentClient,
  table: string,
  { name }: KeptDocument,
  version: SettingsDocument & Readonly<{ version: number }>,
  saved: Saved,
  condition: Condition,
): Promise<boolean> {
  const document = { ...version, savedAt: saved.at.toISOString(), savedBy: saved.by };
  const present = { TableName: table, Item: { ...document, name }, ...condition };
  const copy = { TableName: table, Item: { ...document, name: copyName(name, version.version) } };
  try {
    await db.send(new TransactWriteCommand({ TransactItems: [{ Put: present }, { Put: copy }] }));
    return true;
  } catch (error) {
    if (refusedWrite(error, false).kind === 'conflict') return false;
    throw error;
  }
}

/** A version as it was kept, valid or not. */
export type KeptVersion = Readonly<{
  version: number;
  document: SettingsDocument;
  savedAt: string | undefined;
  savedBy: string | undefined;
}>;

const savedSchema = z.object({
  name: z.string(),
  savedAt: z.catch(z.optional(z.string()), undefined),
  savedBy: z.catch(z.optional(z.string()), undefined),
});

/** Every version that was kept, the newest first, and version 0, with which all begins. */
export async function keptVersions(
  db: DynamoDBDocumentClient,
  table: string,
  { name, first }: KeptDocument,
): Promise<KeptVersion[]> {
  const copies = copyName(name, '');
  const scan = {
    TableName: table,
    ConsistentRead: true,
    FilterExpression: 'begins_with(#name, :copies)',
    ExpressionAttributeNames: { '#name': 'name' },
    ExpressionAttributeValues: { ':copies': copies },
  };
  const found: KeptVersion[] = [];
  for await (const page of paginateScan({ client: db }, scan)) {
    for (const document of page.Items ?? []) {
      const saved = savedSchema.safeParse(document).data;
      const number = saved?.name.slice(copies.length) ?? '';
      if (!saved || !/^\d{1,15}$/.test(number)) continue;
      const { savedAt, savedBy } = saved;
      found.push({ version: Number(number), document, savedAt, savedBy });
    }
  }
  const beginning = { version: 0, document: first, savedAt: undefined, savedBy: undefined };
  return [...found.filter(({ version }) => version > 0), beginning].sort(
    (a, b) => b.version - a.version,
  );
}

/** The name of the item that keeps a version. */
export function copyName(name: KeptDocument['name'], version: number | ''): string {
  return `${name}#${version}`;
}
