import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventPropertyNames } from '#shared/audience/conditions.ts';
import { eventMayHave, eventVariables } from '#shared/mail/event-variables.ts';
import { polarEvent } from '#shared/polar/event.ts';
import {
  customerEventTypes,
  isOfOrder,
  purchaseEventTypes,
  supportedEventTypes,
} from '#shared/polar/event-types.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixtures = readdirSync(folder).filter((name) => !name.includes('unsupported'));

const at = '2026-11-02T10:00:00Z';
const later = '2026-12-02T10:00:00Z';

/** Objects of Polar that carry between them everything that any of the events could. */
function fullPayloads(type: string): string[] {
  const customer = {
    ...{ id: 'c-1', created_at: at, email: 'a@example.com', external_id: 'x-1' },
    ...{ locale: 'sv', billing_address: { country: 'SE' } },
  };
  const recurring = { recurring_interval: 'month', recurring_interval_count: 1 };
  const dates = { current_period_start: at, current_period_end: later, started_at: at };
  const trial = { trial_start: at, trial_end: later };
  const running = { status: 'active', cancel_at_period_end: false, pause_at_period_end: false };
  const price = { amount_type: 'fixed', price_currency: 'usd', price_amount: 10 };
  const once = { name: 'D', duration: 'once', duration_in_months: 1 };
  const order = {
    ...{ total_amount: 5, due_amount: 3, applied_balance_amount: -2, tax_amount: 1 },
    ...{ refunded_amount: 2, refunded_tax_amount: 1 },
    ...{ subtotal_amount: 8, discount_amount: 4, next_payment_attempt_at: later },
    ...{ billing_reason: 'subscription_create', invoice_number: 'I-1', receipt_number: 'R-1' },
    subscription: { id: 's-1', ...recurring, ...dates, ...trial, ...running, amount: 5 },
  };
  const data = {
    ...{ id: 'o-1', created_at: at, currency: 'usd', amount: 5, subscription_id: 's-1', seats: 2 },
    ...{ product_id: 'p-1', product: { id: 'p-1', name: 'P', ...recurring } },
    ...{ ...recurring, ...dates, ...trial, customer, discount: once, resumes_at: later },
    prices: [{ ...price, tax_behavior: 'inclusive' }],
    customer_cancellation_reason: 'unused',
    ...running,
    ...order,
  };
  const lasting = { ...data, discount: { ...once, duration: 'forever' } };
  const ended = { ...data, past_due_at: at, ends_at: later, ended_at: later };
  const owing = { ...data, total_amount: -5, applied_balance_amount: 9, due_amount: 4 };
  return [data, lasting, ended, owing].map((one) =>
    JSON.stringify({
      type,
      timestamp: at,
      data: customerEventTypes.some((name) => name === type) ? { ...one, ...customer } : one,
    }),
  );
}

function propertiesOf(body: string) {
  const parsed = polarEvent(body);
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  return { type: parsed.event.type, names: Object.keys(parsed.event.properties) };
}

const eventWords = new Map([
  [supportedEventTypes.length, 'all'],
  [purchaseEventTypes.length, 'orders, subscriptions'],
  [purchaseEventTypes.filter((type) => !isOfOrder(type)).length, 'subscriptions'],
  [purchaseEventTypes.filter(isOfOrder).length, 'orders'],
]);

describe('the table of event variables', () => {
  it('has every property, each with a sentence', () => {
    expect(Object.keys(eventVariables)).toEqual([...eventPropertyNames, 'portalUrl']);
    for (const { description } of Object.values(eventVariables)) expect(description).toMatch(/\.$/);
  });

  it('stands in ARCHITECTURE.md as it stands in the code', () => {
    const text = readFileSync(new URL('../../../../ARCHITECTURE.md', import.meta.url), 'utf8');
    const rows = Object.entries(eventVariables).map(
      ([name, { description, events }]) =>
        `| \`${name}\` | ${eventWords.get(events.length)} | ${description} |`,
    );
    expect(text).toContain(rows.join('\n'));
  });

  it.each(supportedEventTypes)('has for %s just what its webhook can bring', (type) => {
    const expected = eventPropertyNames.filter((name) => eventMayHave(type, name));
    const names = fullPayloads(type).flatMap((payload) => propertiesOf(payload).names);
    expect([...new Set(names)].sort()).toEqual([...expected].sort());
  });

  it.each(fixtures)('has everything that %s brings', (fixture) => {
    const { type, names } = propertiesOf(readFileSync(new URL(fixture, folder), 'utf8'));
    const possible: string[] = eventPropertyNames.filter((name) => eventMayHave(type, name));
    expect(names.filter((name) => !possible.includes(name))).toEqual([]);
  });
});
