import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { addsContact } from '#shared/audience/event-record.ts';
import { withoutPersonal } from '#shared/polar/event-properties.ts';
import { eventRecordOf, readEvent } from './event-item.ts';
import { packedRecord } from './packed-record.ts';

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
const personal = [
  ...['packed', 'payload', 'payloadOmitted', 'email', 'replays', 'changes', 'properties'],
] as const;

/**
 * What is left of a person's item in place of `personal`. A record that was packed is packed again, so that it always
 * fits; one that cannot be read loses all that it says.
 */
function withoutPerson(item: Readonly<Record<string, unknown>>) {
  try {
    const record = eventRecordOf(item);
    const left = {
      ...{ changes: [], properties: withoutPersonal(record.properties) },
      ...(addsContact(record) && { added: true }),
    };
    if (!('packed' in item)) return { erased: true, ...left };
    return { erased: true, packed: packedRecord({ ...record, ...left }, '').packed };
  } catch {
    return { erased: true, changes: [], properties: {}, settingsVersion: 0 };
  }
}

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
      // Nothing but an erasure writes what is packed again, so it is as it was read.
      const item = await readEvent(db, table, webhookId);
      if (!item) return;
      const left = withoutPerson(item);
      const names = Object.keys(left);
      const removed = personal.filter((name) => !(name in left));
      try {
        await db.send(
          new UpdateCommand({
            TableName: table,
            Key: { webhookId },
            UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')} REMOVE ${removed.join(', ')}`,
            ConditionExpression: 'attribute_exists(webhookId)',
            ExpressionAttributeValues: Object.fromEntries(
              Object.entries(left).map(([name, value]) => [`:${name}`, value]),
            ),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
