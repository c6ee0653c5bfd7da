import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import type { Recorded, ReplayWrite } from '#shared/audience/rows/unit-of-work.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { packedPayload, unpackedPayload } from './packed-payload.ts';
import { packedRecord, unpackedRecord } from './packed-record.ts';

/** A payload that is larger than this, compressed, would not fit into an item beside the rest of the record. */
const largestPayloadBytes = 300 * 1_024;
/** A longer one is packed by itself, so that lists, which need the record, need not read it. */
const longestPackedAsOneBytes = 16 * 1_024;

/** The item of table Events for a record, with its payload, packed; or marked as left out. */
export function eventItem(
  record: EventRecord,
  payload: string | undefined,
  retentionDays: number,
): Record<string, unknown> {
  const expiresAt = Math.floor(Date.parse(record.receivedAt) / 1_000) + retentionDays * 86_400;
  return {
    ...(payload === undefined ? record : withPayload(record, payload)),
    expiresAt,
    dayShard: `${record.receivedAt.slice(0, 10)}#${shardOf(record.webhookId)}`,
  };
}

function withPayload(record: EventRecord, payload: string): Readonly<Record<string, unknown>> {
  if (Buffer.byteLength(payload) <= longestPackedAsOneBytes) return packedRecord(record, payload);
  const compressed = packedPayload(payload);
  const fits = compressed.byteLength <= largestPayloadBytes;
  return { ...record, ...(fits ? { payload: compressed } : { payloadOmitted: true }) };
}

const bytes = z.optional(z.instanceof(Uint8Array));
/** Absent from rows of 0.1.0 and beside long payloads: the record is whole then. */
const packedSchema = z.object({ packed: bytes, erased: z.optional(z.boolean()) });
const payloadSchema = z.object({ payload: bytes });

function unpackedOf(item: unknown) {
  const { packed, erased } = packedSchema.parse(item);
  const unpacked = packed && unpackedRecord(packed);
  // An erasure packs the rest of the record again, without a body.
  return unpacked && { ...unpacked, body: erased ? undefined : unpacked.body };
}

/** All attributes of an item, those that are packed among them. What was written since wins. */
export function attributesOf(
  item: unknown,
  unpacked = unpackedOf(item),
): Readonly<Record<string, unknown>> {
  return { ...unpacked?.attributes, ...Object(item) };
}

export function eventRecordOf(item: unknown): EventRecord {
  return eventRecordSchema.parse(attributesOf(item));
}

/** The body of the webhook as Polar sent it, where it was kept. */
export function payloadOf(item: unknown, unpacked = unpackedOf(item)): string | undefined {
  if (unpacked) return unpacked.body;
  const { payload } = payloadSchema.parse(item);
  return payload && unpackedPayload(payload);
}

/** The record in an item, and the body of its webhook. */
export function recordedOf(item: unknown): Recorded {
  const unpacked = unpackedOf(item);
  const record = eventRecordSchema.parse(attributesOf(item, unpacked));
  return { record, payload: payloadOf(item, unpacked) };
}

/** The item of an event, read consistently; `undefined` where there is none, or not any more. */
export async function readEvent(
  db: DynamoDBDocumentClient,
  table: string,
  webhookId: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const get = new GetCommand({ TableName: table, Key: { webhookId }, ConsistentRead: true });
  return (await db.send(get)).Item;
}

/** The same, of which only the record counts. */
export async function readRecord(
  db: DynamoDBDocumentClient,
  table: string,
  webhookId: string,
): Promise<EventRecord | undefined> {
  const item = await readEvent(db, table, webhookId);
  return item && eventRecordOf(item);
}

/** The update that puts replays into the item of a record, on the conditions that `ReplayWrite` names. */
export function replayUpdate(TableName: string, replay: ReplayWrite) {
  const { webhookId, replays, replayCount, wasErased, contactId, email } = replay;
  const added = Object.entries({ contactId, email }).filter(([, value]) => value !== undefined);
  const set = [
    'replays = :replays',
    'replayCount = :replayCount',
    ...added.map(([name]) => `${name} = if_not_exists(${name}, :${name})`),
  ];
  const conditions = [
    'attribute_exists(webhookId)',
    replayCount === 1 ? 'attribute_not_exists(replayCount)' : 'replayCount = :before',
    wasErased ? 'erased = :yes' : 'attribute_not_exists(erased)',
  ];
  return {
    TableName,
    Key: { webhookId },
    UpdateExpression: `SET ${set.join(', ')}`,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeValues: {
      ':replays': replays,
      ':replayCount': replayCount,
      ...(replayCount > 1 && { ':before': replayCount - 1 }),
      ...(wasErased && { ':yes': true }),
      ...Object.fromEntries(added.map(([name, value]) => [`:${name}`, value])),
    },
  };
}
