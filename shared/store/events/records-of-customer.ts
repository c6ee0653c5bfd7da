import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { EventRecord } from '#shared/audience/event-record.ts';
import { rowsOf } from '#shared/store/dynamo.ts';
import { eventRecordOf } from './event-item.ts';

/** The records of a customer's events that were received since, from an index that lags by moments. */
export type RecordsOfCustomer = (customerId: string, since: string) => Promise<EventRecord[]>;

const idsSchema = z.array(z.object({ webhookId: z.string() }));
const startSchema = z.record(z.string(), z.string());

export function recordsOfCustomer(db: DynamoDBDocumentClient, table: string): RecordsOfCustomer {
  return async (customerId, since) => {
    const ids: string[] = [];
    let from: z.infer<typeof startSchema> | undefined;
    do {
      const page = await db.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byCustomer',
          KeyConditionExpression: 'customerId = :customerId AND receivedAt >= :since',
          ExpressionAttributeValues: { ':customerId': customerId, ':since': since },
          ProjectionExpression: 'webhookId',
          ExclusiveStartKey: from,
        }),
      );
      ids.push(...idsSchema.parse(page.Items ?? []).map(({ webhookId }) => webhookId));
      from = page.LastEvaluatedKey && startSchema.parse(page.LastEvaluatedKey);
    } while (from);
    const rows = await rowsOf(db, { table, key: 'webhookId' }, ids);
    return [...rows.values()].map(eventRecordOf);
  };
}
