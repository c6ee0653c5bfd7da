import * as z from 'zod/mini';
import {
  type EventPosition,
  eventOutcomes,
  eventPositionSchema,
} from '#shared/aws/dynamo-event-log.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { cursorOf } from '../cursor.ts';

const optional = <T>(schema: z.ZodMiniType<T>) => z.catch(z.optional(schema), undefined);

/** Before this there was no Polar. */
const day = z.iso.date().check(z.refine((given) => given >= '2020-01-01'));

const listQuerySchema = z.object({
  type: optional(z.enum(supportedEventTypes)),
  outcome: optional(z.enum(eventOutcomes)),
  /** This day and no other. */
  day: optional(day),
  /** The newest day before this one that has such events. */
  before: optional(day),
  after: optional(z.string()),
});

export type ListQuery = Readonly<
  Omit<z.infer<typeof listQuerySchema>, 'after'> & { after: EventPosition | undefined }
>;

/** What a list is asked for. What cannot be understood is as if it had not been said. */
export function listQuery(given: Readonly<Record<string, string>>): ListQuery {
  const { after, ...query } = listQuerySchema.parse(given);
  return { ...query, after: cursorOf(eventPositionSchema, after) };
}

const ledgerKey = z.string().check(z.minLength(1), z.maxLength(100));

/** What a person may ask on the page of an event; anything else is the page itself. */
export const askSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.enum(['mark-sent', 'send-again']), email: ledgerKey }),
  z.object({
    ask: z.literal('replay'),
    triggers: z.optional(z.string()),
    again: z.optional(z.string()),
  }),
  z.object({ ask: z.literal('payload') }),
]);
