import type { EventProperties } from './event-properties.ts';

/** A subscription in Polar's words, read; times are instants, see `instant`. */
export type Subscription = Readonly<{
  status?: string | undefined;
  amount?: number | undefined;
  currency?: string | undefined;
  recurring_interval?: string | undefined;
  recurring_interval_count?: number | undefined;
  started_at?: string | undefined;
  modified_at?: string | undefined;
  current_period_start?: string | undefined;
  current_period_end?: string | undefined;
  trial_start?: string | undefined;
  trial_end?: string | undefined;
  ends_at?: string | undefined;
  ended_at?: string | undefined;
  past_due_at?: string | undefined;
  cancel_at_period_end?: boolean | undefined;
  pause_at_period_end?: boolean | undefined;
}>;

type Price = Readonly<{
  amount_type?: string | undefined;
  price_amount?: number | undefined;
  price_currency?: string | undefined;
  tax_behavior?: string | undefined;
}>;

type Discount = Readonly<{
  duration?: string | undefined;
  duration_in_months?: number | undefined;
}>;

type Terms = Subscription &
  Readonly<{
    prices?: readonly Price[] | undefined;
    discount?: Discount | null | undefined;
    /** Whether a change waits for the next period. */
    changes: boolean;
  }>;

const dayMs = 86_400_000;

/** When the next period begins and is charged; `undefined` where it ends, pauses or is not running. */
export function renewsAt(subscription: Subscription): string | undefined {
  return subscription.status === 'active' && goesOn(subscription)
    ? subscription.current_period_end
    : undefined;
}

function goesOn(subscription: Subscription): boolean {
  const { cancel_at_period_end, pause_at_period_end, ends_at, ended_at } = subscription;
  return cancel_at_period_end === false && !pause_at_period_end && !ends_at && !ended_at;
}

export function trialDays({ trial_start, trial_end }: Subscription): number | undefined {
  if (trial_start === undefined || trial_end === undefined) return undefined;
  return Math.round((Date.parse(trial_end) - Date.parse(trial_start)) / dayMs);
}

const hourMs = 3_600_000;

/** Whether its current period is the one that it began with. */
export function isFirstPeriod({ started_at, current_period_start }: Subscription) {
  if (started_at === undefined || current_period_start === undefined) return undefined;
  return Date.parse(current_period_start) - Date.parse(started_at) < hourMs;
}

/** Polar gives up 21 days after the first failure; `past_due_at` is kept when that was the end. */
const dunningDays = 21;

/** Why a subscription ended, which Polar does not say: read from its last state. */
export function endReason(subscription: Subscription): string | undefined {
  const { cancel_at_period_end, ends_at, ended_at, past_due_at } = subscription;
  if (ended_at === undefined) return undefined;
  if (cancel_at_period_end && ends_at !== undefined && ended_at >= ends_at) return 'planned';
  if (past_due_at === undefined) return 'at_once';
  const unpaidMs = Date.parse(ended_at) - Date.parse(past_due_at);
  return unpaidMs >= dunningDays * dayMs ? 'payment_failed' : 'while_past_due';
}

/** What a subscription costs, as far as its payload says it of more than this moment. */
export function priceOf(terms: Terms): EventProperties {
  const { amount } = terms;
  const before = priceBeforeDiscount(terms);
  const isLess = terms.discount && before !== undefined && amount !== undefined && amount < before;
  return {
    priceKind: priceKind(terms),
    taxIncluded: taxIncluded(terms),
    recurringAmount: recurringAmount(terms),
    priceBeforeDiscount: before,
    discountAmount: isLess ? before - amount : undefined,
    discountUntil: discountUntil(terms),
  };
}

const isMetered = ({ amount_type }: Price) => amount_type === 'metered_unit';
const isFixed = ({ amount_type }: Price) => amount_type === 'fixed' || amount_type === 'free';
/** What they come to is said by the subscription's amount alone. */
const otherTypes: readonly (string | undefined)[] = ['custom', 'seat_based', 'unit_based'];

function pricesOf({ prices = [], currency }: Terms): readonly Price[] {
  return prices.filter(
    ({ price_currency }) => price_currency === undefined || price_currency === currency,
  );
}

/** The fixed prices of one period together; `undefined` where there are none, or other ones. */
function fixedSum(terms: Terms): number | undefined {
  const lasting = pricesOf(terms).filter((price) => !isMetered(price));
  if (lasting.length === 0 || !lasting.every(isFixed)) return undefined;
  const sum = lasting.reduce((all, { price_amount = 0 }) => all + price_amount, 0);
  return Number.isSafeInteger(sum) ? sum : undefined;
}

function priceKind(terms: Terms): 'free' | 'fixed' | 'metered' | undefined {
  const prices = pricesOf(terms);
  const isKnown = (price: Price) =>
    isMetered(price) || isFixed(price) || otherTypes.includes(price.amount_type);
  if (prices.length === 0 || !prices.every(isKnown)) return undefined;
  if (prices.some(isMetered)) return 'metered';
  const cost = fixedSum(terms) ?? (terms.discount === null ? terms.amount : undefined);
  return cost === 0 ? 'free' : 'fixed';
}

/** `undefined` where Polar decides it by the organization or the customer's country, and says neither. */
function taxIncluded(terms: Terms): boolean | undefined {
  const taxed = pricesOf(terms).filter(({ amount_type }) => amount_type !== 'free');
  const all = (behavior: string) =>
    taxed.length > 0 && taxed.every(({ tax_behavior }) => tax_behavior === behavior);
  if (all('inclusive')) return true;
  return all('exclusive') ? false : undefined;
}

/**
 * Polar's `amount` is the price of now, its discount taken off: it lasts only where the discount does, no change waits
 * and the subscription goes on. Where it is not what the prices say, what will be charged next is not known.
 */
function recurringAmount(terms: Terms): number | undefined {
  const { status, amount, discount, changes } = terms;
  const runs = status === 'active' || status === 'trialing';
  if (!runs || !goesOn(terms) || changes || !amount) return undefined;
  if (discount !== null) return discount?.duration === 'forever' ? amount : undefined;
  const kind = priceKind(terms);
  if (kind !== 'fixed' && kind !== 'metered') return undefined;
  return amount === (fixedSum(terms) ?? amount) ? amount : undefined;
}

function priceBeforeDiscount(terms: Terms): number | undefined {
  const kind = priceKind(terms);
  if (kind === undefined) return undefined;
  if (terms.discount !== null) return fixedSum(terms);
  return kind === 'metered' && !terms.amount ? undefined : terms.amount;
}

/**
 * When the reduction is over. The payload does not say when it began, so it is known only of a new subscription. Polar's
 * rule: `once` is for one period, `repeating` for the periods that begin in its months. (`ends_at` of a discount is
 * the end of redeeming it.)
 */
function discountUntil(terms: Terms): string | undefined {
  const { discount, status, current_period_start: start, current_period_end: end } = terms;
  const isNew = terms.modified_at === undefined && start === terms.started_at;
  if (!discount || status !== 'active' || !isNew || start === undefined) return undefined;
  if (discount.duration === 'once') return end;
  const months = monthsOfInterval(terms);
  if (discount.duration !== 'repeating' || !discount.duration_in_months || !months) {
    return undefined;
  }
  const periods = Math.ceil(discount.duration_in_months / months);
  return periods === 1 ? end : monthsAfter(start, periods * months);
}

function monthsOfInterval(terms: Subscription): number | undefined {
  const { recurring_interval, recurring_interval_count = 1 } = terms;
  if (recurring_interval === 'month') return recurring_interval_count;
  return recurring_interval === 'year' ? 12 * recurring_interval_count : undefined;
}

/**
 * `undefined` where the month may have no such day: which one is taken instead is not ours to say. Also beyond the year
 * 9999, which no time is written with.
 */
function monthsAfter(instant: string, months: number): string | undefined {
  const target = new Date(instant);
  if (target.getUTCDate() > 28) return undefined;
  target.setUTCMonth(target.getUTCMonth() + months);
  if (!(target.getUTCFullYear() <= 9999)) return undefined;
  return `${target.toISOString().slice(0, 10)}${instant.slice(10)}`;
}
