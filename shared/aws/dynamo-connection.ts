import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Connections, connectionSchema } from '#shared/polar/connection.ts';

const name = 'connection';
const names = { ExpressionAttributeNames: { '#version': 'version' } };

/** The item `connection` of table Settings. Every write names the version that it replaces. */
export function dynamoConnection(db: DynamoDBDocumentClient, table: string): Connections {
  const key = { TableName: table, Key: { name } };
  return {
    async read() {
      const { Item } = await db.send(new GetCommand({ ...key, ConsistentRead: true }));
      return Item && connectionSchema.parse(Item);
    },

    save: (next) =>
      unlessChanged(() =>
        db.send(
          new PutCommand({
            TableName: table,
            Item: { name, ...next },
            ...names,
            ...(next.version === 1
              ? { ConditionExpression: 'attribute_not_exists(#version)' }
              : {
                  ConditionExpression: '#version = :before',
                  ExpressionAttributeValues: { ':before': next.version - 1 },
                }),
          }),
        ),
      ),

    remove: (version) =>
      unlessChanged(() =>
        db.send(
          new DeleteCommand({
            ...key,
            ...names,
            ConditionExpression: 'attribute_not_exists(#version) OR #version = :version',
            ExpressionAttributeValues: { ':version': version },
          }),
        ),
      ),
  };
}

async function unlessChanged(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
