import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { customer as sampleCustomer } from '#shared/polar/sample/sample-customer.ts';
import {
  order as sampleOrder,
  subscription as sampleSubscription,
} from '#shared/polar/sample/sample-purchase.ts';
import { type Interval, type Product, productInOrder, productRow } from './catalogue.ts';

const text = z.string();
const time = z.string().nullable();

/** What is read of a customer here; everything else of it is kept as it is. */
export const customerSchema = z.looseObject({
  id: text,
  created_at: text,
  modified_at: time,
  email: text.nullable(),
  name: text.nullable(),
  billing_name: text.nullable(),
  billing_address: z.looseObject({ country: text }).nullable(),
  external_id: text.nullable(),
  organization_id: text,
  default_payment_method_id: text.nullable(),
});
export type Customer = z.infer<typeof customerSchema>;

export const subscriptionSchema = z.looseObject({
  id: text,
  created_at: text,
  modified_at: time,
  status: z.enum(['trialing', 'active', 'past_due', 'paused', 'canceled']),
  current_period_start: text,
  current_period_end: text,
  cancel_at_period_end: z.boolean(),
  started_at: text,
  ends_at: time,
  ended_at: time,
  past_due_at: time,
  pause_at_period_end: z.boolean(),
  customer_id: text,
  product_id: text,
  customer: customerSchema,
});
export type Subscription = z.infer<typeof subscriptionSchema>;

export const orderSchema = z.looseObject({
  id: text,
  created_at: text,
  modified_at: time,
  status: text,
  currency: text,
  net_amount: z.number(),
  tax_amount: z.number(),
  total_amount: z.number(),
  refunded_amount: z.number(),
  billing_reason: text,
  invoice_number: text,
  customer_id: text,
  subscription_id: text.nullable(),
  description: text,
  customer: customerSchema,
});
export type Order = z.infer<typeof orderSchema>;

type NewCustomer = Readonly<{
  id?: string;
  /** null: a team that has none. */
  email: string | null;
  name: string | null;
  organizationId: string;
  externalId?: string | null;
  country?: string;
  createdAt: string;
}>;

const cities: Readonly<Record<string, string>> = { SE: 'Stockholm', DE: 'Berlin', US: 'Austin' };

export function newCustomer(wish: NewCustomer): Customer {
  const { id = randomUUID(), email, name, externalId = null, country = 'SE', createdAt } = wish;
  const facts = { customerId: id, email: email ?? '', name: name ?? '' };
  const person = { ...facts, externalId, isNew: true };
  const usual = sampleCustomer(person, new Date(createdAt));
  return customerSchema.parse({
    ...usual,
    created_at: createdAt,
    email,
    type: email === null ? 'team' : 'individual',
    name,
    billing_name: name,
    billing_address: { ...usual.billing_address, country, city: cities[country] ?? null },
    organization_id: wish.organizationId,
    default_payment_method_id: randomUUID(),
  });
}

/** How Polar shows a customer who was deleted, with name and address only as hashes where that was wanted. */
export function deletedCustomer(customer: Customer, at: string, isAnonymised: boolean): Customer {
  const hidden = isAnonymised && {
    email: `${hash(customer.email ?? '')}@anonymized.polar.sh`,
    name: customer.name && hash(customer.name),
    billing_name: customer.billing_name && hash(customer.billing_name),
    billing_address: null,
    metadata: { __anonymized_at: at },
    avatar_url: null,
  };
  return { ...customer, ...hidden, deleted_at: at, modified_at: at };
}

function hash(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** So many periods after a time. */
export function later(at: string, interval: Interval, periods = 1): string {
  const date = new Date(at);
  const months = interval === 'year' ? 12 * periods : periods;
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  // The last of a shorter month.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return sixDigits(date);
}

export function daysAfter(at: string, days: number): string {
  return sixDigits(new Date(new Date(at).getTime() + days * 86_400_000));
}

/** A time as Polar writes it. */
export function sixDigits(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}

type NewSubscription = Readonly<{
  id?: string;
  customer: Customer;
  product: Product;
  interval: Interval;
  startedAt: string;
  createdAt: string;
}>;

/** A subscription as it begins: active, or in its trial. */
export function newSubscription(wish: NewSubscription): Subscription {
  const { id = randomUUID(), customer, product, interval, startedAt, createdAt } = wish;
  const usual = sampleSubscription(personOf(customer), new Date(createdAt), 'subscription.created');
  const trialEnd = product.trialDays > 0 ? daysAfter(startedAt, product.trialDays) : null;
  const row = productRow(product, customer.organization_id);
  return subscriptionSchema.parse({
    ...usual,
    id,
    created_at: createdAt,
    started_at: startedAt,
    amount: product.amount,
    currency: product.currency,
    recurring_interval: interval,
    status: trialEnd ? 'trialing' : 'active',
    trial_start: trialEnd && startedAt,
    trial_end: trialEnd,
    current_period_start: startedAt,
    current_period_end: trialEnd ?? later(startedAt, interval),
    customer_id: customer.id,
    product_id: product.id,
    checkout_id: randomUUID(),
    customer,
    product: row,
    prices: row.prices,
  });
}

function personOf({ id, email, name, external_id }: Customer) {
  return {
    customerId: id,
    email: email ?? '',
    name: name ?? '',
    externalId: external_id,
    isNew: true,
  };
}

/** A subscription as Polar shows it inside an order. */
export function subscriptionInOrder(subscription: Subscription) {
  const { customer, product, discount, prices, meters, ...facts } = subscription;
  const { pending_update, custom_field_data, ...shown } = facts;
  return shown;
}

/** In percent, as far as it matters here. */
const taxRates: Readonly<Record<string, number>> = { SE: 25, DE: 19, US: 0, JP: 10 };

type NewOrder = Readonly<{
  id?: string;
  customer: Customer;
  product: Product;
  subscription: Subscription | null;
  reason: 'purchase' | 'subscription_create' | 'subscription_cycle';
  status: 'paid' | 'pending';
  /** A trial's first order takes no money. */
  isFree?: boolean;
  number: string;
  createdAt: string;
}>;

export function newOrder(wish: NewOrder): Order {
  const { customer, product, subscription, createdAt, status, isFree = false } = wish;
  const usual = sampleOrder(personOf(customer), new Date(createdAt), null);
  const net = isFree ? 0 : product.amount;
  const rate = taxRates[customer.billing_address?.country ?? ''] ?? 0;
  const tax = Math.round((net * rate) / 100);
  const row = productRow(product, customer.organization_id);
  return orderSchema.parse({
    ...usual,
    id: wish.id ?? randomUUID(),
    created_at: createdAt,
    modified_at: null,
    status,
    paid: status === 'paid',
    subtotal_amount: net,
    net_amount: net,
    tax_amount: tax,
    total_amount: net + tax,
    due_amount: net + tax,
    refundable_amount: net,
    refundable_tax_amount: tax,
    currency: product.currency,
    billing_reason: wish.reason,
    billing_name: customer.billing_name,
    billing_address: customer.billing_address,
    invoice_number: wish.number,
    receipt_number: null,
    platform_fee_amount: 0,
    platform_fee_currency: null,
    customer_id: customer.id,
    product_id: product.id,
    subscription_id: subscription?.id ?? null,
    checkout_id: subscription?.['checkout_id'] ?? randomUUID(),
    customer,
    product: productInOrder(row),
    subscription: subscription && subscriptionInOrder(subscription),
    description: product.name,
    items: usual.items.map((item) => ({
      ...item,
      created_at: createdAt,
      label: product.name,
      amount: net,
      tax_amount: tax,
      product_price_id: row.prices[0]?.id ?? null,
    })),
  });
}
