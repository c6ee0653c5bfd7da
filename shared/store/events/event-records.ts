import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { eventPropertiesSchema, withoutPersonal } from '#shared/polar/event-properties.ts';
import { attributesOf, readEvent } from './event-item.ts';

type Page = { webhookIds: string[]; next: RecordPosition | undefined };

export type EventRecords = Readonly<{
  /** One page of the webhook ids of a customer's records, and where the next page starts, if there is one. */
  idsOfCustomer(customerId: string, after?: RecordPosition): Promise<Page>;
  /** The same of a contact's records. */
  idsOfContact(contactId: string, after?: RecordPosition): Promise<Page>;
  /** Takes payload, addresses, changes and replays out of a record; says nothing when it is gone. Safe to repeat. */
  erase(webhookId: string): Promise<void>;
}>;

/** The key of an item in one of the two indexes. */
export const recordPositionSchema = z.record(z.string(), z.string());
export type RecordPosition = z.infer<typeof recordPositionSchema>;

const idsSchema = z.array(z.object({ webhookId: z.string() }));
const pageSize = 100;
const toldSchema = z.object({ properties: eventPropertiesSchema });

/** The event records of single customers and contacts, for erasure. */
export function dynamoEventRecords(db: DynamoDBDocumentClient, table: string): EventRecords {
  async function page(
    IndexName: string,
    name: string,
    value: string,
    after: RecordPosition | undefined,
  ): Promise<Page> {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName,
        KeyConditionExpression: '#name = :value',
        ProjectionExpression: 'webhookId',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
        Limit: pageSize,
        ExclusiveStartKey: after,
      }),
    );
    return {
      webhookIds: idsSchema.parse(Items).map(({ webhookId }) => webhookId),
      next: LastEvaluatedKey && recordPositionSchema.parse(LastEvaluatedKey),
    };
  }

  return {
    idsOfCustomer: (customerId, after) => page('byCustomer', 'customerId', customerId, after),
    idsOfContact: (contactId, after) => page('byContact', 'contactId', contactId, after),

    async erase(webhookId) {
      // What is packed lies with the payload. Nothing but an erasure writes it again, so it is as it was read.
      const item = await readEvent(db, table, webhookId);
      if (!item) return;
      const attributes = attributesOf(item);
      const { properties } = toldSchema.parse(attributes);
      const unpacked = Object.entries(attributes).filter(([name]) => !(name in item));
      const kept = {
        ...Object.fromEntries(unpacked),
        ...{ erased: true, changes: [], properties: withoutPersonal(properties) },
      };
      const names = Object.keys(kept);
      try {
        await db.send(
          new UpdateCommand({
            TableName: table,
            Key: { webhookId },
            UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')} REMOVE packed, payload, payloadOmitted, email, replays`,
            ConditionExpression: 'attribute_exists(webhookId)',
            ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
            ExpressionAttributeValues: Object.fromEntries(
              Object.entries(kept).map(([name, value]) => [`:${name}`, value]),
            ),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
