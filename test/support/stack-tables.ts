import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { stageTemplate } from '#test/infra/stage-stack.ts';

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const tableSchema = z.object({
  Properties: z.object({
    KeySchema: keySchema,
    AttributeDefinitions: z.array(
      z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    GlobalSecondaryIndexes: z
      .array(
        z.object({
          IndexName: z.string(),
          KeySchema: keySchema,
          Projection: z.object({
            ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
            NonKeyAttributes: z.array(z.string()).optional(),
          }),
        }),
      )
      .optional(),
  }),
});

/** Creates the tables of the stack, empty, under names of their own. Returns the name of each by its logical id. */
export async function createStackTables(client: DynamoDBClient) {
  const suffix = crypto.randomUUID().slice(0, 8);
  const found = stageTemplate({ stage: 'local' }).findResources('AWS::DynamoDB::Table');
  const names = new Map<string, string>();
  for (const [id, resource] of Object.entries(found)) {
    const { Properties } = tableSchema.parse(resource);
    const TableName = `${id}-${suffix}`;
    await client.send(
      new CreateTableCommand({ ...Properties, TableName, BillingMode: 'PAY_PER_REQUEST' }),
    );
    names.set(id, TableName);
  }
  return (id: string) => {
    const name = names.get(id);
    if (name === undefined) throw new Error(`The stack has no table ${id}`);
    return name;
  };
}
