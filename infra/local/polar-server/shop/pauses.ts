import type { Product } from './catalogue.ts';
import { payOrder, periodOrder } from './moments.ts';
import { daysAfter, later, type Subscription } from './rows.ts';
import { type Clock, type Moment, story } from './story.ts';

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
