import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type ImportStore, importSchema } from '#shared/audience/backfill/import.ts';

/** The newest import: item `import` of table Settings. */
export function dynamoImports(db: DynamoDBDocumentClient, table: string): ImportStore {
  const Key = { name: 'import' };
  return {
    async read() {
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      const { Item } = await db.send(get);
      return Item && importSchema.parse(Item);
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
