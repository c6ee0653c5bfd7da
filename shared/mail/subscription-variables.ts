import type { SubscriptionFact } from '#shared/audience/conditions.ts';
import {
  isSetToPause,
  productNameOf,
  type SubscriptionSnapshot,
} from '#shared/audience/person/subscription-snapshot.ts';
import { formattedAmount } from '#shared/polar/amount.ts';
import type { EventProperties } from '#shared/polar/event-properties.ts';

/** What an email can say of its subscription as it is when the email is sent. */
export const subscriptionVariables = {
  status: 'Its status now: trialing, active, past_due, paused or canceled.',
  productId: 'The id of its product now.',
  productName: 'The name of its product now, if Polar sent it.',
  amount:
    "The price of one period now, in minor units, after any discount. It isn't the next charge.",
  formattedAmount: "The price of one period now, as people write it. It isn't the next charge.",
  currency: 'Three lower-case letters: usd, eur, jpy.',
  interval: 'How often it renews: month, year, 3 months.',
  periodEnd: 'When its current period ends.',
  trialEnd: 'When its trial ends, or ended, if there is one.',
  endsAt: 'When it ends, if that is scheduled.',
  endedAt: 'When it ended, once it has.',
  canceledAt: 'When it was canceled.',
  cancelAtPeriodEnd: 'true while it is set to end with its period.',
  pauseAtPeriodEnd: 'true while it is set to pause at the end of its period.',
  pastDueSince: 'Since when a payment has been overdue.',
  pausedAt: 'Since when it has been paused.',
  createdAt: 'When it was created.',
  hasScheduledChange: 'true while a change of its plan, seats or units waits for the next period.',
} as const satisfies Record<SubscriptionFact | 'formattedAmount' | 'hasScheduledChange', string>;

export type SubscriptionValues = {
  readonly [name in keyof typeof subscriptionVariables]?: string | number | boolean | undefined;
};

/** The values of a subscription for an email; none where the event is about no subscription. */
export function subscriptionValues(
  snapshot: SubscriptionSnapshot | undefined,
  language: string,
): SubscriptionValues {
  if (!snapshot) return {};
  const { amount, currency } = snapshot;
  return {
    ...{ status: snapshot.status, productId: snapshot.productId, amount, currency },
    productName: productNameOf(snapshot),
    formattedAmount:
      amount === undefined || currency === undefined
        ? undefined
        : formattedAmount(amount, currency, language),
    ...{ interval: snapshot.interval, periodEnd: snapshot.periodEnd, trialEnd: snapshot.trialEnd },
    ...{ endsAt: snapshot.endsAt, endedAt: snapshot.endedAt, canceledAt: snapshot.canceledAt },
    cancelAtPeriodEnd: snapshot.cancelAtPeriodEnd,
    pauseAtPeriodEnd: isSetToPause(snapshot),
    pastDueSince: snapshot.pastDueSince,
    ...{ pausedAt: snapshot.pausedAt, createdAt: snapshot.createdAt },
    hasScheduledChange: snapshot.pendingUpdate !== undefined,
  };
}

/** As a subscription would be that is still as an event told of it. For previews. */
export function subscriptionAsTold(event: EventProperties): SubscriptionValues {
  if (event.subscriptionId === undefined) return {};
  return {
    ...{ status: event.subscriptionStatus ?? event.status, productId: event.productId },
    ...{ productName: event.productName, interval: event.interval, currency: event.currency },
    ...{ periodEnd: event.periodEnd, trialEnd: event.trialEnd, endsAt: event.endsAt },
    ...{ endedAt: event.endedAt, cancelAtPeriodEnd: event.cancelAtPeriodEnd },
    ...{ pauseAtPeriodEnd: event.pauseAtPeriodEnd, pastDueSince: event.pastDueSince },
  };
}
