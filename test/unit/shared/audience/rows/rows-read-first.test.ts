import { describe, expect, it } from 'vitest';
import { readFirst } from '#shared/audience/decide.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { minuteOf } from '#test/support/audience/audience-story.ts';

function event(type: ReceivedEvent['type'], email?: string): ReceivedEvent {
  return {
    ...{ type, webhookId: 'evt', occurredAt: minuteOf(1), receivedAt: minuteOf(1) },
    ...{ object: { id: 'c1', version: minuteOf(1) }, properties: { customerId: 'c1' } },
    customer: { id: 'c1', version: minuteOf(1), anonymised: false, ...(email && { email }) },
  };
}

describe('the rows that are read before an event is decided', () => {
  it.each(['customer.created', 'customer.updated'] as const)(
    'are also those of its address, in one call, where a change is likely: %s',
    (type) => {
      expect(readFirst(event(type, 'Ann@Example.com'))).toEqual([
        { kind: 'customers', key: 'c1' },
        { kind: 'addresses', key: 'ann@example.com' },
        { kind: 'contacts', key: 'ann@example.com' },
        { kind: 'suppressions', key: 'ann@example.com' },
      ]);
    },
  );

  it.each([
    ['customer.created', undefined],
    ['customer.updated', 'no address'],
    ['customer.deleted', 'ann@example.com'],
    ['order.paid', 'ann@example.com'],
    ['subscription.active', 'ann@example.com'],
  ] as const)('are the customer alone otherwise: %s, %s', (type, email) => {
    expect(readFirst(event(type, email))).toEqual([{ kind: 'customers', key: 'c1' }]);
  });
});
