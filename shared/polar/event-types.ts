/** The customer is the payload's `data` itself. */
export const customerEventTypes = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
] as const;

const standardPurchaseTypes = [
  'order.paid',
  'subscription.created',
  'subscription.active',
  'subscription.canceled',
  'subscription.uncanceled',
  'subscription.past_due',
  'subscription.revoked',
] as const;

/** The Polar events that the endpoint always has. */
export const standardEventTypes = [...customerEventTypes, ...standardPurchaseTypes] as const;
export type StandardEventType = (typeof standardEventTypes)[number];

/** Those that it has only while the settings have them switched on. */
export const optionalEventTypes = [
  'order.refunded',
  'subscription.updated',
  'subscription.cycled',
  'subscription.paused',
  'subscription.resumed',
] as const;
export type OptionalEventType = (typeof optionalEventTypes)[number];

/** The customer is embedded in the payload's `data`, an order or a subscription. */
export const purchaseEventTypes = [...standardPurchaseTypes, ...optionalEventTypes] as const;

/** The Polar events that are read here. All others are acknowledged and ignored. */
export const supportedEventTypes = [...standardEventTypes, ...optionalEventTypes] as const;
export type SupportedEventType = (typeof supportedEventTypes)[number];

export function isSupportedEventType(type: string): type is SupportedEventType {
  return supportedEventTypes.some((supported) => supported === type);
}

export function isStandardEventType(type: string): type is StandardEventType {
  return standardEventTypes.some((standard) => standard === type);
}

export function isOptionalEventType(type: string): type is OptionalEventType {
  return optionalEventTypes.some((optional) => optional === type);
}

/** Whether the event is about an order, which may belong to a subscription. */
export function isOfOrder(type: SupportedEventType): boolean {
  return type.startsWith('order.');
}

export const backfillPrefix = 'backfill-';

/** Followed by the id of an order of which Polar never told and which `recover` applied with triggers. */
export const lostOrderPrefix = `${backfillPrefix}order-`;

export function isLostOrder(webhookId: string): boolean {
  return webhookId.startsWith(lostOrderPrefix);
}

/** Whether an event was made from what Polar's API says, and not sent by Polar. */
export function isBackfilled(webhookId: string): boolean {
  return webhookId.startsWith(backfillPrefix);
}
