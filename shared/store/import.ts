import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type ImportStore, importSchema } from '#shared/audience/backfill/import.ts';
import { settingsRow } from '#shared/store/settings/settings-row.ts';

/** The newest import: item `import` of table Settings. */
export function dynamoImports(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): ImportStore {
  const Key = { name: 'import' };
  return {
    async read() {
      const found = await row(Key.name);
      return found && importSchema.parse(found);
    },

    async put(next, before) {
      const unchanged = before
        ? {
            ConditionExpression: 'revision = :revision',
            ExpressionAttributeValues: { ':revision': before.revision },
          }
        : { ConditionExpression: 'attribute_not_exists(revision)' };
      try {
        await db.send(
          new PutCommand({ TableName: table, Item: { ...Key, ...next }, ...unchanged }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
