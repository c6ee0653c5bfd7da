import { randomUUID } from 'node:crypto';
import type { MailSetting } from '../customer-mails.ts';
import type { Row } from '../polar-state.ts';
import type { Product } from './catalogue.ts';
import {
  type Customer,
  daysAfter,
  later,
  newOrder,
  newSubscription,
  type Order,
  type Subscription,
  subscriptionInOrder,
} from './rows.ts';
import { type Clock, type Moment, type Story, story } from './story.ts';

/** The receipt is numbered between the two events of a payment; fee and invoice follow in transactions of their own. */
function payOrder(order: Order, mail: MailSetting, { tell }: Story, clock: Clock): Order {
  const paid = { ...order, status: 'paid', paid: true, modified_at: clock.next() };
  tell('order.updated', paid);
  const prefix = paid.invoice_number.replace(/^\w+-/, '');
  const numbered = { ...paid, receipt_number: `RCPT-${prefix}`, modified_at: clock.next() };
  tell('order.paid', numbered, { mail });
  return closeOrder(numbered, mail, { tell, events: [] }, clock);
}

function closeOrder(order: Order, mail: MailSetting, { tell }: Story, clock: Clock): Order {
  let latest = order;
  if (latest.total_amount > 0) {
    clock.pause();
    const fee = Math.round(latest.total_amount * 0.04) + 40;
    const booked = { platform_fee_amount: fee, platform_fee_currency: latest.currency };
    latest = { ...latest, ...booked, modified_at: clock.next() };
    tell('order.updated', latest);
  }
  if (!clock.isMailed(mail) || !latest['billing_name'] || !latest['billing_address']) return latest;
  clock.pause();
  latest = { ...latest, is_invoice_generated: true, modified_at: clock.next() };
  tell('order.updated', latest);
  return latest;
}

/** The first order is paid when it is made, because the checkout took the money. */
function firstOrder(order: Order, mail: MailSetting, told: Story, clock: Clock): Order {
  told.tell('order.created', order);
  told.tell('order.updated', order);
  if (order.total_amount === 0) {
    told.tell('order.paid', order, { mail });
    return closeOrder(order, mail, told, clock);
  }
  const prefix = order.invoice_number.replace(/^\w+-/, '');
  const numbered = { ...order, receipt_number: `RCPT-${prefix}`, modified_at: clock.next() };
  told.tell('order.paid', numbered, { mail });
  return closeOrder(numbered, mail, told, clock);
}

/** A checkout that went through: a single purchase, a subscription, or the start of a trial. */
export function bought(customer: Customer, product: Product, isNew: boolean, clock: Clock): Moment {
  const told = story(clock);
  const buyer = isNew ? customer : { ...customer, modified_at: clock.next() };
  told.tell(isNew ? 'customer.created' : 'customer.updated', buyer, { isJob: true });
  clock.pause();
  const common = { customer: buyer, product, number: clock.invoiceNumber(customer) };
  if (product.interval === null) {
    const made = { ...common, subscription: null, reason: 'purchase', status: 'paid' } as const;
    const order = newOrder({ ...made, createdAt: clock.next() });
    const closed = firstOrder(order, 'order_confirmation', told, clock);
    return { customer: buyer, orders: [closed], events: told.events };
  }
  const subscription = newSubscription({
    ...{ customer: buyer, product, interval: product.interval },
    ...{ startedAt: clock.next(), createdAt: clock.next() },
  });
  for (const name of ['created', 'active', 'updated']) {
    told.tell(`subscription.${name}`, subscription);
  }
  const isFree = subscription.status === 'trialing';
  const made = { ...common, subscription, reason: 'subscription_create', status: 'paid' } as const;
  const order = newOrder({ ...made, isFree, createdAt: clock.next() });
  const closed = firstOrder(order, 'subscription_confirmation', told, clock);
  return { customer: buyer, subscriptions: [subscription], orders: [closed], events: told.events };
}

/** The period ends now, and the next one begins. Its order is pending. */
function cycled(subscription: Subscription, product: Product, told: Story, clock: Clock) {
  const start = clock.next();
  const next: Subscription = {
    ...subscription,
    status: subscription.status === 'trialing' ? 'active' : subscription.status,
    current_period_start: start,
    current_period_end: later(start, product.interval ?? 'month'),
    ...(subscription.status === 'trialing' && { trial_end: start }),
    modified_at: clock.next(),
  };
  told.tell('subscription.cycled', next);
  told.tell('subscription.updated', next);
  return { next, order: periodOrder(next, product, told, clock) };
}

/** The order for a period that has begun. It is pending. */
function periodOrder(
  subscription: Subscription,
  product: Product,
  { tell }: Story,
  clock: Clock,
): Order {
  clock.pause();
  const { customer } = subscription;
  const made = { customer, product, subscription, number: clock.invoiceNumber(customer) };
  const reason = 'subscription_cycle';
  const order = newOrder({ ...made, reason, status: 'pending', createdAt: clock.next() });
  tell('order.created', order);
  clock.pause();
  return order;
}

/** The merchant moves the end of the period. Only subscription.updated tells of it. */
export function periodEndMoved(subscription: Subscription, days: number, clock: Clock): Moment {
  const told = story(clock);
  const end = daysAfter(subscription.current_period_end, days);
  const next: Subscription = {
    ...subscription,
    current_period_end: end,
    ...(subscription.status === 'trialing' && { trial_end: end }),
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  return { subscriptions: [next], events: told.events };
}

export function renewed(subscription: Subscription, product: Product, clock: Clock): Moment {
  const told = story(clock);
  const { next, order } = cycled(subscription, product, told, clock);
  const isAfterTrial = subscription.status === 'trialing';
  const mail = isAfterTrial ? 'subscription_cycled_after_trial' : 'subscription_cycled';
  return {
    subscriptions: [next],
    orders: [payOrder(order, mail, told, clock)],
    events: told.events,
  };
}

/** No event shows the order's next try: its row gets that in silence. */
export function paymentFailed(subscription: Subscription, product: Product, clock: Clock): Moment {
  const told = story(clock);
  const { next, order } = cycled(subscription, product, told, clock);
  const failedAt = clock.next();
  const modified_at = clock.next();
  const pastDue: Subscription = {
    ...next,
    status: 'past_due',
    past_due_at: failedAt,
    modified_at,
  };
  told.tell('subscription.updated', pastDue);
  told.tell('subscription.past_due', pastDue, { mail: 'subscription_past_due' });
  const retried = { ...order, next_payment_attempt_at: daysAfter(failedAt, 2), modified_at };
  const payments = [failedPayment(retried, failedAt)];
  return { subscriptions: [pastDue], orders: [retried], payments, events: told.events };
}

function failedPayment({ id, customer, currency, total_amount }: Order, at: string): Row {
  return {
    id: randomUUID(),
    created_at: at,
    modified_at: null,
    processor: 'stripe',
    status: 'failed',
    amount: total_amount,
    currency,
    method: 'card',
    method_metadata: { brand: 'visa', last4: '0341' },
    decline_reason: 'insufficient_funds',
    decline_message: 'Your card has insufficient funds.',
    trigger: 'subscription_cycle',
    organization_id: customer.organization_id,
    order_id: id,
    checkout_id: null,
  };
}

/** A new default card in the portal, which is charged at once. */
export function recovered(
  subscription: Subscription,
  pending: readonly Order[],
  clock: Clock,
): Moment {
  const told = story(clock);
  const card = randomUUID();
  const customer = {
    ...subscription.customer,
    default_payment_method_id: card,
    modified_at: clock.next(),
  };
  told.tell('customer.updated', customer, { isJob: true });
  clock.pause();
  const next: Subscription = {
    ...subscription,
    ...{ customer, status: 'active', past_due_at: null, modified_at: clock.next() },
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.active', next);
  const shown = {
    customer,
    subscription: subscriptionInOrder(next),
    next_payment_attempt_at: null,
  };
  const orders = pending.map((order) =>
    payOrder({ ...order, ...shown }, 'subscription_cycled', told, clock),
  );
  return { customer, subscriptions: [next], orders, events: told.events };
}

/** What a person changed of a customer. */
export function customerChanged(
  customer: Customer,
  changes: Partial<Pick<Customer, 'email' | 'name' | 'external_id'>>,
  clock: Clock,
): Moment {
  const told = story(clock);
  const next: Customer = { ...customer, ...changes, modified_at: clock.next() };
  told.tell('customer.updated', next, { isJob: true });
  return { customer: next, events: told.events };
}

/** For how long pauses last here. */
const pauseDays = 45;

/** Polar mails now, and nothing once the pause begins. */
export function pauseBooked(subscription: Subscription, clock: Clock): Moment {
  const told = story(clock);
  const next: Subscription = {
    ...subscription,
    pause_at_period_end: true,
    resumes_at: daysAfter(subscription.current_period_end, pauseDays),
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next, { mail: 'subscription_paused' });
  return { subscriptions: [next], events: told.events };
}

/** The period ends now, and no other one begins. */
export function pauseBegun(subscription: Subscription, clock: Clock): Moment {
  const told = story(clock);
  const at = clock.next();
  const next: Subscription = {
    ...subscription,
    status: 'paused',
    pause_at_period_end: false,
    current_period_end: at,
    paused_at: at,
    resumes_at: daysAfter(at, pauseDays),
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.paused', next);
  return { subscriptions: [next], events: told.events };
}

/** A new period begins now, and is charged. */
export function resumed(subscription: Subscription, product: Product, clock: Clock): Moment {
  const told = story(clock);
  const start = clock.next();
  const next: Subscription = {
    ...subscription,
    status: 'active',
    current_period_start: start,
    current_period_end: later(start, product.interval ?? 'month'),
    paused_at: null,
    resumes_at: null,
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.resumed', next, { mail: 'subscription_resumed' });
  const order = payOrder(
    periodOrder(next, product, told, clock),
    'subscription_cycled',
    told,
    clock,
  );
  return { subscriptions: [next], orders: [order], events: told.events };
}
