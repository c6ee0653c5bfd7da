import type { PolarApi, PolarDelivery } from './api.ts';
import { PolarInvalid, PolarMissing } from './api-error.ts';
import { type Connection, type ConnectionParts, isSameSecret } from './connection/connection.ts';
import { differencesOf } from './connection/endpoint.ts';
import { polarEvent } from './event.ts';
import { instant } from './instant.ts';

type RedeliverWish = Readonly<{
  /** ISO 8601; Polar keeps payloads for 90 days. */
  since: string;
  /** How many events to redeliver and how many to look at, at most. */
  limit: number;
  /** What the call before gave as `next`. */
  from?: string | undefined;
}>;

export type Redelivered =
  | {
      kind: 'redelivered';
      events: number;
      /** Delivered in the end, or dealt with by a call before this. */
      settled: number;
      /** Polar does not keep their payloads any more. */
      lost: number;
      /** Failed attempts that were not looked at yet; several of them may be of one event. */
      attemptsLeft: number;
      /** Where to go on; absent: everything was looked at. */
      next?: string;
    }
  | { kind: 'refused'; reason: string };

/**
 * Asks Polar to deliver again exactly the events of which no attempt ever succeeded, newest first. Bounded work: about
 * two calls for each event. Refuses while they would fail again. Throws a `PolarApiError`; safe to repeat.
 */
export async function redeliverFailed(
  parts: ConnectionParts,
  connection: Connection,
  wish: RedeliverWish,
): Promise<Redelivered> {
  const reason = await whyTheyWouldFail(parts, connection);
  if (reason) return { kind: 'refused', reason };
  const [start = '', until = ''] = wish.from?.split('_') ?? Array(2).fill(precise(parts.now()));
  const seen = new Set<string>();
  const counts = { redelivered: 0, settled: 0, lost: 0 };
  let looked = 0;
  for (let page = 1; ; page += 1) {
    const { endpointId } = connection;
    const wanted = { endpointId, since: wish.since, until, succeeded: false, page };
    const { items, totalCount, maxPage } = await parts.api.deliveries(wanted);
    for (const [index, delivery] of items.entries()) {
      if (!seen.has(delivery.webhook_event.id)) {
        seen.add(delivery.webhook_event.id);
        counts[await redeliver(parts, connection, delivery, { start, until })] += 1;
      }
      looked += 1;
      // Polar compares times by "before": those of the same moment belong together.
      const isCut = items[index + 1]?.created_at !== delivery.created_at;
      if (seen.size >= wish.limit && isCut && looked < totalCount) {
        const { redelivered: events, ...rest } = counts;
        const attemptsLeft = totalCount - looked;
        return {
          kind: 'redelivered',
          events,
          ...rest,
          attemptsLeft,
          next: `${start}_${delivery.created_at}`,
        };
      }
    }
    if (page >= maxPage) {
      const { redelivered: events, ...rest } = counts;
      return { kind: 'redelivered', events, ...rest, attemptsLeft: 0 };
    }
  }
}

async function redeliver(
  { api }: ConnectionParts,
  { endpointId }: Connection,
  { webhook_event: event }: PolarDelivery,
  { start, until }: Readonly<{ start: string; until: string }>,
): Promise<'redelivered' | 'settled' | 'lost'> {
  if (event.succeeded === true) return 'settled';
  // Polar notes a failed redelivery on an event that had been delivered before, so its own word is not enough.
  const { items: attempts } = await api.deliveries({ endpointId, eventId: event.id });
  if (attempts.some(({ succeeded }) => succeeded)) return 'settled';
  const times = attempts.map(({ created_at }) => precise(created_at));
  if (times.some((at) => at >= precise(until) && at < start)) return 'settled';
  if (event.is_archived) return 'lost';
  try {
    await api.redeliver(event.id);
    return 'redelivered';
  } catch (error) {
    if (error instanceof PolarMissing || error instanceof PolarInvalid) return 'lost';
    throw error;
  }
}

/** With six fraction digits, so that two of them compare as strings. */
function precise(time: string | Date): string {
  const text = typeof time === 'string' ? time : time.toISOString();
  return instant(text) ?? text;
}

async function whyTheyWouldFail(
  { api, webhookSecrets, webhookUrl, eventsWanted }: ConnectionParts,
  { endpointId }: Connection,
): Promise<string | undefined> {
  const endpoint = await api.endpoint(endpointId);
  const events = await eventsWanted();
  const hinders = differencesOf(endpoint, { webhookUrl, events }).find(
    ({ kind }) => kind === 'disabled' || kind === 'url',
  );
  if (hinders) return `Nothing was redelivered. ${hinders.sentence}`;
  const ours = await webhookSecrets.read();
  if (isSameSecret(ours.current, endpoint.secret)) return undefined;
  return 'Nothing was redelivered: Polar signs with another secret than ours, so every event would be refused. Repair the connection first.';
}

export type UndeliveredEvent = Readonly<{
  id: string;
  type: string;
  /** As `instant` writes it, so that two of them compare as strings. */
  createdAt: string;
  /** Polar does not keep its payload any more, so that it cannot be delivered again. */
  isLost: boolean;
  /** Whom it is about, where Polar still shows its payload. */
  customerId?: string | undefined;
}>;

/** `since` is ISO 8601. */
type Span = Readonly<{ endpointId: string; since: string }>;

/**
 * The events of which an attempt failed and none succeeded, by that of the newest failure. One call for each, and one
 * for each hundred failures; keeps the ids. New failures meanwhile shift the pages, so that some are read twice and none
 * is missed. Throws a `PolarApiError`.
 */
export async function* undeliveredEvents(
  api: Pick<PolarApi, 'deliveries'>,
  span: Span,
): AsyncGenerator<UndeliveredEvent, void, undefined> {
  const seen = new Set<string>();
  for (let page = 1; ; page += 1) {
    const { items, maxPage } = await api.deliveries({ ...span, succeeded: false, page });
    for (const delivery of items) {
      const { id } = delivery.webhook_event;
      if (seen.has(id)) continue;
      seen.add(id);
      if (!(await wasDelivered(api, span.endpointId, delivery))) yield undelivered(delivery);
    }
    if (page >= maxPage) return;
  }
}

async function wasDelivered(
  api: Pick<PolarApi, 'deliveries'>,
  endpointId: string,
  { webhook_event: event }: PolarDelivery,
): Promise<boolean> {
  if (event.succeeded === true) return true;
  // Polar notes a failed redelivery on an event that had been delivered before, so its own word is not enough.
  const { items } = await api.deliveries({
    endpointId,
    eventId: event.id,
    succeeded: true,
    limit: 1,
  });
  return items.length > 0;
}

function undelivered({ webhook_event: event }: PolarDelivery): UndeliveredEvent {
  const { id, type, created_at, is_archived: isLost = false, payload } = event;
  const customerId = customerIdIn(payload ?? '');
  return { id, type, createdAt: instant(created_at) ?? created_at, isLost, customerId };
}

function customerIdIn(payload: string): string | undefined {
  const parsed = polarEvent(payload);
  return parsed.kind === 'unreadable' ? undefined : parsed.event.customer.id;
}
