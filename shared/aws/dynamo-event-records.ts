import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

export type EventRecords = Readonly<{
  /** One page of the webhook ids of a customer's records, and where the next page starts, if there is one. */
  idsOfCustomer(
    customerId: string,
    after?: RecordPosition,
  ): Promise<{ webhookIds: string[]; next: RecordPosition | undefined }>;
  /** Takes payload, addresses and changes out of a record; says nothing when it is gone. Safe to repeat. */
  erase(webhookId: string): Promise<void>;
}>;

export const recordPositionSchema = z.object({
  webhookId: z.string(),
  customerId: z.string(),
  receivedAt: z.string(),
});
export type RecordPosition = z.infer<typeof recordPositionSchema>;

const pageSize = 100;
const personal = ['payload', 'payloadOmitted', 'email', 'properties.externalId'];

/** The event records of single customers, for erasure. */
export function dynamoEventRecords(db: DynamoDBDocumentClient, table: string): EventRecords {
  return {
    async idsOfCustomer(customerId, after) {
      const page = await db.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byCustomer',
          KeyConditionExpression: 'customerId = :customerId',
          ExpressionAttributeValues: { ':customerId': customerId },
          Limit: pageSize,
          ExclusiveStartKey: after,
        }),
      );
      const items = z.array(recordPositionSchema).parse(page.Items ?? []);
      return {
        webhookIds: items.map(({ webhookId }) => webhookId),
        next: page.LastEvaluatedKey && recordPositionSchema.parse(page.LastEvaluatedKey),
      };
    },

    async erase(webhookId) {
      try {
        await db.send(
          new UpdateCommand({
            TableName: table,
            Key: { webhookId },
            UpdateExpression: `SET erased = :yes, changes = :none REMOVE ${personal.join(', ')}`,
            ConditionExpression: 'attribute_exists(webhookId)',
            ExpressionAttributeValues: { ':yes': true, ':none': [] },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
