import type { Contact } from './contact.ts';
import type { Customer } from './customer.ts';
import { contactChanges, type EventRecord } from './event-record.ts';

/** The part of a record that says what an event did. */
export type Result = Pick<EventRecord, 'outcome' | 'changes'> & {
  reason?: string;
  erases?: boolean;
};

export function skipped(reason: string): Result {
  return { outcome: 'skipped', changes: [], reason };
}

/** What became of the customer's contact; both are known. */
export function outcomeOf(
  customer: Customer,
  before: Contact | undefined,
  after: Contact | undefined,
): Result {
  if (customer.email === undefined) return withoutAddress(customer);
  const changes = contactChanges(before, after);
  if (changes.length > 0) return { outcome: 'applied', changes };
  return { outcome: 'unchanged', changes, ...(!after && { reason: hiddenBecause(customer) }) };
}

/** The same without a look at the contact, which cannot have changed. */
export function nothingNew(customer: Customer): Result {
  if (customer.email === undefined) return withoutAddress(customer);
  const isHidden = customer.deletion?.mode === 'delete';
  return {
    outcome: 'unchanged',
    changes: [],
    ...(isHidden && { reason: hiddenBecause(customer) }),
  };
}

function withoutAddress(customer: Customer): Result {
  return skipped(
    customer.deletion
      ? 'The customer is deleted and has no known email address, so there is no contact to change.'
      : 'The customer has no known email address yet, so there is no contact. What else Polar said is kept.',
  );
}

function hiddenBecause(customer: Customer): string {
  return customer.deletion
    ? 'The customer is deleted, so no contact shows what Polar said of it.'
    : 'Another customer has this address now. What Polar said of this one is kept.';
}
