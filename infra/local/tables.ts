import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { Advice } from './advice.ts';
import type { Identities } from './identities.ts';

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);

const tableSchema = z.object({
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
          NonKeyAttributes: z.array(z.string()).exactOptional(),
        }),
      }),
    )
    .exactOptional(),
  TimeToLiveSpecification: z
    .object({ AttributeName: z.string(), Enabled: z.boolean() })
    .exactOptional(),
});

/**
 * Creates the stack's tables that do not exist yet, with keys, indexes and expiry as in the template.
 * Gives their names by logical id. Throws Advice if an existing one has other keys or indexes.
 */
export async function createTables(
  client: DynamoDBClient,
  identities: Identities,
): Promise<Readonly<Record<string, string>>> {
  const tables = identities.ofType('AWS::DynamoDB::Table');
  const names = await Promise.all(
    tables.map(async ({ logicalId, properties }) => {
      const name = identities.nameOf(logicalId);
      const { TimeToLiveSpecification, ...schema } = tableSchema.parse(properties);
      const wanted = { TableName: name, BillingMode: 'PAY_PER_REQUEST' as const, ...schema };
      const existing = await describe(client, name);
      if (existing && shape(existing) !== shape(wanted)) {
        throw new Advice(
          `The keys or indexes of the table ${logicalId} have changed since the local data was made. Start once with --fresh (npm start -- --fresh) to begin with empty tables.`,
        );
      }
      if (!existing) {
        await client.send(new CreateTableCommand(wanted));
        if (TimeToLiveSpecification) {
          await client.send(
            new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }),
          );
        }
      }
      return [logicalId, name] as const;
    }),
  );
  return Object.fromEntries(names);
}

async function describe(
  client: DynamoDBClient,
  name: string,
): Promise<TableDescription | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** What cannot change in place, written so that equal tables give equal texts. */
function shape(table: TableDescription | CreateTableCommandInput): string {
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(
    ({ IndexName, KeySchema, Projection }) => [
      IndexName,
      keys(KeySchema),
      Projection?.ProjectionType,
      [...(Projection?.NonKeyAttributes ?? [])].sort(),
    ],
  );
  const byName = indexes.map((index) => JSON.stringify(index)).sort();
  return JSON.stringify([keys(table.KeySchema), byName]);
}

function keys(schema: CreateTableCommandInput['KeySchema']): string {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join();
}
