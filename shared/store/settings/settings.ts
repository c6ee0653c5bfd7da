import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import {
  defaultSettings,
  type Settings,
  settingsSchema,
  storedSettings,
} from '#shared/audience/settings/settings.ts';
import { settingsRow } from './settings-row.ts';

const name = 'settings';

/** The document is there and is not what settings must be. The message names the fields. */
export class InvalidSettings extends Error {}

/** The settings document as it is stored, valid or not. Where there is none, writes the defaults first. */
export function settingsItem(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): () => Promise<Readonly<Record<string, unknown>>> {
  async function seed(): Promise<void> {
    try {
      const put = {
        Item: { name, ...storedSettings(defaultSettings) },
        ConditionExpression: 'attribute_not_exists(#n)',
      };
      const names = { ExpressionAttributeNames: { '#n': 'name' } };
      await db.send(new PutCommand({ TableName: table, ...put, ...names }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return async () => {
    const found = await row(name);
    if (found) return found;
    await seed();
    return (await row(name)) ?? {};
  };
}

/** Reads the settings, seeded where there are none. Throws InvalidSettings. */
export function dynamoSettings(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): () => Promise<Settings> {
  const read = settingsItem(db, table, row);
  return async () => validSettings(await read());
}

/** The same for those who may not write them: where there are none, the defaults count. */
export function dynamoSettingsReadOnly(
  db: DynamoDBDocumentClient,
  table: string,
): () => Promise<Settings> {
  const row = settingsRow(db, table);
  return async () => {
    const document = await row(name);
    return document ? validSettings(document) : defaultSettings;
  };
}

function validSettings(document: Readonly<Record<string, unknown>>): Settings {
  const settings = settingsSchema.safeParse(document);
  if (settings.success) return settings.data;
  const fields = settings.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new InvalidSettings(
    `The document "${name}" in table Settings is not valid. Look at: ${fields}.`,
  );
}
