import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { addsContact, type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import { type EventProperties, eventPropertiesSchema } from '#shared/polar/event-properties.ts';
import { backfillPrefix, supportedEventTypes } from '#shared/polar/event-types.ts';
import {
  keysAtOnce,
  type ListPage,
  listShards,
  newestFirst,
  readBatch,
  shareOf,
} from '#shared/store/dynamo.ts';
import { attributesOf, eventRecordOf, payloadOf, readEvent } from './event-item.ts';

export const eventOutcomes = eventRecordSchema.shape.outcome.options;

const listedEventSchema = z.object({
  webhookId: z.string(),
  type: z.enum(supportedEventTypes),
  occurredAt: z.string(),
  receivedAt: z.string(),
  outcome: z.enum(eventOutcomes),
  reason: z.optional(z.string()),
  contactId: z.optional(z.string()),
  customerId: z.string(),
  email: z.optional(z.string()),
});
/** What lists show of an event. */
export type ListedEvent = z.infer<typeof listedEventSchema>;

export type EventFilter = Readonly<{
  type?: ListedEvent['type'] | undefined;
  outcome?: ListedEvent['outcome'] | undefined;
  /** Only what Polar sent, not what a backfill made. */
  isSent?: true;
  /** `YYYY-MM-DDTHH` of UTC: only what was received in this hour of the day. It narrows what is read, too. */
  inHour?: string | undefined;
}>;

const mailsSchema = z.optional(z.array(z.object({ ledgerKey: z.optional(z.string()) })));
const detailsSchema = z.object({
  webhookId: z.string(),
  properties: eventPropertiesSchema,
  changes: eventRecordSchema.shape.changes,
  added: eventRecordSchema.shape.added,
  workflows: mailsSchema,
  replays: z.optional(z.array(z.object({ workflows: mailsSchema }))),
});
export type EventDetails = Readonly<{
  properties: EventProperties;
  /** How many emails it has asked for, replays included. */
  mails: number;
  /** Whether the contact came to be by it. */
  addsContact: boolean;
}>;

const keySchema = z.object({
  receivedAt: z.string().check(z.minLength(1), z.maxLength(64)),
  webhookId: z.string().check(z.minLength(1), z.maxLength(2_048)),
});
type EventKey = z.infer<typeof keySchema>;

/** How far the events of a day were listed. */
export const eventPositionSchema = z.record(
  z.string().check(z.regex(/^\d+$/)),
  z.nullable(keySchema),
);
export type EventPosition = z.infer<typeof eventPositionSchema>;

export type EventsOfDay = ListPage<ListedEvent, EventKey> & Readonly<{ day: string }>;

export type KeptPayload =
  | { kind: 'kept'; text: string }
  /** It was too large to be kept. */
  | { kind: 'omitted' }
  /** Its customer is erased. */
  | { kind: 'erased' }
  | { kind: 'none' };

export type KeptEvent = Readonly<{
  record: EventRecord;
  payload: KeptPayload;
  /** When all of this goes. */
  expiresAt: Date | undefined;
}>;

/** What was recorded of events, for people. Days are `YYYY-MM-DD`, in UTC, by when an event was received. */
export type EventLog = Readonly<{
  /** One page of a day, newest first, from an index that lags by moments. */
  ofDay(
    day: string,
    filter: EventFilter,
    limit: number,
    after?: EventPosition,
  ): Promise<EventsOfDay>;
  /**
   * The first page of the newest day, `last` or earlier, on which there are such events. Goes back for two weeks, or
   * until enough was read, and then gives the day where it stopped.
   */
  newest(last: string, filter: EventFilter, limit: number): Promise<EventsOfDay>;
  /** What lists show beside that: one batch of at most a hundred; an event that is gone is left out. */
  detailsOf(webhookIds: readonly string[]): Promise<ReadonlyMap<string, EventDetails>>;
  /** Of these, the webhook ids of the events by which a contact came to be. Reads only those that changed one. */
  addedBy(
    events: readonly Pick<EventRecord, 'webhookId' | 'outcome'>[],
  ): Promise<ReadonlySet<string>>;
  find(webhookId: string): Promise<KeptEvent | undefined>;
  has(webhookId: string): Promise<boolean>;
}>;

/** A filter is applied to what was read, so a page of it takes more reading. */
const readAtOnce = 250;
const mostReads = 4;
/**
 * How many days before the last one are read at a time. Two weeks without an event, as in a new deployment, are four
 * rounds of small queries; only a scan of the table could tell in one that there is none at all.
 */
const daysAtOnce = [1, 4, 8];

const expirySchema = z.object({ expiresAt: z.number() });
const omittedSchema = z.object({ payloadOmitted: z.literal(true) });

export function dynamoEventLog(db: DynamoDBDocumentClient, table: string): EventLog {
  async function read(
    dayShard: string,
    filter: EventFilter,
    limit: number,
    after: EventKey | undefined,
  ) {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byDay',
        ScanIndexForward: false,
        ...conditionOf(filter, dayShard),
        Limit: limit,
        ExclusiveStartKey: after && { ...after, dayShard },
      }),
    );
    return {
      items: z.array(listedEventSchema).parse(Items),
      next: LastEvaluatedKey && keySchema.parse(LastEvaluatedKey),
    };
  }

  const ofDay: EventLog['ofDay'] = async (day, filter, limit, after) => {
    const page = await newestFirst(
      {
        shards: Array.from({ length: listShards }, (_, shard) => String(shard)),
        read: (shard, from, isFirst) => {
          const most = isFirst ? shareOf(limit) : limit;
          return read(`${day}#${shard}`, filter, isFiltered(filter) ? readAtOnce : most, from);
        },
        keyOf: ({ receivedAt, webhookId }) => ({ receivedAt, webhookId }),
        ageOf: ({ receivedAt }) => receivedAt,
        limit,
        mostReads,
      },
      after,
    );
    return { ...page, day };
  };

  async function detailsOf(
    webhookIds: readonly string[],
  ): Promise<ReadonlyMap<string, EventDetails>> {
    if (webhookIds.length === 0) return new Map();
    const Keys = [...new Set(webhookIds)].slice(0, keysAtOnce).map((webhookId) => ({ webhookId }));
    // Without long payloads, which are packed by themselves.
    const ProjectionExpression =
      'webhookId, packed, properties, changes, added, workflows, replays';
    const rowsIn = await readBatch(db, { [table]: { Keys, ProjectionExpression } });
    return new Map(rowsIn(table).flatMap(detailsOfRow));
  }

  return {
    ofDay,

    async newest(last, filter, limit) {
      let page = await ofDay(last, filter, limit);
      const isFound = ({ items, isCutShort }: EventsOfDay) => items.length > 0 || isCutShort;
      // With a filter a day may take much reading, so that one is read after another.
      const steps = isFiltered(filter)
        ? daysAtOnce.flatMap((days) => Array.from({ length: days }, () => 1))
        : daysAtOnce;
      for (const days of steps) {
        if (isFound(page)) return page;
        const pages = await Promise.all(
          daysBefore(page.day, days).map((day) => ofDay(day, filter, limit)),
        );
        page = pages.find(isFound) ?? pages.at(-1) ?? page;
      }
      return page;
    },

    detailsOf,

    async addedBy(events) {
      const changed = events.filter(({ outcome }) => outcome === 'applied');
      const details = await detailsOf(changed.map(({ webhookId }) => webhookId));
      return new Set([...details].flatMap(([id, { addsContact }]) => (addsContact ? [id] : [])));
    },

    async find(webhookId) {
      const item = await readEvent(db, table, webhookId);
      if (!item) return undefined;
      const record = eventRecordOf(item);
      const expiry = expirySchema.safeParse(item).data;
      return {
        record,
        payload: keptPayload(record, item),
        expiresAt: expiry && new Date(expiry.expiresAt * 1_000),
      };
    },

    async has(webhookId) {
      const get = { TableName: table, Key: { webhookId }, ProjectionExpression: 'webhookId' };
      return (await db.send(new GetCommand(get))).Item !== undefined;
    },
  };
}

/** What a list shows of the record in this row; nothing where a version that is not this one wrote it. */
function detailsOfRow(row: Readonly<Record<string, unknown>>): (readonly [string, EventDetails])[] {
  try {
    const read = detailsSchema.parse(attributesOf(row));
    return [[read.webhookId, detailsIn(read)]];
  } catch {
    return [];
  }
}

function detailsIn({
  properties,
  changes,
  added,
  workflows = [],
  replays = [],
}: z.infer<typeof detailsSchema>): EventDetails {
  const asked = [...workflows, ...replays.flatMap((one) => one.workflows ?? [])];
  return {
    properties,
    mails: new Set(asked.flatMap(({ ledgerKey }) => ledgerKey ?? [])).size,
    addsContact: addsContact({ changes, added }),
  };
}

export function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** So many days before this one, the newest first. */
function daysBefore(day: string, count: number): string[] {
  const days: string[] = [];
  for (let before = dayBefore(day); days.length < count; before = dayBefore(before)) {
    days.push(before);
  }
  return days;
}

function keptPayload({ erased }: EventRecord, item: unknown): KeptPayload {
  const text = payloadOf(item);
  if (text !== undefined) return { kind: 'kept', text };
  if (erased) return { kind: 'erased' };
  return { kind: omittedSchema.safeParse(item).success ? 'omitted' : 'none' };
}

function isFiltered({ type, outcome, isSent }: EventFilter): boolean {
  return type !== undefined || outcome !== undefined || isSent === true;
}

function conditionOf(filter: EventFilter, dayShard: string) {
  const { type, outcome, isSent, inHour } = filter;
  const values = { ':dayShard': dayShard, ...(inHour !== undefined && { ':hour': inHour }) };
  const ofHour = inHour === undefined ? '' : ' AND begins_with(receivedAt, :hour)';
  const KeyConditionExpression = `dayShard = :dayShard${ofHour}`;
  if (!isFiltered(filter)) return { KeyConditionExpression, ExpressionAttributeValues: values };
  const wanted = Object.entries({ type, outcome }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const conditions = wanted.map(([name]) => `#${name} = :${name}`);
  if (isSent) conditions.push('NOT begins_with(webhookId, :made)');
  return {
    KeyConditionExpression,
    FilterExpression: conditions.join(' AND '),
    ...(wanted.length > 0 && {
      ExpressionAttributeNames: Object.fromEntries(wanted.map(([name]) => [`#${name}`, name])),
    }),
    ExpressionAttributeValues: {
      ...values,
      ...(isSent && { ':made': backfillPrefix }),
      ...Object.fromEntries(wanted.map(([name, value]) => [`:${name}`, value])),
    },
  };
}
