import type { CustomerEmailKey } from '#shared/polar/customer-emails.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import type { EventVariable } from './event-variables.ts';

/** A property that is there, whatever its value. */
export const anything = Symbol('anything');

/** An event that comes at a moment, and what it surely says then; `null`: it surely lacks it. */
export type Occasion = Readonly<{
  event: SupportedEventType;
  /** It comes at some of these moments only. */
  isRare?: true;
  says: Readonly<Partial<Record<EventVariable, string | null | typeof anything>>>;
}>;

type Moment = Readonly<{
  /** Behind "when": `a purchase is paid`. */
  title: string;
  /** Money is taken, could not be taken, or soon will be: a customer should hear of it from somebody. */
  isBilling: boolean;
  /** It comes at most once in the life of a subscription. */
  isOnce: boolean;
  /** None: Polar sends no webhook then that starts a workflow. */
  occasions: readonly Occasion[];
}>;

const order = (billingReason: string, more: Occasion['says'] = {}): Occasion => ({
  event: 'order.paid',
  says: { billingReason, orderId: anything, ...more },
});
const subscription = (event: SupportedEventType, says: Occasion['says'] = {}): Occasion => ({
  event,
  says: { subscriptionId: anything, ...says },
});
/** It comes beside every other event of a subscription, in the same state. */
const updated = (says: Occasion['says'] = {}): Occasion =>
  subscription('subscription.updated', says);

/** When Polar sends each of its mails, and which of our events come at the same moment. */
export const moments: Readonly<Record<CustomerEmailKey, Moment>> = {
  order_confirmation: {
    title: 'a purchase is paid',
    isBilling: true,
    isOnce: false,
    occasions: [order('purchase')],
  },
  subscription_confirmation: {
    title: 'a subscription or a trial begins',
    isBilling: true,
    isOnce: true,
    occasions: [
      order('subscription_create', { subscriptionId: anything }),
      subscription('subscription.created', { isFirstPeriod: 'true' }),
      subscription('subscription.active', { isFirstPeriod: 'true' }),
      updated({ endedAt: null }),
    ],
  },
  subscription_cycled: {
    title: 'a renewal or a usage bill is paid',
    isBilling: true,
    isOnce: false,
    occasions: [
      order('subscription_cycle', { subscriptionId: anything }),
      order('subscription_meter_cycle', { subscriptionId: anything }),
      { ...subscription('subscription.cycled'), isRare: true },
      { ...updated(), isRare: true },
    ],
  },
  subscription_cycled_after_trial: {
    title: 'the first payment after a trial is made',
    isBilling: true,
    isOnce: true,
    occasions: [
      order('subscription_cycle', { subscriptionId: anything, trialEnd: anything }),
      subscription('subscription.cycled', { trialEnd: anything }),
      updated({ trialEnd: anything }),
    ],
  },
  subscription_updated: {
    title: 'a change of plan or seats is paid or takes effect',
    isBilling: true,
    isOnce: false,
    occasions: [order('subscription_update', { subscriptionId: anything }), updated()],
  },
  subscription_past_due: {
    title: 'a payment fails',
    isBilling: true,
    isOnce: false,
    occasions: [
      subscription('subscription.past_due', { status: 'past_due' }),
      updated({ status: 'past_due' }),
    ],
  },
  subscription_cancellation: {
    title: 'a cancellation is scheduled',
    isBilling: false,
    isOnce: false,
    occasions: [
      subscription('subscription.canceled', { cancelAtPeriodEnd: 'true', endedAt: null }),
      updated({ cancelAtPeriodEnd: 'true', endedAt: null }),
    ],
  },
  subscription_uncanceled: {
    title: 'a cancellation is withdrawn',
    isBilling: false,
    isOnce: false,
    occasions: [
      subscription('subscription.uncanceled', { cancelAtPeriodEnd: 'false', endedAt: null }),
      updated({ cancelAtPeriodEnd: 'false', endedAt: null }),
    ],
  },
  subscription_revoked: {
    title: 'a subscription ends',
    isBilling: false,
    isOnce: true,
    occasions: [
      subscription('subscription.revoked', { status: 'canceled', endedAt: anything }),
      subscription('subscription.canceled', { status: 'canceled', endedAt: anything }),
      updated({ status: 'canceled', endedAt: anything }),
    ],
  },
  subscription_paused: {
    title: 'a pause is scheduled',
    isBilling: false,
    isOnce: false,
    occasions: [updated({ pauseAtPeriodEnd: 'true', endedAt: null })],
  },
  subscription_resumed: {
    title: 'a pause ends',
    isBilling: false,
    isOnce: false,
    occasions: [
      subscription('subscription.resumed', { status: 'active' }),
      updated({ status: 'active' }),
    ],
  },
  subscription_renewal_reminder: {
    title: 'a subscription of half a year or longer renews within a week',
    isBilling: true,
    isOnce: false,
    occasions: [],
  },
  subscription_trial_conversion_reminder: {
    title: 'a trial ends soon and will be charged',
    isBilling: true,
    isOnce: false,
    occasions: [],
  },
  payment_method_expiration_reminder: {
    title: 'the card of a subscription expires within 20 days',
    isBilling: true,
    isOnce: false,
    occasions: [],
  },
};
