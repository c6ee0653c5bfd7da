import type { Customer } from './customer.ts';
import { dropClaim, emailOf, type Surroundings, showAddress } from './identity.ts';
import { suppressedBy } from './suppression.ts';
import { type Known, type Load, type Steps, type Workspace, workspace } from './workspace.ts';

/** A store may limit one atomic write to 100 rows, and each address brings a contact and a suppression along. */
const addressesAtOnce = 20;

/**
 * Leaves of a customer only its id and its deletion, and takes its claims from its addresses, the present one first.
 * Addresses that are too many for one write stay listed in the row, for `continueErasure`.
 */
export function forget(w: Workspace, customer: Customer, surroundings: Surroundings): void {
  const present = emailOf(customer);
  // Whoever has this address next is taken for the same person: the "no" outlives the customer.
  if (customer.no && present !== undefined) {
    w.suppressions.put(present, suppressedBy(w.suppressions.get(present), customer.no));
  }
  const former = customer.addresses.filter((email) => email !== present);
  const addresses = present === undefined ? former : [present, ...former];
  w.customers.put(customer.customerId, {
    customerId: customer.customerId,
    addresses: addresses.slice(addressesAtOnce),
    ...(customer.deletedAt && { deletedAt: customer.deletedAt }),
    ...(customer.deletion && { deletion: customer.deletion }),
    ...(customer.erasure && { erasure: customer.erasure }),
    erased: true,
  });
  for (const email of addresses.slice(0, addressesAtOnce)) {
    dropClaim(w, customer.customerId, email);
    showAddress(w, email, surroundings);
  }
}

/** The next addresses of an erased customer. No `steps` when none are left. */
export function continueErasure(
  customerId: string,
  known: Known,
  surroundings: Surroundings,
): Load | { kind: 'commit'; steps: Steps | undefined } {
  const w = workspace(known);
  const customer = w.customers.get(customerId);
  if (customer?.erased && customer.addresses.length > 0) forget(w, customer, surroundings);
  const keys = w.missing();
  return keys.length > 0 ? { kind: 'load', keys } : { kind: 'commit', steps: w.steps() };
}
