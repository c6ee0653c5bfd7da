import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
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
