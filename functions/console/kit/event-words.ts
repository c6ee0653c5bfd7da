import type { SupportedEventType } from '#shared/polar/event-types.ts';

/** When Polar sends it, for those who do not know its events by heart. */
export const eventWords: Readonly<Record<SupportedEventType, string>> = {
  'customer.created': 'A customer is new, perhaps before the payment.',
  'customer.updated': 'Something about a customer changed.',
  'customer.deleted': 'A customer was deleted.',
  'order.paid': 'An order was paid, each renewal too.',
  'subscription.created': 'A subscription is new.',
  'subscription.active': 'A subscription begins, or recovers.',
  'subscription.canceled': 'A cancellation was requested, or took effect.',
  'subscription.uncanceled': 'A cancellation was withdrawn.',
  'subscription.past_due': 'A payment failed; Polar tries again.',
  'subscription.revoked': 'Access has ended.',
  'order.refunded': 'Money was given back, in part or in full.',
  'subscription.updated': 'Anything about a subscription changed.',
  'subscription.cycled': 'A new period began; its payment follows.',
  'subscription.paused': 'A pause took effect.',
  'subscription.resumed': 'A pause ended.',
};
