import { isGivenUp, type PolarApi, type PolarDelivery } from '#shared/polar/api.ts';
import { isStandardEventType } from '#shared/polar/event-types.ts';

/** What the newest deliveries of an endpoint tell. */
export type DeliveriesSeen = Readonly<{
  /** Of the last ten events that are over, which is what Polar goes by when it disables an endpoint. */
  failedInARow: number;
  failedOfTen: number;
  /** Events with a failed attempt since the last look, which got through with no other. */
  failedEvents: number;
  /** Events that Polar gave up in the last day, and that were not redelivered since. */
  givenUp: number;
  /** The newest event, if it is of the last day, that a delivery says we took, some time ago. */
  delivered: { webhookId: string; happenedMs: number } | undefined;
  /** There was more than was looked at. */
  isMore: boolean;
}>;

type Look = Readonly<{
  endpointId: string;
  connectedAt: string;
  /** When this look was due. */
  dueMs: number;
}>;

type EventSeen = {
  id: string;
  type: string;
  happenedMs: number;
  /** As Polar says; `null`: it is still trying, or was when the endpoint was disabled. */
  succeeded: boolean | null;
  isGivenUp: boolean;
  /** Of the newest attempt that succeeded, and of the newest that failed. */
  takenMs?: number;
  failedMs?: number;
};

/** The rate of the schedule: a look begins where the one before it ended. */
const sinceLastLookMs = 15 * 60_000;
const dayMs = 86_400_000;
/** As long as a webhook may well be on its way through our queue. */
const underwayMs = 20 * 60_000;
const mostPages = 3;

/** Reads a few hundred deliveries at most, newest first. */
export async function deliveriesSeen(
  api: Pick<PolarApi, 'deliveries'>,
  look: Look,
): Promise<DeliveriesSeen> {
  const events = new Map<string, EventSeen>();
  const { endpointId, dueMs } = look;
  for (let page = 1; ; page += 1) {
    const { items, maxPage } = await api.deliveries({ endpointId, page });
    for (const delivery of items) note(events, delivery);
    const all = [...events.values()];
    const oldest = items.at(-1)?.created_at;
    const isEnough =
      oldest !== undefined && Date.parse(oldest) < dueMs - dayMs && lastTen(all).length === 10;
    if (page >= maxPage || isEnough) return summary(all, look, false);
    if (page === mostPages) return summary(all, look, true);
  }
}

function note(events: Map<string, EventSeen>, delivery: PolarDelivery): void {
  const { id, type, created_at, succeeded = null } = delivery.webhook_event;
  const happenedMs = Date.parse(created_at);
  const known = { id, type, happenedMs, succeeded, isGivenUp: isGivenUp(delivery.webhook_event) };
  const seen: EventSeen = events.get(id) ?? known;
  events.set(id, seen);
  const atMs = Date.parse(delivery.created_at);
  if (delivery.succeeded) seen.takenMs ??= atMs;
  else seen.failedMs ??= atMs;
}

function summary(
  events: readonly EventSeen[],
  { connectedAt, dueMs }: Look,
  isMore: boolean,
): DeliveriesSeen {
  const ten = lastTen(events);
  const firstSuccess = ten.findIndex(({ succeeded }) => succeeded);
  // Polar notes a failed redelivery also on an event that had been delivered before.
  const open = events.filter(({ succeeded, takenMs }) => !succeeded && takenMs === undefined);
  const isSinceLastLook = ({ failedMs = 0 }: EventSeen) =>
    failedMs > dueMs - sinceLastLookMs && failedMs <= dueMs;
  const sinceMs = Math.max(Date.parse(connectedAt), dueMs - dayMs);
  const [delivered] = events
    .filter(({ type, happenedMs }) => isStandardEventType(type) && happenedMs >= sinceMs)
    .filter(({ takenMs = dueMs }) => takenMs <= dueMs - underwayMs)
    .sort(newestFirst);
  return {
    failedInARow: firstSuccess < 0 ? ten.length : firstSuccess,
    failedOfTen: ten.filter(({ succeeded }) => succeeded === false).length,
    failedEvents: open.filter(isSinceLastLook).length,
    givenUp: open.filter(
      ({ isGivenUp: isOver, failedMs = 0 }) => isOver && failedMs > dueMs - dayMs,
    ).length,
    delivered: delivered && { webhookId: delivered.id, happenedMs: delivered.happenedMs },
    isMore,
  };
}

function lastTen(events: readonly EventSeen[]): EventSeen[] {
  return events
    .filter(({ succeeded }) => succeeded !== null)
    .sort(newestFirst)
    .slice(0, 10);
}

function newestFirst(one: EventSeen, other: EventSeen): number {
  return other.happenedMs - one.happenedMs;
}
