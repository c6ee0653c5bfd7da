import { BatchGetCommand, type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type ReplayEntry, replayEntrySchema } from '#shared/audience/event-record.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { keysAtOnce, listShards } from '#shared/store/dynamo.ts';
import { readRecord } from '#shared/store/events/event-item.ts';
import { type EventFilter, eventOutcomes } from '#shared/store/events/event-log.ts';

/** Which recorded events are meant: one, or all that came in between two times, both of them included. */
export type EventChoice =
  | { kind: 'one'; webhookId: string }
  | ({ kind: 'many'; since: string; until: string } & EventFilter);

const recordedEventSchema = z.object({
  webhookId: z.string(),
  type: z.enum(supportedEventTypes),
  occurredAt: z.string(),
  receivedAt: z.string(),
  outcome: z.enum(eventOutcomes),
  customerId: z.string(),
});
export type RecordedEvent = z.infer<typeof recordedEventSchema>;

export type RecordedEvents = Readonly<{
  /**
   * The chosen events, some hundreds at a time, as they came in, and among these as they occurred. Memory does not
   * grow with their number.
   */
  chosen(choice: EventChoice): AsyncGenerator<RecordedEvent[]>;
  /** What the records of these events say of a replay, by webhook id; those that say nothing of it are left out. */
  entriesOf(webhookIds: readonly string[], replayId: string): Promise<Map<string, ReplayEntry>>;
}>;

const pageSize = 100;
const eventsAtOnce = 500;

const replaysSchema = z.object({
  webhookId: z.string(),
  replays: z.array(replayEntrySchema).optional(),
});

export function recordedEvents(db: DynamoDBDocumentClient, table: string): RecordedEvents {
  async function one(webhookId: string): Promise<RecordedEvent[]> {
    const record = await readRecord(db, table, webhookId);
    return record ? [record] : [];
  }

  async function* ofShard(
    day: string,
    shard: number,
    { since, until, type, outcome }: Extract<EventChoice, { kind: 'many' }>,
  ) {
    const query = {
      TableName: table,
      IndexName: 'byDay',
      KeyConditionExpression: 'dayShard = :dayShard AND receivedAt BETWEEN :since AND :until',
      ExpressionAttributeValues: {
        ':dayShard': `${day}#${shard}`,
        ':since': since,
        ':until': until,
      },
    };
    for await (const { Items = [] } of paginateQuery({ client: db, pageSize }, query)) {
      for (const event of z.array(recordedEventSchema).parse(Items)) {
        const isMeant = event.type === (type ?? event.type);
        if (isMeant && event.outcome === (outcome ?? event.outcome)) yield event;
      }
    }
  }

  return {
    async *chosen(choice) {
      if (choice.kind === 'one') {
        yield await one(choice.webhookId);
        return;
      }
      let batch: RecordedEvent[] = [];
      for (const day of daysOf(choice.since, choice.until)) {
        const shards = Array.from({ length: listShards }, (_, n) => ofShard(day, n, choice));
        for await (const event of inOrderOfArrival(shards)) {
          batch.push(event);
          if (batch.length < eventsAtOnce) continue;
          yield batch.sort(byOccurrence);
          batch = [];
        }
      }
      if (batch.length > 0) yield batch.sort(byOccurrence);
    },

    async entriesOf(webhookIds, replayId) {
      const found = new Map<string, ReplayEntry>();
      for (let start = 0; start < webhookIds.length; start += keysAtOnce) {
        const Keys = webhookIds
          .slice(start, start + keysAtOnce)
          .map((webhookId) => ({ webhookId }));
        const ProjectionExpression = 'webhookId, replays';
        const request = { [table]: { Keys, ConsistentRead: true, ProjectionExpression } };
        // Keys that DynamoDB leaves unread say nothing yet, and are asked for again by whoever waits.
        const { Responses } = await db.send(new BatchGetCommand({ RequestItems: request }));
        for (const item of Responses?.[table] ?? []) {
          const { webhookId, replays = [] } = replaysSchema.parse(item);
          const entry = replays.find((replay) => replay.replayId === replayId);
          if (entry) found.set(webhookId, entry);
        }
      }
      return found;
    },
  };
}

const dayMs = 86_400_000;

function* daysOf(since: string, until: string): Generator<string> {
  const last = until.slice(0, 10);
  for (let day = since.slice(0, 10); day <= last; day = dayAfter(day)) yield day;
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
}

/** One list of several that are in this order each. */
async function* inOrderOfArrival(lists: readonly AsyncGenerator<RecordedEvent>[]) {
  const nextOf = async (list: AsyncGenerator<RecordedEvent>) => {
    const result = await list.next();
    return result.done ? [] : [{ list, event: result.value }];
  };
  let heads = (await Promise.all(lists.map(nextOf))).flat();
  for (;;) {
    const [first, ...others] = heads;
    if (!first) return;
    const earliest = others.reduce(
      (best, one) => (one.event.receivedAt < best.event.receivedAt ? one : best),
      first,
    );
    yield earliest.event;
    const next = await nextOf(earliest.list);
    heads = [...heads.filter((head) => head !== earliest), ...next];
  }
}

function byOccurrence(one: RecordedEvent, other: RecordedEvent): number {
  return one.occurredAt < other.occurredAt ? -1 : Number(one.occurredAt > other.occurredAt);
}
