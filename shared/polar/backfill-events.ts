import { createHash } from 'node:crypto';
import type { PolarRow } from './api.ts';
import { type PolarEvent, polarEvent } from './event.ts';
import { backfillPrefix, lostOrderPrefix } from './event-types.ts';
import { polarApiVersion } from './request.ts';

/** An event that Polar would have sent, made from what its API says now. `payload` is kept beside its record. */
export type BackfillEvent = Readonly<{ webhookId: string; payload: string; event: PolarEvent }>;

export type MadeEvent =
  | Readonly<{ kind: 'event'; made: BackfillEvent }>
  | Readonly<{ kind: 'unreadable'; reason: string }>;

type BackfilledType =
  | 'customer.created'
  | 'customer.updated'
  | 'customer.deleted'
  | 'subscription.created'
  | 'order.paid';

/**
 * The event for a row of Polar's API. Its id follows from the type, the object in its version, and the settings that it
 * is to be applied with: made again, it is a duplicate.
 */
export function backfillEvent(
  type: Exclude<BackfilledType, 'customer.deleted'>,
  row: PolarRow,
  settingsVersion: number,
): MadeEvent {
  const happenedAt = type === 'customer.updated' ? row['modified_at'] : row['created_at'];
  return made(type, happenedAt, row, ({ object }) => `${object.version} ${settingsVersion}`);
}

/** A paid order of which Polar never told, as the event that workflows see. Its id is that of the order alone. */
export function lostOrderEvent(row: PolarRow): MadeEvent {
  const event = made('order.paid', row['created_at'], row, () => '');
  if (event.kind === 'unreadable') return event;
  const webhookId = `${lostOrderPrefix}${event.made.event.object.id}`;
  return { kind: 'event', made: { ...event.made, webhookId } };
}

type Gone = Readonly<{
  customerId: string;
  organizationId: string;
  /** When a person lifted an earlier deletion of this kind: this is another one then. */
  restoredAt: string | undefined;
}>;

/** The deletion of a customer that Polar does not have any more. When it was, Polar does not tell. */
export function backfillDeletion(gone: Gone, now: Date): MadeEvent {
  const { customerId, organizationId, restoredAt } = gone;
  const at = now.toISOString();
  const data = { id: customerId, created_at: at, deleted_at: at, organization_id: organizationId };
  const version = restoredAt === undefined ? 'gone' : `gone since ${restoredAt}`;
  return made('customer.deleted', at, data, () => version);
}

function made(
  type: BackfilledType,
  timestamp: unknown,
  data: PolarRow,
  versionOf: (event: PolarEvent) => string,
): MadeEvent {
  const source = 'backfill';
  const payload = JSON.stringify({ type, timestamp, api_version: polarApiVersion, source, data });
  const parsed = polarEvent(payload);
  if (parsed.kind === 'unreadable') return parsed;
  const { event } = parsed;
  const text = `${type} ${event.object.id} ${versionOf(event)}`;
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 32);
  return { kind: 'event', made: { webhookId: `${backfillPrefix}${hash}`, payload, event } };
}
