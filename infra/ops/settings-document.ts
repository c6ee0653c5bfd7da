import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { Advice } from '#infra/local/advice.ts';
import type { Settings } from '#shared/audience/settings.ts';
import { dynamoSettings } from '#shared/aws/dynamo-settings.ts';

/** The settings, seeded where there are none. Throws Advice where the document is not valid. */
export async function readSettings(db: DynamoDBDocumentClient, table: string): Promise<Settings> {
  try {
    return await dynamoSettings(db, table)();
  } catch (error) {
    const isInvalid = error instanceof Error && error.message.startsWith('The document');
    throw isInvalid ? new Advice(error.message, { cause: error }) : error;
  }
}

/** Writes the next version of the settings. `false`: someone else wrote one meanwhile. */
export async function saveSettings(
  db: DynamoDBDocumentClient,
  table: string,
  settings: Settings,
): Promise<boolean> {
  try {
    await db.send(
      new PutCommand({
        TableName: table,
        Item: { name: 'settings', ...settings },
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':before': settings.version - 1 },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
