import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  defaultSettings,
  type Settings,
  settingsSchema,
  storedSettings,
} from '#shared/audience/settings/settings.ts';
import { copyName, type KeptDocument, type Saved, writeVersion } from './kept-versions.ts';

/** The settings among the documents of which versions are kept. */
export const keptSettings: KeptDocument = {
  name: 'settings',
  attributes: Object.keys(settingsSchema.shape),
  first: defaultSettings,
};

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
  return writeVersion(db, table, keptSettings, storedSettings(settings), saved, {
    ConditionExpression: '#version = :before',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':before': settings.version - 1 },
  });
}

/** The settings as they were in one version; `undefined` where that was saved without a copy. */
export async function settingsOfVersion(
  db: DynamoDBDocumentClient,
  table: string,
  version: number,
): Promise<SavedSettings | undefined> {
  if (version === 0) return defaultSettings;
  const name = copyName(keptSettings.name, version);
  const get = new GetCommand({ TableName: table, Key: { name } });
  return savedSettingsSchema.safeParse((await db.send(get)).Item).data;
}
