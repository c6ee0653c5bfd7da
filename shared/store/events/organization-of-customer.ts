import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { polarEvent } from '#shared/polar/event.ts';
import { payloadOf, readEvent } from './event-item.ts';

const idsSchema = z.array(z.object({ webhookId: z.string() }));
/** One says it; a few more may have been too large to be kept. */
const mostRead = 5;

/** Of which organization Polar's own events say that a customer is; `undefined`: none that is still kept does. */
export function organizationOfCustomer(db: DynamoDBDocumentClient, table: string) {
  return async (customerId: string): Promise<string | undefined> => {
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byCustomer',
        KeyConditionExpression: 'customerId = :customerId',
        ExpressionAttributeValues: { ':customerId': customerId },
        ProjectionExpression: 'webhookId',
        ScanIndexForward: false,
        Limit: mostRead,
      }),
    );
    for (const { webhookId } of idsSchema.parse(Items)) {
      const item = await readEvent(db, table, webhookId);
      const organizationId = item && organizationIn(payloadOf(item));
      if (organizationId !== undefined) return organizationId;
    }
    return undefined;
  };
}

/** The organization that a webhook's body names for its customer. */
export function organizationIn(payload: string | undefined): string | undefined {
  if (payload === undefined) return undefined;
  const parsed = polarEvent(payload);
  return parsed.kind === 'event' ? parsed.event.customer.organizationId : undefined;
}
