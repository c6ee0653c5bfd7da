import * as z from 'zod/mini';
import { formattedAmount } from './amount.ts';
import { type EventProperties, eventPropertiesSchema } from './event-properties.ts';
import { instant } from './instant.ts';

/** All of them together, and the largest payload beside them, must fit into one item of DynamoDB. */
const longestText = 1_000;

const text = z.catch(
  z.optional(
    z.pipe(
      z.string().check(z.minLength(1), z.maxLength(longestText)),
      z.transform((value) => value.toWellFormed()),
    ),
  ),
  undefined,
);
const time = z.pipe(
  text,
  z.transform((value) => (value === undefined ? undefined : instant(value))),
);
const integer = z.catch(z.optional(z.int()), undefined);

const recurrence = { recurring_interval: text, recurring_interval_count: integer };

const productSchema = z.catch(
  z.optional(z.object({ id: text, name: text, ...recurrence })),
  undefined,
);

const orderSchema = z.object({
  id: text,
  status: text,
  total_amount: integer,
  currency: text,
  billing_reason: text,
  invoice_number: text,
  description: text,
  product_id: text,
  subscription_id: text,
  product: productSchema,
  subscription: z.catch(
    z.optional(z.object({ ...recurrence, current_period_end: time, trial_end: time })),
    undefined,
  ),
});

const subscriptionSchema = z.object({
  id: text,
  status: text,
  amount: integer,
  currency: text,
  ...recurrence,
  current_period_end: time,
  trial_end: time,
  ends_at: time,
  ended_at: time,
  cancel_at_period_end: z.catch(z.optional(z.boolean()), undefined),
  customer_cancellation_reason: text,
  product_id: text,
  product: productSchema,
});

/** The properties of an order's `data`. `amount` is what the customer pays in all, tax included. */
export function orderProperties(data: unknown): EventProperties {
  const order = orderSchema.parse(data);
  return present({
    orderId: order.id,
    status: order.status,
    billingReason: order.billing_reason,
    invoiceNumber: order.invoice_number,
    subscriptionId: order.subscription_id,
    productId: order.product_id ?? order.product?.id,
    productName: order.product?.name ?? order.description,
    interval: interval(order.subscription) ?? interval(order.product),
    periodEnd: order.subscription?.current_period_end,
    trialEnd: order.subscription?.trial_end,
    ...money(order.total_amount, order.currency),
  });
}

/** The properties of a subscription's `data`. `amount` is the price of one interval before tax. */
export function subscriptionProperties(data: unknown): EventProperties {
  const subscription = subscriptionSchema.parse(data);
  return present({
    subscriptionId: subscription.id,
    status: subscription.status,
    productId: subscription.product_id ?? subscription.product?.id,
    productName: subscription.product?.name,
    interval: interval(subscription),
    periodEnd: subscription.current_period_end,
    trialEnd: subscription.trial_end,
    endsAt: subscription.ends_at,
    endedAt: subscription.ended_at,
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    cancellationReason: subscription.customer_cancellation_reason,
    ...money(subscription.amount, subscription.currency),
  });
}

function money(amount: number | undefined, currency: string | undefined) {
  if (amount === undefined || currency === undefined) return { amount, currency };
  return { amount, currency, formattedAmount: formattedAmount(amount, currency) };
}

type Recurrence = {
  recurring_interval?: string | undefined;
  recurring_interval_count?: number | undefined;
};

/** `month`, or `3 months` when the count is above one. */
function interval(of: Recurrence | undefined) {
  if (of?.recurring_interval === undefined) return undefined;
  const count = of.recurring_interval_count ?? 1;
  return count > 1 ? `${count} ${of.recurring_interval}s` : of.recurring_interval;
}

function present(values: EventProperties): EventProperties {
  return eventPropertiesSchema.parse(
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  );
}
