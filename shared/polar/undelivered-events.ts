import { instant } from './instant.ts';
import type { PolarApi, PolarDelivery } from './polar-api.ts';
import { polarEvent } from './polar-event.ts';

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
