import * as z from 'zod/mini';
import {
  type EventProperties,
  eventPropertiesSchema,
  withFormattedAmounts,
} from './event-properties.ts';
import { instant } from './instant.ts';
import {
  endReason,
  isFirstPeriod,
  priceOf,
  renewsAt,
  type Subscription,
  trialDays,
} from './subscription-terms.ts';

/** All of them together, and the largest payload beside them, must fit into one item of DynamoDB. */
const longestText = 1_000;

/** A text that is not too long, else none. */
export const text = z.catch(
  z.optional(
    z.pipe(
      z.string().check(z.minLength(1), z.maxLength(longestText)),
      z.transform((value) => value.toWellFormed()),
    ),
  ),
  undefined,
);
export const time = z.pipe(
  text,
  z.transform((value) => (value === undefined ? undefined : instant(value))),
);
export const integer = z.catch(z.optional(z.int()), undefined);
export const boolean = z.catch(z.optional(z.boolean()), undefined);

export const recurrence = { recurring_interval: text, recurring_interval_count: integer };

const productSchema = z.catch(
  z.optional(z.object({ id: text, name: text, ...recurrence })),
  undefined,
);

/** One that cannot be read is there all the same. */
const discountSchema = z.catch(
  z.nullish(z.object({ name: text, duration: text, duration_in_months: integer })),
  {},
);

/** What an order shows of its subscription, and a subscription of itself. */
const state = {
  status: text,
  ...recurrence,
  started_at: time,
  modified_at: time,
  current_period_start: time,
  current_period_end: time,
  trial_start: time,
  trial_end: time,
  ends_at: time,
  ended_at: time,
  past_due_at: time,
  cancel_at_period_end: boolean,
  pause_at_period_end: boolean,
};

const orderSchema = z.object({
  id: text,
  status: text,
  created_at: time,
  subtotal_amount: integer,
  discount_amount: integer,
  tax_amount: integer,
  total_amount: integer,
  applied_balance_amount: integer,
  due_amount: integer,
  refunded_amount: integer,
  refunded_tax_amount: integer,
  currency: text,
  billing_reason: text,
  invoice_number: text,
  receipt_number: z.catch(z.nullish(text), undefined),
  next_payment_attempt_at: time,
  seats: integer,
  description: text,
  product_id: text,
  subscription_id: text,
  product: productSchema,
  discount: discountSchema,
  subscription: z.catch(z.optional(z.object({ ...state, amount: integer })), undefined),
});
type Order = z.infer<typeof orderSchema>;

const subscriptionSchema = z.object({
  ...state,
  id: text,
  amount: integer,
  currency: text,
  resumes_at: time,
  seats: integer,
  customer_cancellation_reason: text,
  product_id: text,
  product: productSchema,
  discount: discountSchema,
  discount_id: text,
  pending_update: z.catch(z.nullish(z.object({})), {}),
  prices: z.catch(
    z.optional(
      z.array(
        z.object({
          amount_type: text,
          price_amount: integer,
          price_currency: text,
          tax_behavior: text,
        }),
      ),
    ),
    undefined,
  ),
});

/** The properties of an order's `data`. `amount` is what the order comes to, tax included. */
export function orderProperties(data: unknown): EventProperties {
  const order = orderSchema.parse(data);
  return present({
    orderId: order.id,
    status: order.status,
    orderDate: order.created_at,
    billingReason: order.billing_reason,
    invoiceNumber: order.invoice_number,
    receiptNumber: order.receipt_number ?? undefined,
    nextPaymentAttempt: order.next_payment_attempt_at,
    subscriptionId: order.subscription_id,
    productId: order.product_id ?? order.product?.id,
    productName: order.product?.name ?? order.description,
    seats: order.seats,
    interval: interval(order.subscription) ?? interval(order.product),
    ...periodOf(order.subscription ?? {}),
    paidUntil: paidUntil(order),
    currency: order.currency,
    amount: order.total_amount,
    taxAmount: order.tax_amount,
    refundedAmount: refundedAmount(order),
    priceBeforeDiscount: order.subtotal_amount,
    discountAmount: order.discount_amount,
    ...discountOf(order.discount),
    ...paymentOf(order),
  });
}

/** The properties of a subscription's `data`. `amount` is the price of one period as it is now, discount taken off. */
export function subscriptionProperties(data: unknown): EventProperties {
  const subscription = subscriptionSchema.parse(data);
  const { discount, discount_id, pending_update } = subscription;
  return present({
    subscriptionId: subscription.id,
    status: subscription.status,
    productId: subscription.product_id ?? subscription.product?.id,
    productName: subscription.product?.name,
    seats: subscription.seats,
    interval: interval(subscription),
    ...periodOf(subscription),
    isFirstPeriod: isFirstPeriod(subscription),
    pastDueSince: subscription.past_due_at,
    pauseAtPeriodEnd: subscription.pause_at_period_end,
    resumesAt: subscription.resumes_at,
    endsAt: subscription.ends_at,
    endedAt: subscription.ended_at,
    endReason: endReason(subscription),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancellationReason: subscription.customer_cancellation_reason,
    currency: subscription.currency,
    amount: subscription.amount,
    ...discountOf(discount),
    ...priceOf({
      ...subscription,
      discount: discount ?? (discount_id === undefined ? null : {}),
      changes: Boolean(pending_update),
    }),
  });
}

function periodOf(subscription: Subscription): EventProperties {
  return {
    subscriptionStatus: subscription.status,
    periodStart: subscription.current_period_start,
    periodEnd: subscription.current_period_end,
    renewsAt: renewsAt(subscription),
    trialEnd: subscription.trial_end,
    trialDays: trialDays(subscription),
  };
}

function discountOf(discount: z.infer<typeof discountSchema>): EventProperties {
  return {
    discountName: discount?.name,
    discountDuration: discount?.duration,
    discountMonths: discount?.duration_in_months,
  };
}

/** How an order was paid. Polar's balance counts from its own side: below zero is credit that was used. */
function paymentOf(order: Order): EventProperties {
  const { total_amount: total = 0, applied_balance_amount: applied = 0 } = order;
  return {
    chargedAmount: chargedAmount(order),
    balanceUsed: applied < 0 ? -applied : undefined,
    balanceOwed: applied > 0 ? applied : undefined,
    creditedAmount: total < 0 ? -total : undefined,
  };
}

/**
 * Polar's rule: `due_amount` is max(0, total + balance) and stays when it is paid. Not known where it is not that: a mail
 * would tell of two sums. Nor where no payment was taken (so without a receipt number) of a sum that is too small to be
 * charged.
 */
function chargedAmount(order: Order): number | undefined {
  const { due_amount: due, total_amount: total, applied_balance_amount: applied } = order;
  if (due === 0) return (total ?? 0) + (applied ?? 0) > 0 ? undefined : 0;
  const isTold = total !== undefined && applied !== undefined;
  if (isTold && due !== Math.max(0, total + applied)) return undefined;
  return order.receipt_number === null ? undefined : due;
}

const refundedStatuses: readonly string[] = ['refunded', 'partially_refunded'];

/** What was given back so far: Polar says it without its tax. Not known where it does not say both. */
function refundedAmount({
  refunded_amount: net = 0,
  refunded_tax_amount: tax,
}: Order): number | undefined {
  return net <= 0 || tax === undefined ? undefined : net + tax;
}

/**
 * Until when an order pays its subscription. A bill for use or for a change pays no period, nor does one of a
 * subscription without a price of its own, or one beside which another order is still open. Of one that was refunded
 * nobody can tell: its subscription is shown as it is now, perhaps periods later.
 */
function paidUntil(order: Order): string | undefined {
  const { status, billing_reason, total_amount = 0, subscription } = order;
  if (status !== undefined && refundedStatuses.includes(status)) return undefined;
  const isForPeriod =
    billing_reason === 'subscription_create' || billing_reason === 'subscription_cycle';
  const hasPrice = (subscription?.amount ?? 0) > 0 && total_amount > 0;
  return isForPeriod && hasPrice && subscription?.status === 'active'
    ? subscription.current_period_end
    : undefined;
}

type Recurrence = Pick<Subscription, 'recurring_interval' | 'recurring_interval_count'>;

/** `month`, or `3 months` when the count is above one. */
export function interval(of: Recurrence | undefined) {
  if (of?.recurring_interval === undefined) return undefined;
  const count = of.recurring_interval_count ?? 1;
  return count > 1 ? `${count} ${of.recurring_interval}s` : of.recurring_interval;
}

function present(values: EventProperties): EventProperties {
  const known = Object.entries(values).filter(([, value]) => isKnown(value));
  return eventPropertiesSchema.parse(withFormattedAmounts(Object.fromEntries(known)));
}

/** What is reckoned from two amounts may be no number that DynamoDB could give back. */
function isKnown(value: EventProperties[keyof EventProperties]): boolean {
  return typeof value === 'number' ? Number.isSafeInteger(value) : value !== undefined;
}
