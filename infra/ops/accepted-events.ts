import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

export type Acceptance = Readonly<{
  eventId: string;
  type: string;
  /** When Polar made the event. */
  createdAt: string;
  /** Why it does not arrive, as far as that was known. */
  reason: string;
  /** Who accepted it, and when. */
  by: string;
  at: string;
}>;

export type AcceptedEvents = Readonly<{
  has: (eventId: string) => Promise<boolean>;
  /** The first acceptance of an event stays. */
  add: (acceptance: Acceptance) => Promise<void>;
}>;

/** The events of which a person accepted that they never arrive: items `accepted-event#<id>` of table Settings. */
export function acceptedEvents(db: DynamoDBDocumentClient, table: string): AcceptedEvents {
  const nameOf = (eventId: string) => `accepted-event#${eventId}`;
  return {
    async has(eventId) {
      const Key = { name: nameOf(eventId) };
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      return (await db.send(get)).Item !== undefined;
    },

    async add(acceptance) {
      try {
        await db.send(
          new PutCommand({
            TableName: table,
            Item: { name: nameOf(acceptance.eventId), ...acceptance },
            ConditionExpression: 'attribute_not_exists(#name)',
            ExpressionAttributeNames: { '#name': 'name' },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
