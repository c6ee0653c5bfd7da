import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Connection, type Connections, connectionSchema } from '#shared/polar/connection.ts';

const name = 'connection';
const names = { '#version': 'version' };

/** The item `connection` of table Settings. Every write names the connection that it replaces. */
export function dynamoConnection(db: DynamoDBDocumentClient, table: string): Connections {
  const key = { TableName: table, Key: { name } };
  return {
    async read() {
      const { Item } = await db.send(new GetCommand({ ...key, ConsistentRead: true }));
      return Item && connectionSchema.parse(Item);
    },

    save: (next, before) =>
      unlessChanged(() =>
        db.send(
          new PutCommand({
            TableName: table,
            Item: { name, ...next },
            ExpressionAttributeNames: names,
            ...(before
              ? {
                  ConditionExpression: isStill,
                  ExpressionAttributeValues: valuesOf(before),
                }
              : { ConditionExpression: 'attribute_not_exists(#version)' }),
          }),
        ),
      ),

    remove: (known) =>
      unlessChanged(() =>
        db.send(
          new DeleteCommand({
            ...key,
            ConditionExpression: `attribute_not_exists(#version) OR (${isStill})`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: valuesOf(known),
          }),
        ),
      ),
  };
}

// A version alone is not enough: one that is made anew after disconnecting begins with the first again.
const isStill = '#version = :version AND connectedAt = :connectedAt';

function valuesOf({ version, connectedAt }: Connection) {
  return { ':version': version, ':connectedAt': connectedAt };
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
