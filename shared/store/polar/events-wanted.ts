import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  optionalEventTypes,
  type SupportedEventType,
  standardEventTypes,
} from '#shared/polar/event-types.ts';

const switchSchema = z.catch(z.object({ enabled: z.boolean() }), { enabled: false });
/** Whatever else is wrong with the settings, and without what would read all of them. */
const documentSchema = z.catch(z.object({ events: z.record(z.string(), switchSchema) }), {
  events: {},
});

/** The events that the endpoint in Polar should have by the settings of now: no standard one is ever taken out. */
export function eventsWanted(
  db: DynamoDBDocumentClient,
  table: string,
): () => Promise<SupportedEventType[]> {
  return async () => {
    const key = { TableName: table, Key: { name: 'settings' } };
    const { Item } = await db.send(new GetCommand({ ...key, ConsistentRead: true }));
    const { events } = documentSchema.parse(Item);
    return [...standardEventTypes, ...optionalEventTypes.filter((type) => events[type]?.enabled)];
  };
}
