import type { NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import { attributesOf, payloadOf } from '#shared/store/events/event-item.ts';

type Row = Readonly<Record<string, NativeAttributeValue>>;

/** A row of any table as if nothing of it were packed, its payload as text. One that is so stays so. */
export function readableRow(row: Row): Record<string, NativeAttributeValue> {
  if (typeof row['payload'] === 'string') return row;
  const payload = payloadOf(row);
  const { packed: _, ...attributes } = attributesOf(row);
  return { ...attributes, ...(payload !== undefined && { payload }) };
}

/** Rows as text in lower case, the escapes in payloads read. */
export function readableText(rows: readonly Row[]): string {
  const read = rows.map(readableRow).map(({ payload, ...row }) => ({
    ...row,
    ...(typeof payload === 'string' && { payload: JSON.parse(payload) }),
  }));
  return JSON.stringify(read).toLowerCase();
}
