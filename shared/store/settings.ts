import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { defaultSettings, type Settings, settingsSchema } from '#shared/audience/settings.ts';

const name = 'settings';

/**
 * Reads the settings document. Where there is none, writes the defaults and returns them. Throws when the document
 * is not valid, naming the field.
 */
export function dynamoSettings(db: DynamoDBDocumentClient, table: string): () => Promise<Settings> {
  const read = async () =>
    (await db.send(new GetCommand({ TableName: table, Key: { name }, ConsistentRead: true }))).Item;

  async function seed(): Promise<void> {
    try {
      const put = {
        Item: { name, ...defaultSettings },
        ConditionExpression: 'attribute_not_exists(#n)',
      };
      const names = { ExpressionAttributeNames: { '#n': 'name' } };
      await db.send(new PutCommand({ TableName: table, ...put, ...names }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return async () => {
    const found = await read();
    if (!found) await seed();
    const settings = settingsSchema.safeParse(found ?? (await read()));
    if (settings.success) return settings.data;
    const fields = settings.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new Error(`The document "${name}" in table Settings is not valid. Look at: ${fields}.`);
  };
}
