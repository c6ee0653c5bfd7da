import {
  type Customer,
  daysAfter,
  deletedCustomer,
  type Order,
  type Subscription,
  subscriptionInOrder,
} from './rows.ts';
import { type Clock, type Moment, type Story, story } from './story.ts';

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

/** The moment at which it is over, with the orders that are voided then. */
function overNow(
  subscription: Subscription,
  end: End,
  pending: readonly Order[],
  told: Story,
  clock: Clock,
): Moment {
  const { next, orders } = over(subscription, end, pending, told, clock);
  return { subscriptions: [next], orders, events: told.events };
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
  return overNow(subscription, end, pending, told, clock);
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
  return overNow(subscription, end, pending, told, clock);
}

const triesDays = 21;

/**
 * The last of the tries, three weeks after the first. Where the first was not that long ago, time is moved back by as much,
 * so that dates agree.
 */
export function retriesExhausted(
  subscription: Subscription,
  pending: readonly Order[],
  clock: Clock,
): Moment {
  const told = story(clock);
  const at = clock.next();
  const firstAt = subscription.past_due_at ?? at;
  const isOver = daysAfter(firstAt, triesDays) <= at;
  const back = (time: string) => (isOver ? time : daysAfter(time, -triesDays - 1));
  const end = {
    past_due_at: back(firstAt),
    current_period_start: back(subscription.current_period_start),
    current_period_end: back(subscription.current_period_end),
    canceled_at: at,
    ends_at: at,
    ended_at: at,
  };
  return overNow(subscription, end, pending, told, clock);
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
