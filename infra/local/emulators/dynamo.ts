import { createRequire } from 'node:module';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Identities } from '#infra/local/assembly/template.ts';
import { freePort } from '#infra/local/http/loopback-server.ts';
import { isLoopback } from '#infra/local/local-account.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { hiddenHost, startLeashed } from './leashed-program.ts';

export type Dynamo = Readonly<{ endpoint: string; stop: () => Promise<void> }>;

type Options = Readonly<{
  /** Absent: kept in memory only. */
  file?: string;
}>;

const mostAttempts = 5;

/**
 * DynamoDB on loopback: the endpoint that DYNAMODB_ENDPOINT names, else the embedded emulator, which
 * ends with this process. The emulator lets every web page in that finds it, so it is at an address that
 * none can guess; people and programs get a guarded one. Throws Advice if there is none.
 */
export async function startDynamo({ file }: Options = {}): Promise<Dynamo> {
  const { DYNAMODB_ENDPOINT: given } = process.env;
  if (given) return ownDynamo(given);
  const program = emulator();
  const host = hiddenHost();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(host);
    const command = [program, 'serve', '--host', host, '--port', String(port)];
    if (file !== undefined) command.push('--db-path', file);
    const started = await startLeashed(command, /listening on/);
    if (started.kind === 'up') {
      return { endpoint: `http://${host}:${port}`, stop: started.program.stop };
    }
    if (started.output.includes('already in use') && attempt < mostAttempts) continue;
    throw new Advice(
      `The local DynamoDB (${program}) did not start: ${started.output.trim() || 'it said nothing'}.`,
    );
  }
}

function ownDynamo(endpoint: string): Dynamo {
  if (!URL.canParse(endpoint) || !isLoopback(new URL(endpoint).hostname)) {
    throw new Advice(
      `DYNAMODB_ENDPOINT must be an address on this machine, such as http://127.0.0.1:8000, not ${endpoint}.`,
    );
  }
  return { endpoint, stop: async () => {} };
}

function emulator(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  try {
    return createRequire(import.meta.url).resolve(`${name}/${program}`);
  } catch {
    throw new Advice(
      `The local DynamoDB for this machine is missing: run "npm install --no-save ${name}", or start any DynamoDB emulator and set DYNAMODB_ENDPOINT to its address, such as http://127.0.0.1:8000.`,
    );
  }
}

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);

type Creation = Readonly<{
  /** Nobody can have made them, so nothing is asked first. */
  areNew?: boolean;
}>;

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
 * Creates the stack's tables that do not exist yet, with keys, indexes and expiry as in the template, and adds one index
 * to one that lacks it, as a deployment does. Gives their names by logical id. Throws Advice if an existing one has
 * other keys or indexes.
 */
export async function createTables(
  client: DynamoDBClient,
  identities: Identities,
  { areNew = false }: Creation = {},
): Promise<Readonly<Record<string, string>>> {
  const tables = identities.ofType('AWS::DynamoDB::Table');
  const names = await Promise.all(
    tables.map(async ({ logicalId, properties }) => {
      const name = identities.nameOf(logicalId);
      const { TimeToLiveSpecification, ...schema } = tableSchema.parse(properties);
      const wanted = { TableName: name, BillingMode: 'PAY_PER_REQUEST' as const, ...schema };
      const existing = areNew ? undefined : await described(client, wanted);
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

type Wanted = CreateTableCommandInput & Readonly<{ TableName: string }>;

/** The table as it is, with the one index that it lacks, if it does. */
async function described(client: DynamoDBClient, wanted: Wanted) {
  const existing = await describe(client, wanted.TableName);
  const known = existing?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName) ?? [];
  const [missing, ...others] = (wanted.GlobalSecondaryIndexes ?? []).filter(
    ({ IndexName }) => !known.includes(IndexName),
  );
  if (!existing || !missing || others.length > 0) return existing;
  await client.send(
    new UpdateTableCommand({
      TableName: wanted.TableName,
      AttributeDefinitions: wanted.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: missing }],
    }),
  );
  return describe(client, wanted.TableName);
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
