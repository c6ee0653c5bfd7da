import {
  contactFacts,
  customerFacts,
  type EventPropertyName,
  eventPropertyNames,
  type Scope,
  subscriptionFacts,
} from '#shared/audience/conditions.ts';
import { eventMayHave } from '#shared/mail/event-variables.ts';
import { isOfOrder, type SupportedEventType } from '#shared/polar/event-types.ts';

const topics = [
  'Product and price',
  'Order',
  'Subscription',
  'Discount',
  'Customer',
  'Amounts as text',
] as const;
type Topic = (typeof topics)[number];

/** What each property of an event is about. Of one topic, what people look for most comes first. */
const topicOf: Readonly<Record<EventPropertyName, Topic>> = {
  productName: 'Product and price',
  productId: 'Product and price',
  interval: 'Product and price',
  amount: 'Product and price',
  currency: 'Product and price',
  seats: 'Product and price',
  recurringAmount: 'Product and price',
  priceKind: 'Product and price',
  taxIncluded: 'Product and price',
  billingReason: 'Order',
  chargedAmount: 'Order',
  refundedAmount: 'Order',
  taxAmount: 'Order',
  balanceUsed: 'Order',
  balanceOwed: 'Order',
  creditedAmount: 'Order',
  orderDate: 'Order',
  paidUntil: 'Order',
  nextPaymentAttempt: 'Order',
  invoiceNumber: 'Order',
  receiptNumber: 'Order',
  orderId: 'Order',
  status: 'Subscription',
  subscriptionStatus: 'Subscription',
  trialEnd: 'Subscription',
  trialDays: 'Subscription',
  renewsAt: 'Subscription',
  periodStart: 'Subscription',
  periodEnd: 'Subscription',
  cancelAtPeriodEnd: 'Subscription',
  cancellationReason: 'Subscription',
  endsAt: 'Subscription',
  endedAt: 'Subscription',
  endReason: 'Subscription',
  isFirstPeriod: 'Subscription',
  pastDueSince: 'Subscription',
  pauseAtPeriodEnd: 'Subscription',
  resumesAt: 'Subscription',
  subscriptionId: 'Subscription',
  discountName: 'Discount',
  discountAmount: 'Discount',
  priceBeforeDiscount: 'Discount',
  discountDuration: 'Discount',
  discountMonths: 'Discount',
  discountUntil: 'Discount',
  country: 'Customer',
  locale: 'Customer',
  externalId: 'Customer',
  customerId: 'Customer',
  formattedAmount: 'Amounts as text',
  formattedChargedAmount: 'Amounts as text',
  formattedRefundedAmount: 'Amounts as text',
  formattedTaxAmount: 'Amounts as text',
  formattedRecurringAmount: 'Amounts as text',
  formattedPriceBeforeDiscount: 'Amounts as text',
  formattedDiscountAmount: 'Amounts as text',
  formattedBalanceUsed: 'Amounts as text',
  formattedBalanceOwed: 'Amounts as text',
  formattedCreditedAmount: 'Amounts as text',
};

export type PropertyGroup = Readonly<{ label: string; names: readonly string[] }>;

/**
 * What a condition can be about, as people look for it: facts of now first, then those of the event by topic, and last
 * what only other events have.
 */
export function conditionGroups(
  scopes: readonly Scope[],
  event: SupportedEventType | undefined,
): PropertyGroup[] {
  const of = (scope: Scope, groups: readonly PropertyGroup[]) =>
    scopes.includes(scope) ? groups : [];
  const isAlone = scopes.length === 1;
  return [
    ...of('subscription', [
      {
        label: 'Subscription, as it is now',
        names: subscriptionFacts.map((name) => `subscription.${name}`),
      },
    ]),
    ...of('customer', [
      { label: 'Customer, as it is now', names: customerFacts.map((name) => `customer.${name}`) },
    ]),
    ...of('contact', [
      { label: 'Contact, as it is now', names: contactFacts.map((name) => `contact.${name}`) },
    ]),
    ...of('event', eventGroups(event, isAlone ? '' : 'Event: ')),
  ].filter(({ names }) => names.length > 0);
}

function eventGroups(event: SupportedEventType | undefined, before: string): PropertyGroup[] {
  const has = (name: EventPropertyName) => !event || eventMayHave(event, name);
  const names = Object.keys(topicOf).flatMap(
    (key) => eventPropertyNames.find((name) => name === key) ?? [],
  );
  const topicIn = (name: EventPropertyName) =>
    name === 'status' && event && isOfOrder(event) ? 'Order' : topicOf[name];
  return [
    ...topics.map((topic) => ({
      label: `${before}${before ? topic.toLowerCase() : topic}`,
      names: names.filter((name) => has(name) && topicIn(name) === topic),
    })),
    { label: 'Only in other events', names: names.filter((name) => !has(name)) },
  ];
}
