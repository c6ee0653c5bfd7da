import {
  type Claim,
  isLeftUnsubscribed,
  type NormalisedEmail,
  ownerOf,
  withClaim,
} from './address.ts';
import {
  type Belongings,
  belongingsOf,
  type Contact,
  type Customer,
  contactByHand,
  contactOf,
  emailOf,
  mergedBelongings,
  refusing,
  webhookSource,
} from './person.ts';
import { isAfter, laterAct, personRefusals } from './suppression.ts';
import { isSameData, type Surroundings, type Workspace } from './unit-of-work.ts';

/**
 * Writes the customer's claim to an address that is or was its own; `version` is that of an event which named it.
 * The address brings the "no" of a person that lies on it: returns the customer with it.
 */
export function claimAddress(
  w: Workspace,
  customer: Customer,
  email: NormalisedEmail,
  version: string,
): Customer {
  const address = w.addresses.get(email) ?? { email, claims: {} };
  const { customerId } = customer;
  const known = Object.hasOwn(address.claims, customerId) ? address.claims[customerId] : undefined;
  const claimant = refusing(customer, personRefusals(w.suppressions.get(email)));
  const newest = known && known.version > version ? known.version : version;
  const claims = withClaim(address.claims, customerId, claimOf(claimant, email, newest));
  w.addresses.put(email, { ...address, claims });
  return claimant;
}

function claimOf(customer: Customer, email: NormalisedEmail, version: string): Claim {
  if (!customer.email || emailOf(customer) !== email) return { version, state: 'former' };
  const state = customer.deletion ? 'deleted' : 'living';
  const { unsubscribed, complained } = customer.no ?? {};
  const newest = unsubscribed && complained ? laterAct(unsubscribed, complained) : undefined;
  const refusedAt = (newest ?? unsubscribed ?? complained)?.at;
  return {
    version: customer.email.version,
    state,
    ...(refusedAt !== undefined && { refused: true, refusedAt }),
  };
}

/** Removes the customer's claim to an address, and the row of the address with its last claim. */
export function dropClaim(w: Workspace, customerId: string, email: NormalisedEmail): void {
  const address = w.addresses.get(email);
  if (!address) return;
  const { [customerId]: _dropped, ...claims } = address.claims;
  if (Object.keys(claims).length > 0) w.addresses.put(email, { ...address, claims });
  else w.addresses.remove(email);
}

/** Brings the contact of one address in line with the facts of the customer who owns it now. */
export function showAddress(
  w: Workspace,
  email: NormalisedEmail,
  surroundings: Surroundings,
): void {
  const shown = w.contacts.get(email);
  const suppression = w.suppressions.get(email);
  const address = w.addresses.get(email);
  const ownerId = ownerOf(address);
  const owner = ownerId === undefined ? undefined : w.customers.get(ownerId);
  const now = surroundings.now.toISOString();
  const isSuppressed =
    Object.keys(suppression?.reasons ?? {}).length > 0 || isLeftUnsubscribed(address, suppression);

  if (shown && shown.customerId === undefined && !(owner && mayTakeOver(owner, shown))) {
    show(w, shown, contactByHand(shown, isSuppressed, now));
  } else if (!owner || owner.deletion?.mode === 'delete') {
    w.contacts.remove(email);
  } else {
    const belongings = takenOver(w, owner, shown) ?? owner.contact ?? newBelongings(surroundings);
    w.customers.put(owner.customerId, { ...owner, contact: belongings });
    const contact = contactOf(owner, belongings, isSuppressed, now);
    if (contact) show(w, shown, contact);
  }
}

function show(w: Workspace, shown: Contact | undefined, contact: Contact): void {
  const isUnchanged = shown && isSameData({ ...contact, updatedAt: shown.updatedAt }, shown);
  w.contacts.put(contact.email, isUnchanged ? shown : contact);
}

/** A contact that was added by hand goes to the customer who lived when it was there already. */
function mayTakeOver(owner: Customer, shown: Contact): boolean {
  return !owner.deletion || isAfter(owner.deletion.occurredAt, shown.createdAt);
}

/**
 * A living customer takes over the contact at its address when that has no customer or a deleted one: the id and
 * what was set by hand stay, and the deleted customer no longer has a contact. Of several customers who had the address
 * of a contact that was added by hand, the first to be heard of takes it over, whatever the order in which they had it.
 */
function takenOver(
  w: Workspace,
  owner: Customer,
  shown: Contact | undefined,
): Belongings | undefined {
  if (!shown || shown.customerId === owner.customerId) return undefined;
  if (shown.customerId === undefined) return mergedBelongings(belongingsOf(shown), owner.contact);
  if (owner.deletion) return undefined;
  const previous = w.customers.get(shown.customerId);
  const isLeftBehind =
    previous?.deletion && previous.deletion.mode !== 'delete' && emailOf(previous) === shown.email;
  if (!isLeftBehind) return undefined;
  const { contact: _taken, ...rest } = previous;
  w.customers.put(previous.customerId, rest);
  return mergedBelongings(belongingsOf(shown), owner.contact);
}

function newBelongings({ now, newId, settings }: Surroundings): Belongings {
  return {
    contactId: newId(),
    createdAt: now.toISOString(),
    source: webhookSource,
    consent: settings.newContacts === 'unsubscribed' ? { startsUnsubscribed: true } : {},
  };
}
