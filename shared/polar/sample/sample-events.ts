import { createHash, randomUUID } from 'node:crypto';
import type { SupportedEventType } from '#shared/polar/event-types.ts';

/** The customer of a made-up event. */
export type Person = Readonly<{
  customerId: string;
  email: string;
  name: string;
  externalId: string | null;
  /** Just created, so that Polar says of no change yet. */
  isNew: boolean;
}>;

export const organizationId = '6f1d2c3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f';
const dayMs = 86_400_000;

/** The same id for the same text, so that commands about one address are about one customer. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.replace(
    /^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/,
    (_, a, b, c, d, e) => `${a}-${b}-4${c}-8${d}-${e}`,
  );
}

/** The id of the customer in made-up events with this address; after a deletion somebody else has it, in a life of its own. */
export function sampleCustomerId(email: string, life = 1): string {
  return uuidOf(life === 1 ? email.toLowerCase() : `${email.toLowerCase()} ${life}`);
}

/** Nobody deletes and makes up the same address more often than that. */
const mostLives = 50;

/** Whether a customer was made up: by the page Send a test, `npm run polar` or the demo. Polar knows nothing of it. */
export function isSampleCustomer(customerId: string, emails: readonly string[]): boolean {
  const lives = Array.from({ length: mostLives }, (_, before) => before + 1);
  return emails.some((email) => lives.some((life) => sampleCustomerId(email, life) === customerId));
}

/** A time with the six fraction digits that Polar gives. */
export function instant(at: Date, microseconds = Math.floor(Math.random() * 1_000)): string {
  return at.toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
}

/** A customer as Polar shows it, alone or inside an order or a subscription. */
export function customer(
  { customerId, email, name, externalId, isNew }: Person,
  at: Date,
  type?: string,
) {
  const changedAt = instant(at, 100);
  return {
    id: customerId,
    created_at: isNew ? changedAt : instant(new Date(at.getTime() - 30 * dayMs), 100),
    modified_at: isNew && type !== 'customer.deleted' ? null : changedAt,
    metadata: {},
    external_id: externalId,
    email,
    email_verified: false,
    type: 'individual',
    name,
    billing_name: name,
    billing_address: {
      line1: 'Storgatan 12',
      line2: null,
      postal_code: '111 51',
      city: 'Stockholm',
      state: null,
      country: 'SE',
    },
    tax_id: null,
    locale: 'en',
    organization_id: organizationId,
    default_payment_method_id: null,
    deleted_at: type === 'customer.deleted' ? changedAt : null,
    first_user_event_at: null,
    avatar_url: `https://www.gravatar.com/avatar/${createHash('sha256').update(email).digest('hex')}?d=404`,
  };
}

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
const wholeRefund = {
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

export type Payload = Readonly<{ type: string; timestamp: string; [key: string]: unknown }>;

/** The payload of one event as Polar sends it (api_version 2026-10), as if it happened at that time. */
export function polarPayload(type: SupportedEventType, person: Person, at: Date): Payload {
  switch (type) {
    case 'customer.created':
    case 'customer.updated':
    case 'customer.deleted':
      return envelope(type, at, customer(person, at, type));
    case 'order.paid':
      return envelope(type, at, order(person, at, null));
    case 'order.refunded':
      return envelope(type, at, { ...order(person, at, null), ...wholeRefund });
    case 'subscription.created':
    case 'subscription.active':
    case 'subscription.canceled':
    case 'subscription.uncanceled':
    case 'subscription.past_due':
    case 'subscription.revoked':
    case 'subscription.updated':
    case 'subscription.cycled':
    case 'subscription.paused':
    case 'subscription.resumed':
      return envelope(type, at, subscription(person, at, type));
  }
}

/** What Polar sends when a new customer subscribes, in the order in which it happens. */
export function purchasePayloads(person: Person, at: Date): Payload[] {
  const later = (ms: number) => new Date(at.getTime() + ms);
  const bought = subscriptionFacts(person, at);
  return [
    envelope('customer.created', later(20), customer(person, at, 'customer.created')),
    envelope('subscription.created', later(120), subscription(person, at, 'subscription.created')),
    envelope('subscription.active', later(140), subscription(person, at, 'subscription.active')),
    envelope('order.paid', later(400), order(person, at, bought)),
  ];
}

/** In random order, as Polar's queues deliver them. */
export function shuffled(payloads: readonly Payload[]): Payload[] {
  return payloads
    .map((payload) => ({ payload, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ payload }) => payload);
}

function envelope(type: string, at: Date, data: Record<string, unknown>): Payload {
  return { type, timestamp: instant(at), api_version: '2026-10', data };
}
