import {
  type DynamoDBDocumentClient,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { LivingCustomer } from '#shared/audience/backfill/living.ts';
import { backfillPrefix } from '#shared/polar/event-types.ts';

const livingSchema = z.array(
  z.object({
    customerId: z.string(),
    organizationId: z.optional(z.string()),
    addresses: z.array(z.string()),
  }),
);

/** All customers that are neither deleted nor erased, page by page, in no order. Reads the whole table. */
export async function* livingCustomers(
  db: DynamoDBDocumentClient,
  table: string,
): AsyncGenerator<readonly LivingCustomer[], void, undefined> {
  const scan = {
    ProjectionExpression: 'customerId, organizationId, addresses',
    FilterExpression: 'attribute_not_exists(deletion) AND attribute_not_exists(erased)',
  };
  for await (const items of pages(db, { TableName: table, ...scan })) {
    yield livingSchema.parse(items);
  }
}

const deletedSchema = z.array(
  z.object({ customerId: z.string(), deletion: z.object({ webhookId: z.string() }) }),
);
export type DeletedCustomer = Readonly<{ customerId: string; webhookId: string }>;

/** The customers whom a backfill took for deleted, each with the event that says so. Reads the whole table. */
export async function* customersDeletedByBackfill(
  db: DynamoDBDocumentClient,
  table: string,
): AsyncGenerator<readonly DeletedCustomer[], void, undefined> {
  const scan = {
    ProjectionExpression: 'customerId, deletion',
    FilterExpression: 'begins_with(deletion.webhookId, :made) AND attribute_not_exists(erased)',
    ExpressionAttributeValues: { ':made': backfillPrefix },
  };
  for await (const items of pages(db, { TableName: table, ...scan })) {
    yield deletedSchema
      .parse(items)
      .map(({ customerId, deletion: { webhookId } }) => ({ customerId, webhookId }));
  }
}

const addressKeysSchema = z.array(z.object({ email: z.string() }));

/** The keys of a table that goes by address, page by page, in no order. Reads the whole table. */
export async function* addressKeys(
  db: DynamoDBDocumentClient,
  table: string,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const items of pages(db, { TableName: table, ProjectionExpression: 'email' })) {
    yield addressKeysSchema.parse(items).map(({ email }) => email);
  }
}

/** The contacts whose words are in no index, because an earlier version wrote them. Reads the whole table. */
export async function* contactsNotFindable(
  db: DynamoDBDocumentClient,
  table: string,
): AsyncGenerator<readonly string[], void, undefined> {
  const scan = {
    ProjectionExpression: 'email',
    FilterExpression: 'attribute_not_exists(findable)',
  };
  for await (const items of pages(db, { TableName: table, ...scan })) {
    yield addressKeysSchema.parse(items).map(({ email }) => email);
  }
}

const startSchema = z.record(z.string(), z.string());

async function* pages(
  db: DynamoDBDocumentClient,
  scan: ScanCommandInput,
): AsyncGenerator<NonNullable<Awaited<ReturnType<typeof read>>['Items']>, void, undefined> {
  let from: z.infer<typeof startSchema> | undefined;
  do {
    const page = await read(db, { ...scan, ExclusiveStartKey: from });
    yield page.Items ?? [];
    from = page.LastEvaluatedKey && startSchema.parse(page.LastEvaluatedKey);
  } while (from);
}

function read(db: DynamoDBDocumentClient, scan: ScanCommandInput) {
  return db.send(new ScanCommand(scan));
}
