import { formattedAmount } from '#shared/polar/amount.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

/** What an event is about in money, such as `€19.00`; `undefined` where it is about none. */
export function amountText({ amount, currency }: EventProperties): string | undefined {
  if (typeof amount !== 'number' || currency === undefined) return undefined;
  return formattedAmount(amount, currency);
}

/** When Polar sends it, for those who do not know its events by heart. */
export const eventWords: Readonly<Record<SupportedEventType, string>> = {
  'customer.created': 'A customer was created, perhaps before paying.',
  'customer.updated': 'Something about a customer changed.',
  'customer.deleted': 'A customer was deleted.',
  'order.paid': 'An order was paid, renewals included.',
  'subscription.created': 'A subscription was created.',
  'subscription.active': 'A subscription began, or recovered.',
  'subscription.canceled': 'A cancellation was requested, or took effect.',
  'subscription.uncanceled': 'A cancellation was withdrawn.',
  'subscription.past_due': 'A payment failed; Polar will retry it.',
  'subscription.revoked': 'Access has ended.',
  'order.refunded': 'An order was refunded, in part or in full.',
  'subscription.updated': 'Anything about a subscription changed.',
  'subscription.cycled': 'A new period began; its payment follows.',
  'subscription.paused': 'A pause took effect.',
  'subscription.resumed': 'A pause ended.',
};
