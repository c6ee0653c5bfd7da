import { type Act, isAfter } from './act.ts';
import type { Customer } from './customer.ts';
import { forget } from './erase.ts';
import { dropClaim, emailOf, type Surroundings, showAddress } from './identity.ts';
import { type Known, outcomeIn, type Workspace, workspace } from './workspace.ts';

/** A person asks to erase a contact. `contactIds`: every id that it has or had. */
export type ErasureByHand = Act & Readonly<{ contactIds: readonly string[] }>;

/**
 * What becomes of a customer who claims the address of an erased contact. `forgotten`: nothing of it stays ·
 * `withdrawn`: its newest address is another one, so it keeps its facts and loses this address · `spared`: it came to
 * the address after the erasure was asked for, and is someone anew or had a contact of its own elsewhere.
 */
export type Fate = 'forgotten' | 'withdrawn' | 'spared';

/** Erases what one of its claimants keeps of an address. Pure; safe to repeat. */
export function eraseClaimant(
  customerId: string,
  email: string,
  erasure: ErasureByHand,
  known: Known,
  surroundings: Surroundings,
) {
  const w = workspace(known);
  return outcomeIn(w, { fate: eraseIn(w, customerId, email, erasure, surroundings) });
}

function eraseIn(
  w: Workspace,
  customerId: string,
  email: string,
  erasure: ErasureByHand,
  surroundings: Surroundings,
): Fate {
  const customer = w.customers.get(customerId);
  const claim = w.addresses.get(email)?.claims[customerId];
  if (!customer || customer.erased) {
    dropClaim(w, customerId, email);
    showAddress(w, email, surroundings);
    return 'forgotten';
  }
  const isOwn = hasContact(customer, erasure.contactIds);
  if (!isOwn && !wasThere(customer, claim?.version, erasure.at)) return 'spared';
  if (isOwn || emailOf(customer) === email) {
    const { at, by } = erasure;
    forget(w, { ...customer, erasure: { at, by } }, surroundings);
    return 'forgotten';
  }
  const addresses = customer.addresses.filter((address) => address !== email);
  w.customers.put(customerId, { ...customer, addresses });
  dropClaim(w, customerId, email);
  showAddress(w, email, surroundings);
  return 'withdrawn';
}

function hasContact({ contact }: Customer, ids: readonly string[]): boolean {
  return contact
    ? [contact.contactId, ...(contact.mergedIds ?? [])].some((id) => ids.includes(id))
    : false;
}

/**
 * Whether the customer had the address before the erasure was asked for, or may have had it: Polar knew the customer,
 * and nobody here did.
 */
function wasThere(
  { firstEvent, contact }: Customer,
  version: string | undefined,
  at: string,
): boolean {
  const isBefore = (time: string | undefined) => time !== undefined && !isAfter(time, at);
  return isBefore(version) || (isBefore(firstEvent?.occurredAt) && !isBefore(contact?.createdAt));
}

/** Erases a customer of whom facts are kept, whether a contact shows them or not. Pure; safe to repeat. */
export function eraseCustomer(
  customerId: string,
  { at, by }: Act,
  known: Known,
  surroundings: Surroundings,
) {
  const w = workspace(known);
  const customer = w.customers.get(customerId);
  if (customer && !customer.erased) {
    forget(w, { ...customer, erasure: { at, by } }, surroundings);
  }
  return outcomeIn(w, {});
}

/** Removes the contact of an address that no customer stands behind. Pure; safe to repeat. */
export function eraseContactByHand(
  email: string,
  erasure: ErasureByHand,
  known: Known,
  surroundings: Surroundings,
) {
  const w = workspace(known);
  const shown = w.contacts.get(email);
  if (shown && shown.customerId === undefined && !isAfter(shown.createdAt, erasure.at)) {
    w.contacts.remove(email);
    showAddress(w, email, surroundings);
  }
  return outcomeIn(w, {});
}
