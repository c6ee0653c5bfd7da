import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Counts, countsOf, type Tally } from '#shared/audience/counts/counts.ts';
import { dayOf } from '#shared/audience/counts/plan.ts';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { isTakenBySes } from '#shared/audience/person/address.ts';
import { listShards } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';

type Tables = Readonly<Record<'events' | 'contacts', string>>;

/** The events and the new contacts of a day or an hour, and how many contacts there are. */
export type Few = Readonly<{ counts: Counts; total: number; mailable: number }>;

const eventSchema = z.object({ type: z.string(), outcome: eventRecordSchema.shape.outcome });
type RecordedEvent = z.infer<typeof eventSchema>;
const contactSchema = z.object({
  address: z.string(),
  subscribed: z.boolean(),
  createdAt: z.string(),
});

/** A page of each shard is read, and no more. */
const usualMostOfShard = 100;

/**
 * Counts of a small stage what a page would otherwise miss until it is counted next. `undefined`: it is more than a page
 * may read.
 */
export function fewCounter(
  db: DynamoDBDocumentClient,
  tables: Tables,
  { mostOfShard = usualMostOfShard } = {},
) {
  /** The rows of all shards; `undefined`: one of them has more. */
  async function rowsOf(query: (shard: string) => QueryOfShard): Promise<unknown[] | undefined> {
    const shards = Array.from({ length: listShards }, (_, shard) => String(shard));
    const pages = await Promise.all(
      shards.map((shard) => db.send(new QueryCommand({ ...query(shard), Limit: mostOfShard }))),
    );
    if (pages.some(({ LastEvaluatedKey }) => LastEvaluatedKey)) return undefined;
    return pages.flatMap(({ Items = [] }) => Items);
  }

  async function eventsOf(at: string): Promise<RecordedEvent[] | undefined> {
    const rows = await rowsOf((shard) => ({
      TableName: tables.events,
      IndexName: 'byDay',
      KeyConditionExpression: 'dayShard = :shard AND begins_with(receivedAt, :at)',
      ExpressionAttributeValues: { ':shard': `${dayOf(at)}#${shard}`, ':at': at },
      ExpressionAttributeNames: { '#type': 'type', '#outcome': 'outcome' },
      ProjectionExpression: '#type, #outcome',
    }));
    return rows && readable(eventSchema, rows);
  }

  /** `at`: a day or an hour, of UTC. `known`: its events, where they need not be read. */
  return async function countFew(
    at: string,
    known?: readonly RecordedEvent[],
  ): Promise<Few | undefined> {
    const [events, contactRows] = await Promise.all([
      known ?? eventsOf(at),
      rowsOf((shard) => ({
        TableName: tables.contacts,
        IndexName: 'byCreation',
        KeyConditionExpression: 'creationShard = :shard',
        ExpressionAttributeValues: { ':shard': shard },
        ProjectionExpression: 'address, subscribed, createdAt',
      })),
    ]);
    if (!events || !contactRows) return undefined;
    const contacts = readable(contactSchema, contactRows);
    const tallies = events.map(({ type, outcome }): Tally => ['events', type, outcome]);
    return {
      counts: countsOf(
        tallies,
        contacts.filter(({ createdAt }) => createdAt.startsWith(at)).length,
      ),
      total: contacts.length,
      mailable: contacts.filter(({ subscribed, address }) => subscribed && isTakenBySes(address))
        .length,
    };
  };
}

type QueryOfShard = ConstructorParameters<typeof QueryCommand>[0];
