import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventPropertyNames } from '#shared/audience/workflow.ts';
import { eventMayHave, eventVariables } from '#shared/mail/event-variables.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { customerEventTypes, supportedEventTypes } from '#shared/polar/event-types.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixtures = readdirSync(folder).filter((name) => !name.includes('unsupported'));

/** An object of Polar with everything that any of the ten events could carry. */
function fullPayload(type: string): string {
  const at = '2026-11-02T10:00:00Z';
  const customer = { id: 'c-1', created_at: at, email: 'a@example.com', external_id: 'x-1' };
  const recurring = { recurring_interval: 'month', recurring_interval_count: 1 };
  const dates = { current_period_end: at, trial_end: at, ends_at: at, ended_at: at };
  const data = {
    ...{ id: 'o-1', created_at: at, status: 'paid', currency: 'usd', total_amount: 5, amount: 5 },
    ...{ billing_reason: 'purchase', invoice_number: 'I-1', subscription_id: 's-1' },
    ...{ product_id: 'p-1', product: { id: 'p-1', name: 'P', ...recurring } },
    ...{ subscription: { id: 's-1', ...recurring, ...dates }, ...recurring, ...dates, customer },
    ...{ cancel_at_period_end: true, customer_cancellation_reason: 'unused' },
  };
  const isCustomer = customerEventTypes.some((one) => one === type);
  return JSON.stringify({
    type,
    timestamp: at,
    data: isCustomer ? { ...data, ...customer } : data,
  });
}

function propertiesOf(body: string) {
  const parsed = polarEvent(body);
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  return { type: parsed.event.type, names: Object.keys(parsed.event.properties) };
}

describe('the table of event variables', () => {
  it('has every property, each with a sentence', () => {
    expect(Object.keys(eventVariables)).toEqual(eventPropertyNames);
    for (const { description } of Object.values(eventVariables)) expect(description).toMatch(/\.$/);
  });

  it.each(supportedEventTypes)('has for %s just what its webhook can bring', (type) => {
    const expected = eventPropertyNames.filter((name) => eventMayHave(type, name));
    expect(propertiesOf(fullPayload(type)).names.sort()).toEqual([...expected].sort());
  });

  it.each(fixtures)('has everything that %s brings', (fixture) => {
    const { type, names } = propertiesOf(readFileSync(new URL(fixture, folder), 'utf8'));
    const possible: string[] = eventPropertyNames.filter((name) => eventMayHave(type, name));
    expect(names.filter((name) => !possible.includes(name))).toEqual([]);
  });
});
