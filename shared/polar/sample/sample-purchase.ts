import { randomUUID } from 'node:crypto';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { customer, type Person } from './sample-customer.ts';
import { instant, organizationId, uuidOf } from './sample-values.ts';

type SubscriptionEvent = Extract<SupportedEventType, `subscription.${string}`>;

const productId = '1c9a6e2f-b73d-4508-8f1e-4d5c6b7a8092';
const priceId = '8e7d6c5b-4a39-4281-9706-f5e4d3c2b1a0';
const amount = 1900;
const tax = 475;
const periodMs = 30 * 86_400_000;

/** A subscription as Polar shows it in one of its events. */
export function subscription(person: Person, at: Date, type: SubscriptionEvent) {
  return {
    ...subscriptionFacts(person, at),
    ...subscriptionChange(type, at),
    custom_field_data: {},
    customer: customer(person, at),
    product: { ...product(), is_deletable: false, prices: [price()], ...emptyLists },
    discount: null,
    prices: [price()],
    meters: [],
    pending_update: null,
  };
}

const emptyLists = { benefits: [], medias: [], attached_custom_fields: [] };

/** What an event says that differs from a subscription which simply runs. */
function subscriptionChange(type: SubscriptionEvent, at: Date) {
  const now = instant(at);
  const canceled = {
    modified_at: now,
    cancel_at_period_end: true,
    canceled_at: now,
    customer_cancellation_reason: 'too_expensive',
  };
  switch (type) {
    case 'subscription.created':
    case 'subscription.active':
      return {};
    case 'subscription.canceled':
      return { ...canceled, ends_at: instant(periodEnd(at), 0) };
    case 'subscription.uncanceled':
      return { modified_at: now };
    case 'subscription.past_due':
      return { modified_at: now, status: 'past_due', past_due_at: now };
    case 'subscription.revoked':
      return { ...canceled, status: 'canceled', ends_at: now, ended_at: now };
    case 'subscription.updated':
      // The day of the renewal was moved.
      return { modified_at: now, current_period_end: instant(later(at, 2 * periodMs), 0) };
    case 'subscription.cycled':
      return { ...olderByAPeriod(at), modified_at: now };
    case 'subscription.paused':
      return {
        ...olderByAPeriod(at),
        modified_at: now,
        status: 'paused',
        current_period_start: instant(later(at, -periodMs), 0),
        current_period_end: instant(at, 0),
        paused_at: now,
        resumes_at: instant(later(at, 2 * periodMs), 0),
      };
    case 'subscription.resumed':
      return { ...olderByAPeriod(at), modified_at: now };
  }
}

/** A subscription as Polar shows it inside an order. */
export function subscriptionFacts({ customerId }: Person, at: Date) {
  return {
    created_at: instant(at, 0),
    modified_at: null,
    id: uuidOf(`subscription of ${customerId}`),
    amount,
    currency: 'usd',
    recurring_interval: 'month',
    recurring_interval_count: 1,
    status: 'active',
    current_period_start: instant(at, 0),
    current_period_end: instant(periodEnd(at), 0),
    current_meter_period_start: null,
    current_meter_period_end: null,
    trial_start: null,
    trial_end: null,
    cancel_at_period_end: false,
    canceled_at: null,
    started_at: instant(at, 0),
    ends_at: null,
    ended_at: null,
    past_due_at: null,
    pause_at_period_end: false,
    paused_at: null,
    resumes_at: null,
    customer_id: customerId,
    product_id: productId,
    discount_id: null,
    checkout_id: uuidOf(`checkout of ${customerId}`),
    seats: null,
    units: null,
    customer_cancellation_reason: null,
    customer_cancellation_comment: null,
    metadata: {},
  };
}

function periodEnd(at: Date): Date {
  return later(at, periodMs);
}

function later(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}

/** It began a period ago. */
function olderByAPeriod(at: Date) {
  const before = instant(later(at, -periodMs), 0);
  return { created_at: before, started_at: before };
}

/** A paid order: the first one of a subscription, or a single purchase. */
export function order(
  person: Person,
  at: Date,
  bought: ReturnType<typeof subscriptionFacts> | null,
) {
  const { name, billing_address } = customer(person, at);
  const label = product().name;
  return {
    id: randomUUID(),
    created_at: instant(at),
    modified_at: instant(new Date(at.getTime() + 300)),
    status: 'paid',
    paid: true,
    subtotal_amount: amount,
    discount_amount: 0,
    net_amount: amount,
    tax_amount: tax,
    total_amount: amount + tax,
    applied_balance_amount: 0,
    due_amount: amount + tax,
    refunded_amount: 0,
    refunded_tax_amount: 0,
    currency: 'usd',
    billing_reason: bought ? 'subscription_create' : 'purchase',
    billing_name: name,
    billing_address,
    invoice_number: `NORTHLIGHT-${person.customerId.slice(0, 6).toUpperCase()}-0001`,
    is_invoice_generated: false,
    receipt_number: `RCPT-${person.customerId.slice(0, 6).toUpperCase()}-0001`,
    seats: null,
    units: null,
    customer_id: person.customerId,
    product_id: productId,
    discount_id: null,
    subscription_id: bought?.id ?? null,
    checkout_id: uuidOf(`checkout of ${person.customerId}`),
    next_payment_attempt_at: null,
    metadata: {},
    custom_field_data: {},
    platform_fee_amount: 117,
    platform_fee_currency: 'usd',
    customer: customer(person, at),
    product: product(),
    discount: null,
    subscription: bought,
    items: [orderItem(label, at)],
    description: label,
    refundable_amount: amount,
    refundable_tax_amount: tax,
  };
}

/** All of an order was given back. Polar counts what is given back without its tax. */
export const wholeRefund = {
  status: 'refunded',
  refunded_amount: amount,
  refunded_tax_amount: tax,
  refundable_amount: 0,
  refundable_tax_amount: 0,
};

function orderItem(label: string, at: Date) {
  return {
    created_at: instant(at),
    modified_at: null,
    id: randomUUID(),
    label,
    amount,
    tax_amount: tax,
    proration: false,
    product_price_id: priceId,
    start_timestamp: null,
    end_timestamp: null,
  };
}

function product() {
  return {
    id: productId,
    created_at: '2026-08-01T08:00:00.100000Z',
    modified_at: null,
    trial_interval: null,
    trial_interval_count: null,
    name: 'Studio Monthly',
    description: 'Everything in Studio, billed monthly.',
    visibility: 'public',
    recurring_interval: 'month',
    recurring_interval_count: 1,
    meter_interval: null,
    meter_interval_count: null,
    is_recurring: true,
    is_archived: false,
    organization_id: organizationId,
    metadata: {},
  };
}

function price() {
  return {
    created_at: '2026-08-01T08:00:00.120000Z',
    modified_at: null,
    id: priceId,
    source: 'catalog',
    amount_type: 'fixed',
    price_currency: 'usd',
    tax_behavior: 'exclusive',
    is_archived: false,
    product_id: productId,
    price_amount: amount,
  };
}
