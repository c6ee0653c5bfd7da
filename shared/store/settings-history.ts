import {
  type DynamoDBDocumentClient,
  GetCommand,
  paginateScan,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { defaultSettings, type Settings, settingsSchema } from '#shared/audience/settings.ts';
import { type SettingsDocument, versionOf } from '#shared/audience/settings-document.ts';
import { refusedWrite } from '#shared/store/audience/audience-store.ts';

const savedSettingsSchema = z.extend(settingsSchema, {
  savedAt: z.optional(z.string()),
  savedBy: z.optional(z.string()),
});
/** The settings of one version, with who saved them and when. */
export type SavedSettings = z.infer<typeof savedSettingsSchema>;

/**
 * Writes the next version of the settings, and keeps a copy under its version for those who ask later what an event
 * was decided with. `false`: someone else wrote one meanwhile, and nothing was written.
 */
export async function saveSettings(
  db: DynamoDBDocumentClient,
  table: string,
  settings: Settings,
  saved: Saved,
): Promise<boolean> {
  return write(db, table, settings, saved, {
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': settings.version - 1 },
  });
}

/**
 * Writes `next` in place of the document that was `seen`, valid or not, under a version that none has had, which it
 * gives. `undefined`: it is not as it was seen any more, not even in what a hand edited, and nothing was written.
 */
export async function replaceSettings(
  db: DynamoDBDocumentClient,
  table: string,
  { seen, next }: Readonly<{ seen: SettingsDocument; next: SettingsDocument }>,
  saved: Saved,
): Promise<number | undefined> {
  const [newest] = await keptSettings(db, table);
  const version = Math.max(versionOf(seen) ?? 0, newest?.version ?? 0) + 1;
  const isWritten = await write(db, table, { ...next, version }, saved, stillAsSeen(seen));
  return isWritten ? version : undefined;
}

const attributes = [...Object.keys(settingsSchema.shape), 'savedAt'];

function stillAsSeen(seen: SettingsDocument): Condition {
  const names = [...new Set([...attributes, ...Object.keys(seen)])];
  const isThere = (name: string) => seen[name] !== undefined;
  const values = names.flatMap((name, at) => (isThere(name) ? [[`:v${at}`, seen[name]]] : []));
  return {
    ConditionExpression: names
      .map((name, at) => (isThere(name) ? `#a${at} = :v${at}` : `attribute_not_exists(#a${at})`))
      .join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#a${at}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values),
  };
}

type Saved = Readonly<{ at: Date; by: string }>;

type Condition = Readonly<{
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Record<string, unknown>;
}>;

async function write(
  db: DynamoDBDocumentClient,
  table: string,
  settings: SettingsDocument & Readonly<{ version: number }>,
  saved: Saved,
  condition: Condition,
): Promise<boolean> {
  const document = { ...settings, savedAt: saved.at.toISOString(), savedBy: saved.by };
  const present = { TableName: table, Item: { ...document, name: 'settings' }, ...condition };
  const copy = { TableName: table, Item: { ...document, name: nameOf(settings.version) } };
  try {
    await db.send(new TransactWriteCommand({ TransactItems: [{ Put: present }, { Put: copy }] }));
    return true;
  } catch (error) {
    if (refusedWrite(error, false).kind === 'conflict') return false;
    throw error;
  }
}

/** The settings as they were in one version; `undefined` where that was saved without a copy. */
export async function settingsOfVersion(
  db: DynamoDBDocumentClient,
  table: string,
  version: number,
): Promise<SavedSettings | undefined> {
  if (version === 0) return defaultSettings;
  const get = new GetCommand({ TableName: table, Key: { name: nameOf(version) } });
  return savedSettingsSchema.safeParse((await db.send(get)).Item).data;
}

/** A version as it was kept, valid or not. */
export type KeptSettings = Readonly<{
  version: number;
  document: SettingsDocument;
  savedAt: string | undefined;
  savedBy: string | undefined;
}>;

const savedSchema = z.object({
  name: z.string().check(z.regex(/^settings#\d{1,15}$/)),
  savedAt: z.catch(z.optional(z.string()), undefined),
  savedBy: z.catch(z.optional(z.string()), undefined),
});

/** Every version that was kept, the newest first, and the defaults, with which all begins. */
export async function keptSettings(
  db: DynamoDBDocumentClient,
  table: string,
): Promise<KeptSettings[]> {
  const scan = {
    TableName: table,
    ConsistentRead: true,
    FilterExpression: 'begins_with(#name, :copies)',
    ExpressionAttributeNames: { '#name': 'name' },
    ExpressionAttributeValues: { ':copies': nameOf('') },
  };
  const found: KeptSettings[] = [];
  for await (const page of paginateScan({ client: db }, scan)) {
    for (const document of page.Items ?? []) {
      const saved = savedSchema.safeParse(document).data;
      if (!saved) continue;
      const { name, savedAt, savedBy } = saved;
      found.push({ version: Number(name.slice(nameOf('').length)), document, savedAt, savedBy });
    }
  }
  const first = {
    version: 0,
    document: defaultSettings,
    savedAt: undefined,
    savedBy: undefined,
  };
  return [...found.filter(({ version }) => version > 0), first].sort(
    (a, b) => b.version - a.version,
  );
}

function nameOf(version: number | ''): string {
  return `settings#${version}`;
}
