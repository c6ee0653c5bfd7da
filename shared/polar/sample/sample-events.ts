import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { customer, type Person } from './sample-customer.ts';
import { order, subscription, subscriptionFacts, wholeRefund } from './sample-purchase.ts';
import { instant } from './sample-values.ts';

export type Payload = Readonly<{ type: string; timestamp: string; [key: string]: unknown }>;

/** The payload of one event as Polar sends it (api_version 2026-10), as if it happened at that time. */
export function polarPayload(type: SupportedEventType, person: Person, at: Date): Payload {
  switch (type) {
    case 'customer.created':
    case 'customer.updated':
    case 'customer.deleted':
      return envelope(type, at, customer(person, at, type));
    case 'order.paid':
      return envelope(type, at, order(person, at, null));
    case 'order.refunded':
      return envelope(type, at, { ...order(person, at, null), ...wholeRefund });
    case 'subscription.created':
    case 'subscription.active':
    case 'subscription.canceled':
    case 'subscription.uncanceled':
    case 'subscription.past_due':
    case 'subscription.revoked':
    case 'subscription.updated':
    case 'subscription.cycled':
    case 'subscription.paused':
    case 'subscription.resumed':
      return envelope(type, at, subscription(person, at, type));
  }
}

/** What Polar sends when a new customer subscribes, in the order in which it happens. */
export function purchasePayloads(person: Person, at: Date): Payload[] {
  const later = (ms: number) => new Date(at.getTime() + ms);
  const bought = subscriptionFacts(person, at);
  return [
    envelope('customer.created', later(20), customer(person, at, 'customer.created')),
    envelope('subscription.created', later(120), subscription(person, at, 'subscription.created')),
    envelope('subscription.active', later(140), subscription(person, at, 'subscription.active')),
    envelope('order.paid', later(400), order(person, at, bought)),
  ];
}

/** In random order, as Polar's queues deliver them. */
export function shuffled(payloads: readonly Payload[]): Payload[] {
  return payloads
    .map((payload) => ({ payload, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ payload }) => payload);
}

function envelope(type: string, at: Date, data: Record<string, unknown>): Payload {
  return { type, timestamp: instant(at), api_version: '2026-10', data };
}
