import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  optionalEventTypes,
  type SupportedEventType,
  standardEventTypes,
} from '#shared/polar/event-types.ts';
import { settingsRow } from '#shared/store/settings/settings-row.ts';

const switchSchema = z.catch(z.object({ enabled: z.boolean() }), { enabled: false });
/** Whatever else is wrong with the settings, and without what would read all of them. */
const documentSchema = z.catch(z.object({ events: z.record(z.string(), switchSchema) }), {
  events: {},
});

/** The events that the endpoint in Polar should have by the settings of now: no standard one is ever taken out. */
export function eventsWanted(
  db: DynamoDBDocumentClient,
  table: string,
  row = settingsRow(db, table),
): () => Promise<SupportedEventType[]> {
  return async () => {
    const { events } = documentSchema.parse(await row('settings'));
    return [...standardEventTypes, ...optionalEventTypes.filter((type) => events[type]?.enabled)];
  };
}
