import type { eventPropertyNames } from '#shared/audience/workflow.ts';
import {
  purchaseEventTypes,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';

export type EventVariable = (typeof eventPropertyNames)[number];

type Variable = Readonly<{
  description: string;
  /** The events that may have it; in all others it is always missing. */
  events: readonly SupportedEventType[];
}>;

const order: readonly SupportedEventType[] = ['order.paid'];
const purchases: readonly SupportedEventType[] = purchaseEventTypes;
const subscriptions = purchases.filter((type) => type !== 'order.paid');

/** Every `event.…` of conditions and templates: what it is, and which events may bring it. */
export const eventVariables: Readonly<Record<EventVariable, Variable>> = {
  customerId: {
    description: 'The id of the customer in Polar; always there.',
    events: supportedEventTypes,
  },
  externalId: {
    description: 'Your own id of the customer, if Polar knows one.',
    events: supportedEventTypes,
  },
  productId: { description: 'The id of the product that was bought.', events: purchases },
  productName: {
    description: 'The name of the product; for an order without one, its description.',
    events: purchases,
  },
  amount: {
    description:
      'In minor units (cents): of an order the total with tax, of a subscription the price of one interval.',
    events: purchases,
  },
  formattedAmount: {
    description: 'The amount as people write it: $19.99, ¥1,999.',
    events: purchases,
  },
  currency: { description: 'Three lower-case letters: usd, eur, jpy.', events: purchases },
  billingReason: {
    description:
      'Why the order was made: purchase, subscription_create, subscription_cycle (a renewal), subscription_update or subscription_meter_cycle.',
    events: order,
  },
  orderId: { description: 'The id of the order.', events: order },
  invoiceNumber: { description: 'The number of its invoice, if it has one.', events: order },
  subscriptionId: {
    description: 'The id of the subscription; of an order only where it belongs to one.',
    events: purchases,
  },
  status: {
    description:
      'Of an order paid; of a subscription active, trialing, past_due, canceled or unpaid.',
    events: purchases,
  },
  interval: { description: 'How often it renews: month, year, 3 months.', events: purchases },
  periodEnd: {
    description: 'When the period that is paid for ends, and the next one begins.',
    events: purchases,
  },
  trialEnd: { description: 'When the trial ends, if there is one.', events: purchases },
  endsAt: {
    description: 'When a subscription that was cancelled ends, or ended.',
    events: subscriptions,
  },
  endedAt: { description: 'When the subscription ended, once it has.', events: subscriptions },
  cancelAtPeriodEnd: {
    description: 'true while the subscription is set to end with the period that is paid for.',
    events: subscriptions,
  },
  cancellationReason: {
    description: 'The reason the customer chose, such as too_expensive or unused.',
    events: subscriptions,
  },
};

const notMailed =
  'does not read as a name (a link, a telephone number, a message, more than 40 characters)';

/** Every `contact.…` of templates. */
export const contactVariables = {
  firstName: `The first name; missing where the customer gave no name, or one that ${notMailed}.`,
  lastName: `The last name; missing where the name is one word, or one that ${notMailed}.`,
  name: `First and last name; missing where the customer gave none, or one that ${notMailed}.`,
  email: 'The address as the customer typed it; always there.',
  externalId: 'Your own id of the customer, if there is one.',
  userGroup: 'The user group, if there is one.',
} as const;
export type ContactVariable = keyof typeof contactVariables;

export function eventMayHave(type: SupportedEventType, name: EventVariable): boolean {
  return eventVariables[name].events.includes(type);
}
