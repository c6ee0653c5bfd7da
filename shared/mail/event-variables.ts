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
    description: "The customer's id in Polar; always set.",
    events: supportedEventTypes,
  },
  externalId: {
    description: 'Your own id for the customer, if Polar has one.',
    events: supportedEventTypes,
  },
  country: {
    description: "The billing address's country, in two capital letters: SE, US.",
    events: supportedEventTypes,
  },
  locale: {
    description: "The checkout's language, such as sv or en-GB, if Polar knows it.",
    events: supportedEventTypes,
  },
  productId: { description: 'The id of the product that was bought.', events: purchases },
  productName: {
    description: "The product's name; for an order without a product, its description.",
    events: purchases,
  },
  amount: {
    description:
      'In minor units (cents). For an order, its total with tax. For a subscription, the current price of one period, after any discount. It may differ from what was charged, and may change.',
    events: purchases,
  },
  formattedAmount: {
    description: 'The amount as people write it: $19.99, ¥1,999.',
    events: purchases,
  },
  currency: { description: 'Three lower-case letters: usd, eur, jpy.', events: purchases },
  chargedAmount: {
    description:
      "What the payment method was charged, in minor units: the total less what the balance paid. Missing if Polar doesn't say.",
    events: order,
  },
  formattedChargedAmount: { description: 'What was charged, as people write it.', events: order },
  balanceUsed: {
    description: "How much the customer's balance paid, in minor units; missing if nothing.",
    events: order,
  },
  formattedBalanceUsed: {
    description: 'What the balance paid, as people write it.',
    events: order,
  },
  balanceOwed: {
    description:
      'An earlier debt that this order settled, in minor units; missing if there was none.',
    events: order,
  },
  formattedBalanceOwed: {
    description: 'The earlier debt, as people write it.',
    events: order,
  },
  creditedAmount: {
    description:
      "What an order below zero credits to the customer's balance, in minor units; missing for all others.",
    events: order,
  },
  formattedCreditedAmount: {
    description: 'What is credited to the balance, as people write it.',
    events: order,
  },
  taxAmount: { description: "The tax in the order's total, in minor units.", events: order },
  formattedTaxAmount: { description: 'The tax, as people write it.', events: order },
  refundedAmount: {
    description:
      "The total of the order's refunds so far, with tax, in minor units; missing if there are none.",
    events: order,
  },
  formattedRefundedAmount: {
    description: 'The refunds so far, as people write it.',
    events: order,
  },
  taxIncluded: {
    description:
      'Whether the price includes tax: true, or false (tax is added). Missing if Polar decides by country.',
    events: subscriptions,
  },
  priceKind: {
    description:
      'The kind of price: free, fixed, or metered (at least part of it depends on usage).',
    events: subscriptions,
  },
  recurringAmount: {
    description:
      'What each period costs, in minor units, without usage. Missing if that is unknown or about to change: with a temporary discount, a scheduled change, or a subscription that is free, ending or pausing.',
    events: subscriptions,
  },
  formattedRecurringAmount: {
    description: 'What each period costs, as people write it.',
    events: subscriptions,
  },
  priceBeforeDiscount: {
    description:
      'The price before any discount, in minor units: of an order, before tax; of a subscription, for one period.',
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
  discountName: { description: "The discount's name, if there is one.", events: purchases },
  discountDuration: {
    description: 'How long the discount lasts: once, repeating or forever.',
    events: purchases,
  },
  discountMonths: {
    description: 'How many months a repeating discount lasts.',
    events: purchases,
  },
  discountUntil: {
    description: 'When the discount ends; known only for a new subscription.',
    events: subscriptions,
  },
  seats: { description: 'The number of seats, if the price is per seat.', events: purchases },
  billingReason: {
    description:
      'Why the order was created: purchase, subscription_create, subscription_cycle (a renewal, the first payment after a trial, or the final bill after the end), subscription_update or subscription_meter_cycle.',
    events: order,
  },
  orderId: { description: "The order's id.", events: order },
  orderDate: { description: 'When the order was created.', events: order },
  invoiceNumber: { description: 'The invoice number, if there is one.', events: order },
  receiptNumber: {
    description: 'The receipt number; missing if no payment was taken.',
    events: order,
  },
  nextPaymentAttempt: {
    description:
      'When Polar retries the payment, if it says. Polar may retry even if this is missing.',
    events: order,
  },
  subscriptionId: {
    description: "The subscription's id; for an order, only if it belongs to one.",
    events: purchases,
  },
  status: {
    description:
      'For an order: paid, partially_refunded or refunded. For a subscription: trialing, active, past_due, paused or canceled.',
    events: purchases,
  },
  subscriptionStatus: {
    description: "The subscription's status, including that of the one an order belongs to.",
    events: purchases,
  },
  interval: { description: 'How often it renews: month, year, 3 months.', events: purchases },
  periodStart: {
    description: "When the subscription's current period began.",
    events: purchases,
  },
  periodEnd: {
    description:
      "When the subscription's current period ends. It may be unpaid, and the subscription may end with it: see renewsAt.",
    events: purchases,
  },
  paidUntil: {
    description:
      'Until when the order pays for its subscription. Missing for trials, usage bills, plan changes, the final bill, and after a refund.',
    events: order,
  },
  renewsAt: {
    description:
      'When an active subscription renews; missing if it is ending, pausing or on trial.',
    events: purchases,
  },
  trialEnd: { description: 'When the trial ends, or ended, if there is one.', events: purchases },
  trialDays: { description: 'How many days the trial has, or had.', events: purchases },
  isFirstPeriod: {
    description:
      'true until the subscription renews for the first time, also during its trial; false from then on.',
    events: subscriptions,
  },
  pastDueSince: {
    description: 'Since when a payment has been overdue; kept after the end if it was never paid.',
    events: subscriptions,
  },
  pauseAtPeriodEnd: {
    description: 'true while the subscription is set to pause at the end of its period.',
    events: subscriptions,
  },
  resumesAt: { description: 'When a pause ends by itself, if it does.', events: subscriptions },
  endsAt: {
    description: 'When a canceled subscription ends, or ended.',
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
      "The link to the customer portal: your brand's, or else Polar's with the customer's address filled in, where Polar mails them a code. Missing if there is neither. It is created with the email, so conditions can't use it.",
    events: supportedEventTypes,
  },
};

const notMailed =
  "doesn't read as a name (a link, a phone number, a message, more than 40 characters)";

/** Every `contact.…` of templates. */
export const contactVariables = {
  firstName: `The first name; missing if the customer gave no name, or one that ${notMailed}.`,
  lastName: `The last name; missing if the name is one word, or one that ${notMailed}.`,
  name: `First and last name; missing if the customer gave none, or one that ${notMailed}.`,
  email: 'The address as the customer typed it; always set.',
  externalId: 'Your own id for the customer, if there is one.',
  userGroup: 'The user group, if there is one.',
} as const;
export type ContactVariable = keyof typeof contactVariables;

/** Every `brand.…` of templates; each is missing until it is set on the page Sender & brand. */
export const brandVariables = {
  name: "Your shop's name.",
  website: 'Its website.',
  supportAddress: 'The address that gets replies to emails.',
} as const;

export function eventMayHave(type: SupportedEventType, name: EventVariable): boolean {
  return eventVariables[name].events.includes(type);
}
