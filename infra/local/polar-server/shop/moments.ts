import { randomUUID } from 'node:crypto';
import type { MailSetting } from '../customer-mails.ts';
import type { Row } from '../polar-state.ts';
import type { Product } from './catalogue.ts';
import {
  type Customer,
  daysAfter,
  deletedCustomer,
  later,
  newOrder,
  newSubscription,
  type Order,
  type Subscription,
  subscriptionInOrder,
} from './rows.ts';

/** One event, and what Polar mails the customer at it. */
export type Happening = Readonly<{
  type: string;
  timestamp: string;
  data: Row;
  /** From a job of its own: it may arrive before or after its neighbours. */
  isJob: boolean;
  mail: MailSetting | undefined;
}>;

/** What a moment in the life of a customer changes, and the events it sends, in Polar's order. */
export type Moment = Readonly<{
  customer?: Customer;
  isGone?: boolean;
  subscriptions?: readonly Subscription[];
  orders?: readonly Order[];
  events: readonly Happening[];
}>;

export type Clock = Readonly<{
  /** The next time: each is later than the one before. */
  next: () => string;
  /** A new transaction begins. */
  pause: () => void;
  invoiceNumber: (customer: Customer) => string;
  /** Whether Polar sends this mail: it makes the invoice for that mail only. */
  isMailed: (setting: MailSetting) => boolean;
}>;

type Extra = Readonly<{ mail?: MailSetting; isJob?: boolean }>;

/** The events of one moment: those of one transaction share the state of their object, their timestamps grow. */
function story(clock: Clock) {
  const events: Happening[] = [];
  return {
    events,
    tell(type: string, data: Row, { mail, isJob = false }: Extra = {}): void {
      events.push({ type, timestamp: clock.next(), data, isJob, mail });
    },
  };
}
type Story = ReturnType<typeof story>;

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
  clock.pause();
  const { customer } = next;
  const made = { customer, product, subscription: next, number: clock.invoiceNumber(customer) };
  const reason = 'subscription_cycle';
  const order = newOrder({ ...made, reason, status: 'pending', createdAt: clock.next() });
  told.tell('order.created', order);
  clock.pause();
  return { next, order };
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
  return { subscriptions: [pastDue], orders: [retried], events: told.events };
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

/** The customer may say why. */
export type Reasons = Readonly<{ reason: string | null; comment: string | null }>;

export function cancellationBooked(
  subscription: Subscription,
  { reason, comment }: Reasons,
  clock: Clock,
): Moment {
  const told = story(clock);
  const next: Subscription = {
    ...subscription,
    cancel_at_period_end: true,
    canceled_at: clock.next(),
    ends_at: subscription.current_period_end,
    customer_cancellation_reason: reason,
    customer_cancellation_comment: comment,
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.canceled', next, { mail: 'subscription_cancellation' });
  return { subscriptions: [next], events: told.events };
}

export function takenBack(subscription: Subscription, clock: Clock): Moment {
  const told = story(clock);
  const next: Subscription = {
    ...subscription,
    cancel_at_period_end: false,
    canceled_at: null,
    ends_at: null,
    customer_cancellation_reason: null,
    customer_cancellation_comment: null,
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.uncanceled', next, { mail: 'subscription_uncanceled' });
  return { subscriptions: [next], events: told.events };
}

type End = Readonly<Partial<Subscription>>;

/** Three events of one state; orders that are open are voided a moment later. */
function over(
  subscription: Subscription,
  end: End,
  pending: readonly Order[],
  told: Story,
  clock: Clock,
) {
  const next: Subscription = {
    ...subscription,
    ...end,
    status: 'canceled',
    modified_at: clock.next(),
  };
  told.tell('subscription.updated', next);
  told.tell('subscription.canceled', next);
  told.tell('subscription.revoked', next, { mail: 'subscription_revoked' });
  const shown = subscriptionInOrder(next);
  const orders = pending.map((order) => {
    clock.pause();
    const gone = { status: 'void', next_payment_attempt_at: null, modified_at: clock.next() };
    const voided = { ...order, ...gone, subscription: shown };
    told.tell('order.updated', voided);
    return voided;
  });
  return { next, orders };
}

/** Whoever ended it, at once: that cannot be seen. */
export function endedAtOnce(
  subscription: Subscription,
  pending: readonly Order[],
  clock: Clock,
): Moment {
  const told = story(clock);
  const at = clock.next();
  const end = { cancel_at_period_end: false, canceled_at: at, ends_at: at, ended_at: at };
  const { next, orders } = over(subscription, end, pending, told, clock);
  return { subscriptions: [next], orders, events: told.events };
}

/** A cancellation that was booked comes to its end: the period ends now. */
export function endReached(
  subscription: Subscription,
  pending: readonly Order[],
  clock: Clock,
): Moment {
  const told = story(clock);
  const at = clock.next();
  const end = { current_period_end: at, ends_at: at, ended_at: clock.next() };
  const { next, orders } = over(subscription, end, pending, told, clock);
  return { subscriptions: [next], orders, events: told.events };
}

/** The last of the tries, three weeks after the first: time is moved back by as much, so that dates agree. */
export function retriesExhausted(
  subscription: Subscription,
  pending: readonly Order[],
  clock: Clock,
): Moment {
  const told = story(clock);
  const at = clock.next();
  const back = (time: string) => daysAfter(time, -22);
  const end = {
    past_due_at: back(subscription.past_due_at ?? at),
    current_period_start: back(subscription.current_period_start),
    current_period_end: back(subscription.current_period_end),
    canceled_at: at,
    ends_at: at,
    ended_at: at,
  };
  const { next, orders } = over(subscription, end, pending, told, clock);
  return { subscriptions: [next], orders, events: told.events };
}

/** Their living subscriptions end at once, and show the deleted customer. */
export function customerDeleted(
  customer: Customer,
  living: readonly Subscription[],
  isAnonymised: boolean,
  clock: Clock,
): Moment {
  const told = story(clock);
  const gone = deletedCustomer(customer, clock.next(), isAnonymised);
  told.tell('customer.deleted', gone, { isJob: true });
  const ended = living.map((subscription) => {
    const at = clock.next();
    const end = { customer: gone, canceled_at: at, ends_at: at, ended_at: at };
    return over(subscription, end, [], told, clock).next;
  });
  return { customer: gone, isGone: true, subscriptions: ended, events: told.events };
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
