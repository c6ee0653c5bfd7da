import { gunzipSync, gzipSync } from 'node:zlib';
import { type EventRecord, eventRecordSchema } from '#shared/audience/event-record.ts';
import { shardOf } from './index-keys.ts';

/** A payload that is larger than this, compressed, would not fit into an item beside the rest of the record. */
const largestPayloadBytes = 300 * 1_024;

/** The item of table Events for a record, with its payload compressed, or marked as left out. */
export function eventItem(
  record: EventRecord,
  payload: string | undefined,
  retentionDays: number,
): Record<string, unknown> {
  const compressed = payload === undefined ? undefined : gzipSync(payload);
  const fits = compressed && compressed.byteLength <= largestPayloadBytes;
  const expiresAt = Math.floor(Date.parse(record.receivedAt) / 1_000) + retentionDays * 86_400;
  return {
    ...record,
    expiresAt,
    dayShard: `${record.receivedAt.slice(0, 10)}#${shardOf(record.webhookId)}`,
    ...(compressed && (fits ? { payload: compressed } : { payloadOmitted: true })),
  };
}

export function eventRecordOf(item: unknown): EventRecord {
  return eventRecordSchema.parse(item);
}

/** The body of the webhook as Polar sent it. */
export function payloadText(payload: Uint8Array): string {
  return gunzipSync(payload).toString();
}
