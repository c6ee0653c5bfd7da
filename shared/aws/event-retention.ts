import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

const rowSchema = z.object({ receivedAt: z.iso.datetime(), expiresAt: z.number() });

/** For how many days event records are kept, as one that is there says; `usual` while there is none. */
export async function retentionDaysOf(
  db: DynamoDBDocumentClient,
  eventsTable: string,
  usual: number,
): Promise<number> {
  const scan = { TableName: eventsTable, ProjectionExpression: 'receivedAt, expiresAt', Limit: 1 };
  const { Items = [] } = await db.send(new ScanCommand(scan));
  const row = rowSchema.safeParse(Items[0]).data;
  if (!row) return usual;
  return Math.max(1, Math.round((row.expiresAt - Date.parse(row.receivedAt) / 1_000) / 86_400));
}
