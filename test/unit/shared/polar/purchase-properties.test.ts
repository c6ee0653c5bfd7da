import { describe, expect, it } from 'vitest';
import { orderProperties, subscriptionProperties } from '#shared/polar/purchase-properties.ts';

const start = '2026-11-05T09:00:00Z';
const end = '2026-12-05T09:00:00Z';
const instant = (text: string) => text.replace('Z', '.000000Z');

const running = {
  ...{ status: 'active', recurring_interval: 'month', recurring_interval_count: 1 },
  ...{ started_at: start, current_period_start: start, current_period_end: end },
  ...{ cancel_at_period_end: false, pause_at_period_end: false, modified_at: null },
};
const fixed = { amount_type: 'fixed', price_currency: 'usd', price_amount: 1900 };
const metered = { amount_type: 'metered_unit', price_currency: 'usd', unit_amount: '0.5' };

function subscription(changes: Record<string, unknown> = {}) {
  const price = { amount: 1900, currency: 'usd', prices: [fixed], discount: null };
  return subscriptionProperties({ ...running, ...price, pending_update: null, ...changes });
}

const order = (changes: Record<string, unknown>) =>
  orderProperties({ currency: 'usd', receipt_number: 'R-1', ...changes });

const half = { discount: { name: 'Half', duration: 'repeating', duration_in_months: 3 } };
const halfPrice = { ...half, amount: 950 };

describe('what was charged', () => {
  it.each([
    [{ total_amount: 2375, due_amount: 2375, applied_balance_amount: 0 }, '$23.75'],
    [{ total_amount: 2375, due_amount: 1875, applied_balance_amount: -500 }, '$18.75'],
    [{ total_amount: 2375, due_amount: 2875, applied_balance_amount: 500 }, '$28.75'],
    [{ total_amount: 2375, due_amount: 0, applied_balance_amount: -2375 }, '$0.00'],
    [{ total_amount: -500, due_amount: 0, applied_balance_amount: 0 }, '$0.00'],
    [{ total_amount: 0, due_amount: 0, receipt_number: null }, '$0.00'],
    [{ total_amount: 2375, due_amount: 2375, receipt_number: undefined }, '$23.75'],
    // Not known: nothing is due of an order that costs something, or the sum was too small to be charged.
    [{ total_amount: 2375, due_amount: 0, applied_balance_amount: 0 }, undefined],
    [{ total_amount: 30, due_amount: 30, receipt_number: null }, undefined],
    [{ total_amount: 420, due_amount: 1900, applied_balance_amount: 0 }, undefined],
    [{ total_amount: 2375 }, undefined],
  ])('of %j is %s', (data, text) => {
    expect(order(data).formattedChargedAmount).toBe(text);
  });

  it('stands beside what came from the balance, or went there', () => {
    expect(order({ total_amount: 5, applied_balance_amount: -2 })).toMatchObject({
      ...{ balanceUsed: 2, formattedBalanceUsed: '$0.02' },
    });
    expect(order({ total_amount: 5, applied_balance_amount: 2 })).toMatchObject({ balanceOwed: 2 });
    expect(order({ total_amount: -5 })).toMatchObject({ formattedCreditedAmount: '$0.05' });
    const plain = order({ total_amount: 5, applied_balance_amount: 0 });
    for (const name of ['balanceUsed', 'balanceOwed', 'creditedAmount']) {
      expect(plain).not.toHaveProperty(name);
    }
  });
});

describe('a price that lasts', () => {
  it.each([
    ['a fixed one', {}, 1900],
    ['on trial', { status: 'trialing' }, 1900],
    ['beside use', { prices: [fixed, metered] }, 1900],
    ['with a discount for ever', { ...halfPrice, discount: { duration: 'forever' } }, 950],
    ['for seats', { prices: [{ ...fixed, amount_type: 'seat_based' }], amount: 7 }, 7],
    ['with a discount for a time', halfPrice, undefined],
    ['with a discount that is not shown', { discount_id: 'd' }, undefined],
    ['with a discount that cannot be read', { discount: 'half' }, undefined],
    ['while a change waits', { pending_update: { product_id: 'p' } }, undefined],
    ['of a free plan', { amount: 0, prices: [{ amount_type: 'free' }] }, undefined],
    ['of use alone', { amount: 0, prices: [metered] }, undefined],
    ['that ends', { cancel_at_period_end: true }, undefined],
    ['that pauses', { pause_at_period_end: true }, undefined],
    ['that ended', { status: 'canceled', ended_at: end }, undefined],
    ['past due', { status: 'past_due' }, undefined],
    ['that the prices contradict', { amount: 999 }, undefined],
    ['without prices', { prices: undefined }, undefined],
    ['of a kind that is new', { prices: [{ ...fixed, amount_type: 'tiered' }] }, undefined],
  ])('%s', (_, changes, amount) => {
    expect(subscription(changes).recurringAmount).toBe(amount);
  });

  it.each([
    [{}, 'fixed'],
    [{ prices: [metered] }, 'metered'],
    [{ prices: [fixed, metered] }, 'metered'],
    [{ prices: [{ amount_type: 'free' }], amount: 0 }, 'free'],
    [{ prices: [{ ...fixed, price_amount: 0 }], amount: 0 }, 'free'],
    [{ ...half, amount: 0 }, 'fixed'],
    [{ prices: [{ amount_type: 'custom' }], amount: 0 }, 'free'],
    [{ prices: [{ amount_type: 'custom' }], amount: 500 }, 'fixed'],
    [{ prices: [{ amount_type: 'tiered' }] }, undefined],
    [{ prices: [] }, undefined],
  ])('is of a kind: %j is %s', (changes, kind) => {
    expect(subscription(changes).priceKind).toBe(kind);
  });

  it.each([
    ['inclusive', true],
    ['exclusive', false],
    ['location', undefined],
    [null, undefined],
  ])('with the tax behaviour %s has tax included: %s', (tax_behavior, included) => {
    expect(subscription({ prices: [{ ...fixed, tax_behavior }] }).taxIncluded).toBe(included);
  });
});

describe('a discount', () => {
  const yearly = { recurring_interval: 'year', current_period_end: '2027-11-05T09:00:00Z' };

  it('says what it takes off, and how long', () => {
    expect(subscription(halfPrice)).toMatchObject({
      ...{ priceBeforeDiscount: 1900, discountAmount: 950, formattedDiscountAmount: '$9.50' },
      ...{ discountName: 'Half', discountDuration: 'repeating', discountMonths: 3 },
    });
    expect(order({ ...half, subtotal_amount: 1900, discount_amount: 950 })).toMatchObject({
      ...{ priceBeforeDiscount: 1900, discountAmount: 950, discountName: 'Half' },
    });
  });

  it('takes off nothing that is known where the difference is no safe integer', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const prices = [{ ...fixed, price_amount: most }];
    const odd = subscription({ ...half, amount: -most, prices });
    expect(odd).toMatchObject({ amount: -most, priceBeforeDiscount: most });
    expect(Object.keys(odd)).not.toContain('discountAmount');
    expect(Object.keys(odd)).not.toContain('formattedDiscountAmount');
  });

  it.each([
    ['for three months', halfPrice, '2027-02-05T09:00:00Z'],
    ['once', { discount: { duration: 'once' } }, end],
    ['for three months of a yearly plan', { ...halfPrice, ...yearly }, '2027-11-05T09:00:00Z'],
    ['for ever', { discount: { duration: 'forever' } }, undefined],
    ['on trial', { ...halfPrice, status: 'trialing' }, undefined],
    ['of a subscription that is not new', { ...halfPrice, modified_at: end }, undefined],
    [
      'in a later period',
      { ...halfPrice, current_period_start: end, current_period_end: '2027-01-05T09:00:00Z' },
      undefined,
    ],
    [
      'after the year 9999',
      { discount: { duration: 'repeating', duration_in_months: 12 * 7973 + 2 } },
      undefined,
    ],
    [
      'after more months than a date can have',
      { discount: { duration: 'repeating', duration_in_months: 1e15 } },
      undefined,
    ],
    [
      'from a day that not all months have',
      {
        ...halfPrice,
        started_at: '2026-11-30T09:00:00Z',
        current_period_start: '2026-11-30T09:00:00Z',
      },
      undefined,
    ],
  ])('%s ends', (_, changes, until) => {
    expect(subscription(changes).discountUntil).toBe(until && instant(until));
  });
});

describe('a renewal', () => {
  it.each([
    [{}, instant(end)],
    [{ status: 'trialing' }, undefined],
    [{ status: 'past_due' }, undefined],
    [{ status: 'paused' }, undefined],
    [{ status: 'canceled', ended_at: end }, undefined],
    [{ cancel_at_period_end: true }, undefined],
    [{ cancel_at_period_end: undefined }, undefined],
    [{ pause_at_period_end: true }, undefined],
    [{ ends_at: end }, undefined],
  ])('of a subscription with %j is at %s', (changes, at) => {
    expect(subscription(changes).renewsAt).toBe(at);
    const inOrder = { ...running, ...changes };
    expect(order({ subscription: inOrder }).renewsAt).toBe(at);
  });

  const paid = {
    ...{ billing_reason: 'subscription_cycle', total_amount: 2375 },
    subscription: { ...running, amount: 1900 },
  };

  it.each([
    ['a renewal', {}, instant(end)],
    ['a first order', { billing_reason: 'subscription_create' }, instant(end)],
    ['a change', { billing_reason: 'subscription_update' }, undefined],
    ['a bill for use', { billing_reason: 'subscription_meter_cycle' }, undefined],
    ['use alone', { subscription: { ...running, amount: 0 } }, undefined],
    ['nothing', { total_amount: 0 }, undefined],
    ['a last bill', { subscription: { ...running, amount: 1900, status: 'canceled' } }, undefined],
    [
      'one of several',
      { subscription: { ...running, amount: 1900, status: 'past_due' } },
      undefined,
    ],
    ['a purchase', { billing_reason: 'purchase', subscription: null }, undefined],
  ])('is paid by %s until', (_, changes, until) => {
    expect(order({ ...paid, ...changes }).paidUntil).toBe(until);
  });
});

describe('the reason of an end', () => {
  const ended = { status: 'canceled', ended_at: '2026-12-05T09:00:03Z' };
  it.each([
    [{ cancel_at_period_end: true, ends_at: end }, 'planned'],
    [{ cancel_at_period_end: true, ends_at: end, past_due_at: start }, 'planned'],
    [{ past_due_at: '2026-11-14T09:00:03Z' }, 'payment_failed'],
    [{ past_due_at: '2026-11-14T09:00:04Z' }, 'while_past_due'],
    [{ ends_at: '2026-12-05T09:00:03Z' }, 'at_once'],
    [{ cancel_at_period_end: true, ends_at: '2026-12-31T09:00:00Z' }, 'at_once'],
    [{ ended_at: null }, undefined],
  ])('is read from %j: %s', (changes, reason) => {
    expect(subscription({ ...ended, ...changes }).endReason).toBe(reason);
  });
});

it('a trial has its days, and a payment that is overdue its time', () => {
  const trial = { trial_start: start, trial_end: '2026-11-19T09:00:00Z' };
  expect(subscription(trial)).toMatchObject({ trialDays: 14 });
  expect(subscription({ ...trial, trial_start: null })).not.toHaveProperty('trialDays');
  expect(subscription({ past_due_at: start })).toMatchObject({ pastDueSince: instant(start) });
});

it('a currency that is none is not written nine times', () => {
  expect(order({ currency: 'x'.repeat(1_000), total_amount: 5 })).not.toHaveProperty(
    'formattedAmount',
  );
});
