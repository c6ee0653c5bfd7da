import type { EventPropertyName } from '#shared/audience/conditions.ts';
import {
  isOfOrder,
  purchaseEventTypes,
  type SupportedEventType,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';

/** Properties of events, and what is made when the email is: conditions know only the former. */
export type EventVariable = EventPropertyName | 'portalUrl';

type Variable = Readonly<{
  description: string;
  /** The events that may have it; in all others it is always missing. */
  events: readonly SupportedEventType[];
}>;

const purchases: readonly SupportedEventType[] = purchaseEventTypes;
const order = purchases.filter(isOfOrder);
const subscriptions = purchases.filter((type) => !isOfOrder(type));

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
  country: {
    description: 'The country of the billing address, in two capital letters: SE, US.',
    events: supportedEventTypes,
  },
  locale: {
    description: 'The language of the checkout, such as sv or en-GB, if Polar knows it.',
    events: supportedEventTypes,
  },
  productId: { description: 'The id of the product that was bought.', events: purchases },
  productName: {
    description: 'The name of the product; for an order without one, its description.',
    events: purchases,
  },
  amount: {
    description:
      'In minor units (cents): what an order comes to, tax included; of a subscription the price of one period as it is now, with any discount taken off. It is not what was charged, and need not last.',
    events: purchases,
  },
  formattedAmount: {
    description: 'The amount as people write it: $19.99, ¥1,999.',
    events: purchases,
  },
  currency: { description: 'Three lower-case letters: usd, eur, jpy.', events: purchases },
  chargedAmount: {
    description:
      'What was charged to the payment method, in minor units: the total less what came from the balance. Missing where Polar does not say it.',
    events: order,
  },
  formattedChargedAmount: { description: 'What was charged, as people write it.', events: order },
  balanceUsed: {
    description:
      "How much of the order was paid from the customer's balance, in minor units; missing where nothing was.",
    events: order,
  },
  formattedBalanceUsed: {
    description: 'What was paid from the balance, as people write it.',
    events: order,
  },
  balanceOwed: {
    description:
      'What the customer owed from before and paid with this order, in minor units; missing where nothing was owed.',
    events: order,
  },
  formattedBalanceOwed: {
    description: 'What was owed from before, as people write it.',
    events: order,
  },
  creditedAmount: {
    description:
      "What an order below zero gives back to the customer's balance, in minor units; missing in all other orders.",
    events: order,
  },
  formattedCreditedAmount: {
    description: 'What is given back to the balance, as people write it.',
    events: order,
  },
  taxAmount: { description: 'The tax in the total of the order, in minor units.', events: order },
  formattedTaxAmount: { description: 'The tax, as people write it.', events: order },
  refundedAmount: {
    description:
      'What was given back of the order so far, all its refunds together, tax included, in minor units; missing where nothing was.',
    events: order,
  },
  formattedRefundedAmount: {
    description: 'What was given back so far, as people write it.',
    events: order,
  },
  taxIncluded: {
    description:
      'Whether the price includes tax: true, false (tax comes on top), or missing where Polar decides it by country.',
    events: subscriptions,
  },
  priceKind: {
    description:
      'What the price is: free, fixed, or metered (at least a part of it depends on use).',
    events: subscriptions,
  },
  recurringAmount: {
    description:
      'What each period costs, in minor units, without what depends on use. Missing where that does not last or is not known: with a discount for a time, a booked change, or where the subscription is free, ends or pauses.',
    events: subscriptions,
  },
  formattedRecurringAmount: {
    description: 'What each period costs, as people write it.',
    events: subscriptions,
  },
  priceBeforeDiscount: {
    description:
      'The price before any discount, in minor units: of an order before tax, of a subscription for one period.',
    events: purchases,
  },
  formattedPriceBeforeDiscount: {
    description: 'The price before any discount, as people write it.',
    events: purchases,
  },
  discountAmount: {
    description:
      'What the discount takes off, in minor units: of an order, or of one period of a subscription.',
    events: purchases,
  },
  formattedDiscountAmount: {
    description: 'What the discount takes off, as people write it.',
    events: purchases,
  },
  discountName: { description: 'The name of the discount, if there is one.', events: purchases },
  discountDuration: {
    description: 'How long the discount holds: once, repeating or forever.',
    events: purchases,
  },
  discountMonths: {
    description: 'For how many months a repeating discount holds.',
    events: purchases,
  },
  discountUntil: {
    description: 'When the discount ends; known only of a new subscription.',
    events: subscriptions,
  },
  seats: { description: 'The number of seats, where the price goes by seats.', events: purchases },
  billingReason: {
    description:
      'Why the order was made: purchase, subscription_create, subscription_cycle (a renewal, the first payment after a trial, or the last bill after the end), subscription_update or subscription_meter_cycle.',
    events: order,
  },
  orderId: { description: 'The id of the order.', events: order },
  orderDate: { description: 'When the order was made.', events: order },
  invoiceNumber: { description: 'The number of its invoice, if it has one.', events: order },
  receiptNumber: {
    description: 'The number of its receipt; missing where no payment was taken.',
    events: order,
  },
  nextPaymentAttempt: {
    description:
      'When Polar tries to collect the payment again, if it says so; missing does not mean that it will not.',
    events: order,
  },
  subscriptionId: {
    description: 'The id of the subscription; of an order only where it belongs to one.',
    events: purchases,
  },
  status: {
    description:
      'Of an order paid, partially_refunded or refunded; of a subscription trialing, active, past_due, paused or canceled.',
    events: purchases,
  },
  subscriptionStatus: {
    description: 'The status of the subscription, also of the one that an order belongs to.',
    events: purchases,
  },
  interval: { description: 'How often it renews: month, year, 3 months.', events: purchases },
  periodStart: {
    description: 'When the present period of the subscription began.',
    events: purchases,
  },
  periodEnd: {
    description:
      'When the present period of the subscription ends. It need not be paid yet, and the subscription need not go on after it: see renewsAt.',
    events: purchases,
  },
  paidUntil: {
    description:
      'Until when the order pays its subscription; missing for trials, bills for use or for a change, the last bill, and after a refund.',
    events: order,
  },
  renewsAt: {
    description:
      'When an active subscription renews; missing where it ends, pauses or is on trial.',
    events: purchases,
  },
  trialEnd: { description: 'When the trial ends, or ended, if there is one.', events: purchases },
  trialDays: { description: 'How many days the trial has, or had.', events: purchases },
  pastDueSince: {
    description: 'Since when a payment is overdue; kept after the end, where it never came.',
    events: subscriptions,
  },
  pauseAtPeriodEnd: {
    description: 'true while the subscription is set to pause when the period ends.',
    events: subscriptions,
  },
  resumesAt: { description: 'When a pause ends by itself, if it does.', events: subscriptions },
  endsAt: {
    description: 'When a subscription that was canceled ends, or ended.',
    events: subscriptions,
  },
  endedAt: { description: 'When the subscription ended, once it has.', events: subscriptions },
  endReason: {
    description:
      'Why it ended: planned (at the end of its period), payment_failed (Polar gave up collecting), while_past_due (ended by someone while a payment was open) or at_once.',
    events: subscriptions,
  },
  cancelAtPeriodEnd: {
    description: 'true while the subscription is set to end with its period.',
    events: subscriptions,
  },
  cancellationReason: {
    description: 'The reason the customer chose, such as too_expensive or unused.',
    events: subscriptions,
  },
  portalUrl: {
    description:
      'The link to the customer portal: the one of the brand, else that in Polar, with the address of the customer filled in; Polar mails them a code there. Missing where there is neither. It is made with the email, so conditions cannot use it.',
    events: supportedEventTypes,
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

/** Every `brand.…` of templates; each is missing until it is set on the page Sender & brand. */
export const brandVariables = {
  name: 'The name of the shop.',
  website: 'Its website.',
  supportAddress: 'The address that gets the answers to mails.',
} as const;

export function eventMayHave(type: SupportedEventType, name: EventVariable): boolean {
  return eventVariables[name].events.includes(type);
}
