import * as z from 'zod/mini';
import { boolean, integer, interval, recurrence, text, time } from './purchase-properties.ts';

const optionalText = z.optional(z.string());

/** A subscription in one version, in the names of event properties; times are instants, see `instant`. */
export const subscriptionFactsSchema = z.object({
  /** Its `modified_at`, else its `created_at`. */
  version: z.string(),
  /** When Polar told of it. Absent where an order had it embedded, of which the version alone counts. */
  toldAt: optionalText,
  createdAt: optionalText,
  status: z.string(),
  canceledAt: optionalText,
  pastDueSince: optionalText,
  endedAt: optionalText,
  pausedAt: optionalText,
  productId: optionalText,
  amount: z.optional(z.number()),
  currency: optionalText,
  interval: optionalText,
  periodEnd: optionalText,
  trialEnd: optionalText,
  endsAt: optionalText,
  cancelAtPeriodEnd: z.optional(z.boolean()),
  pauseAtPeriodEnd: z.optional(z.boolean()),
  /** A change that waits for the next period; absent also where it is not told. */
  pendingUpdate: z.optional(
    z.object({
      appliesAt: optionalText,
      productId: optionalText,
      seats: z.optional(z.number()),
      units: z.optional(z.number()),
    }),
  ),
});
export type SubscriptionFacts = z.infer<typeof subscriptionFactsSchema>;

/** What an event tells of a subscription. The name is that of the product with `productId`. */
export type PolarSubscription = SubscriptionFacts & Readonly<{ id: string; productName?: string }>;

/** An id of Polar, a UUID; the pattern keeps out what could not be the name of a field, such as `__proto__`. */
const key = /^[A-Za-z0-9][\w-]{0,63}$/;

const wireSchema = z.object({
  id: z.string().check(z.regex(key)),
  created_at: time,
  modified_at: time,
  status: text,
  canceled_at: time,
  past_due_at: time,
  ended_at: time,
  paused_at: time,
  product_id: text,
  product: z.catch(z.optional(z.object({ id: text, name: text })), undefined),
  amount: integer,
  currency: text,
  ...recurrence,
  current_period_end: time,
  trial_end: time,
  ends_at: time,
  cancel_at_period_end: boolean,
  pause_at_period_end: boolean,
  pending_update: z.catch(
    z.nullish(z.object({ applies_at: time, product_id: text, seats: integer, units: integer })),
    null,
  ),
});

/** Hundreds of them must fit into one item of DynamoDB, so what is longer than anything that Polar says is left out. */
const word = (value: string | undefined) =>
  value !== undefined && value.length <= 30 ? value : undefined;
const idOf = (value: string | undefined) =>
  value !== undefined && key.test(value) ? value : undefined;
const longestName = 100;

/**
 * The subscription that a subscription event is about, or that an order belongs to; `undefined` where there is none,
 * or none that can be told apart from its other versions. `toldAt`: the timestamp of the subscription's own event.
 */
export function polarSubscription(data: unknown, toldAt?: string): PolarSubscription | undefined {
  const wire = wireSchema.safeParse(data).data;
  const version = wire?.modified_at ?? wire?.created_at;
  const status = word(wire?.status);
  if (!wire || version === undefined || status === undefined) return undefined;
  const { product, pending_update: pending } = wire;
  const facts = {
    ...{ version, toldAt, createdAt: wire.created_at, status },
    canceledAt: wire.canceled_at,
    pastDueSince: wire.past_due_at,
    endedAt: wire.ended_at,
    pausedAt: wire.paused_at,
    productId: idOf(wire.product_id ?? product?.id),
    amount: wire.amount,
    currency: word(wire.currency),
    interval: word(interval(wire)),
    periodEnd: wire.current_period_end,
    trialEnd: wire.trial_end,
    endsAt: wire.ends_at,
    cancelAtPeriodEnd: wire.cancel_at_period_end,
    // Kept only while it is true: a row of 1 KB is written in half the units of a larger one.
    pauseAtPeriodEnd: wire.pause_at_period_end || undefined,
    pendingUpdate:
      pending &&
      present({
        appliesAt: pending.applies_at,
        productId: idOf(pending.product_id),
        ...{ seats: pending.seats, units: pending.units },
      }),
  };
  const productName = product?.name?.slice(0, longestName).toWellFormed();
  return {
    ...subscriptionFactsSchema.parse(present(facts)),
    id: wire.id,
    ...(productName && { productName }),
  };
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  );
}
