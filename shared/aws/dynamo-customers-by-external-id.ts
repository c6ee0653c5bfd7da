import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { indexKey } from './index-keys.ts';

export type CustomersFound = Readonly<{
  customerIds: readonly string[];
  /** After which customer the rest begins; `undefined`: all were looked at. */
  next: string | undefined;
}>;

/**
 * Looks through customers, a bounded number at a time, for those of whom Polar told this external id. An `after` that
 * no customer can have means from the beginning.
 */
export type CustomersByExternalId = (externalId: string, after?: string) => Promise<CustomersFound>;

const rowsSchema = z.array(z.object({ customerId: z.string() }));
const keySchema = z.object({ customerId: z.string() });

/** Each reads a megabyte, which is some thousand customers. */
const mostPages = 8;

/** No index has what no contact shows. It would be written with every event, for a search that is seldom made. */
export function dynamoCustomersByExternalId(
  db: DynamoDBDocumentClient,
  table: string,
  { pageSize }: Readonly<{ pageSize?: number }> = {},
): CustomersByExternalId {
  return async (externalId, after) => {
    const customerIds: string[] = [];
    let next = indexKey(after);
    for (let pages = 0; pages < mostPages; pages++) {
      const { Items = [], LastEvaluatedKey } = await db.send(
        new ScanCommand({
          TableName: table,
          ProjectionExpression: 'customerId',
          FilterExpression: 'externalId.#value = :externalId',
          ExpressionAttributeNames: { '#value': 'value' },
          ExpressionAttributeValues: { ':externalId': externalId },
          ExclusiveStartKey: next === undefined ? undefined : { customerId: next },
          Limit: pageSize,
        }),
      );
      customerIds.push(...rowsSchema.parse(Items).map(({ customerId }) => customerId));
      next = LastEvaluatedKey && keySchema.parse(LastEvaluatedKey).customerId;
      if (next === undefined) break;
    }
    return { customerIds, next };
  };
}
