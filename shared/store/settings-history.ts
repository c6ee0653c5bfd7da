import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { defaultSettings, type Settings, settingsSchema } from '#shared/audience/settings.ts';
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
  saved: Readonly<{ at: Date; by: string }>,
): Promise<boolean> {
  const document = { ...settings, savedAt: saved.at.toISOString(), savedBy: saved.by };
  const present = {
    TableName: table,
    Item: { name: 'settings', ...document },
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': settings.version - 1 },
  };
  const copy = { TableName: table, Item: { name: nameOf(settings.version), ...document } };
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

function nameOf(version: number): string {
  return `settings#${version}`;
}
