import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { emailSchema } from '#shared/audience/emails/email.ts';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { instant } from '#shared/polar/instant.ts';
import { type ListPage, newestFirst } from '#shared/store/dynamo.ts';

const eventSchema = z.pick(eventRecordSchema, {
  webhookId: true,
  type: true,
  occurredAt: true,
  outcome: true,
  reason: true,
  customerId: true,
});

const time = z.optional(z.string());
const mailSchema = z.extend(
  z.pick(emailSchema, {
    ledgerKey: true,
    workflowId: true,
    webhookId: true,
    customerId: true,
    stepId: true,
    runId: true,
    state: true,
    heldSince: true,
    reason: true,
    createdAt: true,
  }),
  {
    feedback: z.optional(
      z.object({
        deliveredAt: time,
        bouncedAt: time,
        transientAt: time,
        complainedAt: time,
        rejectedAt: time,
      }),
    ),
  },
);

/** One thing that happened to a contact. */
export type Happening =
  | (z.infer<typeof eventSchema> & { kind: 'event' })
  | (z.infer<typeof mailSchema> & { kind: 'email' });

const keySchema = z.object({ at: z.string(), id: z.string() });
type HappeningKey = z.infer<typeof keySchema>;

/** How far the history was listed. Holds ids and times only. */
export const historyPositionSchema = z.record(z.string(), z.nullable(keySchema));
type HistoryPosition = z.infer<typeof historyPositionSchema>;

/** What happened to contacts, from indexes that lag by moments. */
export type ContactHistory = Readonly<{
  /** Events and emails together, newest first, of a contact by all the ids that it ever had. */
  page(
    contactIds: readonly string[],
    limit: number,
    after?: HistoryPosition,
  ): Promise<ListPage<Happening, HappeningKey>>;
  /** The customers whom the newest events and emails of this contact name. */
  customerIds(contactId: string): Promise<string[]>;
}>;

type Tables = Readonly<{ events: string; emails: string }>;

const mostReads = 20;
const mostRemembered = 10;

/** The key of an item in its table, and the time that index byContact sorts it by. */
const attributes = {
  event: { id: 'webhookId', at: 'occurredAt' },
  email: { id: 'ledgerKey', at: 'createdAt' },
} as const;

export function dynamoContactHistory(db: DynamoDBDocumentClient, tables: Tables): ContactHistory {
  async function read(shard: string, limit: number, after?: HappeningKey) {
    const kind = shard.startsWith('event ') ? 'event' : 'email';
    const contactId = shard.slice(kind.length + 1);
    const { id, at } = attributes[kind];
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: kind === 'event' ? tables.events : tables.emails,
        IndexName: 'byContact',
        KeyConditionExpression: 'contactId = :contactId',
        ExpressionAttributeValues: { ':contactId': contactId },
        ScanIndexForward: false,
        Limit: limit,
        ExclusiveStartKey: after && { contactId, [at]: after.at, [id]: after.id },
      }),
    );
    const last = LastEvaluatedKey;
    return {
      items: Items.map((item) => happeningOf(kind, item)),
      next: last && keySchema.parse({ at: last[at], id: last[id] }),
    };
  }

  return {
    page(contactIds, limit, after) {
      return newestFirst(
        {
          shards: contactIds.flatMap((id) => [`event ${id}`, `email ${id}`]),
          read: (shard, from) => read(shard, limit, from),
          keyOf,
          // Polar's times have six digits, ours three.
          ageOf: (one) => instant(keyOf(one).at) ?? keyOf(one).at,
          limit,
          mostReads,
        },
        after,
      );
    },

    async customerIds(contactId) {
      const [events, emails] = await Promise.all([
        read(`event ${contactId}`, mostRemembered),
        read(`email ${contactId}`, mostRemembered),
      ]);
      return [...new Set([...events.items, ...emails.items].map(({ customerId }) => customerId))];
    },
  };
}

function happeningOf(kind: Happening['kind'], item: unknown): Happening {
  return kind === 'event'
    ? { kind, ...eventSchema.parse(item) }
    : { kind, ...mailSchema.parse(item) };
}

function keyOf(one: Happening): HappeningKey {
  return one.kind === 'event'
    ? { at: one.occurredAt, id: one.webhookId }
    : { at: one.createdAt, id: one.ledgerKey };
}
