import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

const rowsSchema = z.array(z.object({ customerId: z.string() }));
const startSchema = z.record(z.string(), z.string());

/** The ids of all customers that are neither deleted nor erased, page by page, in no order. Reads the whole table. */
export async function* livingCustomerIds(
  db: DynamoDBDocumentClient,
  table: string,
): AsyncGenerator<readonly string[], void, undefined> {
  let ExclusiveStartKey: z.infer<typeof startSchema> | undefined;
  do {
    const page = await db.send(
      new ScanCommand({
        TableName: table,
        ProjectionExpression: 'customerId',
        FilterExpression: 'attribute_not_exists(deletion) AND attribute_not_exists(erased)',
        ExclusiveStartKey,
      }),
    );
    yield rowsSchema.parse(page.Items ?? []).map(({ customerId }) => customerId);
    ExclusiveStartKey = page.LastEvaluatedKey && startSchema.parse(page.LastEvaluatedKey);
  } while (ExclusiveStartKey);
}
