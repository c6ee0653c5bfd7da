import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import type { Recorded, ReplayWrite } from '#shared/audience/unit-of-work.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { packed, unpacked } from './packed-payload.ts';

/** A payload that is larger than this, compressed, would not fit into an item beside the rest of the record. */
const largestPayloadBytes = 300 * 1_024;

/** The item of table Events for a record, with its payload compressed, or marked as left out. */
export function eventItem(
  record: EventRecord,
  payload: string | undefined,
  retentionDays: number,
): Record<string, unknown> {
  const compressed = payload === undefined ? undefined : packed(payload);
  const fits = compressed && compressed.byteLength <= largestPayloadBytes;
  const expiresAt = Math.floor(Date.parse(record.receivedAt) / 1_000) + retentionDays * 86_400;
  return {
    ...record,
    expiresAt,
    dayShard: `${record.receivedAt.slice(0, 10)}#${shardOf(record.webhookId)}`,
    ...(compressed && (fits ? { payload: compressed } : { payloadOmitted: true })),
  };
}

/** The body of the webhook as Polar sent it. */
export const payloadText = unpacked;

export function eventRecordOf(item: unknown): EventRecord {
  return eventRecordSchema.parse(item);
}

const payloadSchema = z.object({ payload: z.optional(z.instanceof(Uint8Array)) });

/** The record in an item, and the body of its webhook. */
export function recordedOf(item: unknown): Recorded {
  const { payload } = payloadSchema.parse(item);
  return { record: eventRecordOf(item), payload: payload && payloadText(payload) };
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
