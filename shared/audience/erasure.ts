import { type ActOnContact, actedOn } from './by-hand/acts-by-hand.ts';
import { type Act, isAfter, suppressedBy } from './consent/suppression.ts';
import { formerSpellings, type NormalisedEmail, normalisedEmail } from './person/address.ts';
import { dropClaim, layerAt, putLayer, showAddress } from './person/identity.ts';
import { type Contact, type Customer, emailOf } from './person/person.ts';
import type { Surroundings } from './rows/unit-of-work.ts';
import type { Workspace } from './rows/workspace.ts';
import { forgetRuns } from './runs/customer-runs.ts';

/**
 * DynamoDB takes 100 items in one transaction. Each address brings a contact and a suppression, all three in up to six
 * spellings, an owner and a proof.
 */
const addressesAtOnce = 3;
const mostContactIds = 20;

/**
 * Leaves of a customer only its id and its deletion, and takes its claims from its addresses, the present one first.
 * Addresses that are too many for one write stay listed in the row, for `continueErasure`.
 */
export function forget(w: Workspace, customer: Customer, surroundings: Surroundings): void {
  forgetRuns(w, customer, surroundings.now);
  const present = emailOf(customer);
  // Whoever has this address next is taken for the same person: the "no" outlives the customer.
  if (customer.no && present !== undefined) {
    w.suppressions.put(present, suppressedBy(w.suppressions.get(present), customer.no));
  }
  const former = customer.addresses.filter((address) => w.spelled(address) !== present);
  const addresses = present === undefined ? former : [present, ...former];
  w.customers.put(customer.customerId, {
    customerId: customer.customerId,
    addresses: addresses.slice(addressesAtOnce),
    ...(customer.deletedAt && { deletedAt: customer.deletedAt }),
    ...(customer.deletion && { deletion: customer.deletion }),
    ...(customer.erasure && { erasure: customer.erasure }),
    erased: true,
  });
  const now = new Set(addresses.slice(0, addressesAtOnce).map(w.spelled));
  for (const email of now) {
    dropClaim(w, customer.customerId, email);
    showAddress(w, email, surroundings);
  }
  noteForgotten(w, customer, [...now], surroundings);
}

/** Names of who is erased go with the rows, so what they are found by is kept in the same write. */
function noteForgotten(
  w: Workspace,
  { customerId, contact, erasure, deletion }: Customer,
  emails: readonly NormalisedEmail[],
  { now }: Surroundings,
): void {
  const erasedAt = now.toISOString();
  const asked = erasure
    ? { askedAt: erasure.at, askedBy: erasure.by }
    : { askedAt: deletion?.occurredAt ?? erasedAt, askedBy: 'Polar, by a deletion' };
  const contactIds = contact ? [contact.contactId, ...(contact.mergedIds ?? [])] : [];
  const shown = contactIds.slice(0, mostContactIds);
  w.noteErased({ customerId, contactIds: shown, emails, erasedAt, ...asked });
}

/** Erases the next addresses of an erased customer; `false` when none were left. */
export function continueErasure(
  w: Workspace,
  customerId: string,
  surroundings: Surroundings,
): boolean {
  const customer = w.customers.get(customerId);
  if (!customer?.erased || customer.addresses.length === 0) return false;
  forget(w, customer, surroundings);
  return true;
}

/** A person asks to erase a contact. `contactIds`: every id that it has or had. */
export type ErasureByHand = Act & Readonly<{ contactIds: readonly string[] }>;

/**
 * What becomes of a customer who claims the address of an erased contact. `forgotten`: nothing of it stays ·
 * `withdrawn`: its newest address is another one, so it keeps its facts and loses this address · `spared`: it came to
 * the address after the erasure was asked for, and is someone new or had a contact of its own elsewhere.
 */
type Fate = 'forgotten' | 'withdrawn' | 'spared';

/** Erases what one of its claimants keeps of an address. Pure; safe to repeat. */
export function eraseClaimant(
  w: Workspace,
  customerId: string,
  email: NormalisedEmail,
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
  const addresses = customer.addresses.filter((address) => w.spelled(address) !== email);
  w.customers.put(customerId, { ...customer, addresses });
  dropClaim(w, customerId, email);
  showAddress(w, email, surroundings);
  noteWithdrawn(w, email, erasure, surroundings);
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
  w: Workspace,
  customerId: string,
  { at, by }: Act,
  surroundings: Surroundings,
): void {
  const customer = w.customers.get(customerId);
  if (customer && !customer.erased) {
    forget(w, { ...customer, erasure: { at, by } }, surroundings);
  }
}

/** Removes what a person typed about an address before its erasure was asked for. Pure; safe to repeat. */
export function eraseLayer(
  w: Workspace,
  email: NormalisedEmail,
  erasure: ErasureByHand,
  surroundings: Surroundings,
): void {
  const layer = layerAt(w, email);
  if (!layer || isAfter(layer.createdAt, erasure.at)) return;
  // What the contact shows would be taken for what was typed.
  w.contacts.remove(email);
  putLayer(w, email, undefined);
  showAddress(w, email, surroundings);
  noteWithdrawn(w, email, erasure, surroundings);
}

/** The contact is gone, or somebody who goes on has lost the address. */
function noteWithdrawn(
  w: Workspace,
  email: NormalisedEmail,
  { at, by, contactIds }: ErasureByHand,
  { now }: Surroundings,
): void {
  w.noteErased({
    contactIds: contactIds.slice(0, mostContactIds),
    emails: [email],
    erasedAt: now.toISOString(),
    askedAt: at,
    askedBy: by,
  });
}

/**
 * Whether an address is anywhere in a value, in any case and spelling, inside a longer text, or as a part of a URL.
 * `body`, the text of a webhook, is read as JSON, where an address may be written with escapes.
 */
export function holdsAddress(email: NormalisedEmail, value: unknown, body?: string): boolean {
  const spellings = [email, ...formerSpellings(email)].flatMap((one) => [
    one,
    encodeURIComponent(one).toLowerCase(),
  ]);
  const inText = (text: string) => {
    const lower = text.toLowerCase();
    return (
      spellings.some((spelling) => lower.includes(spelling)) ||
      words(lower).some((word) => normalisedEmail(word) === email)
    );
  };
  const inValue = (one: unknown): boolean => {
    if (typeof one === 'string') return inText(one);
    if (typeof one !== 'object' || one === null) return false;
    return Object.entries(one).some(([name, field]) => inText(name) || inValue(field));
  };
  return inValue(value) || (body !== undefined && (inText(body) || inValue(json(body))));
}

/** What may be an address. */
function words(text: string): readonly string[] {
  return text.match(/[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]{1,253}/g) ?? [];
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The contact that a person sees, or a customer whom no contact shows. */
export type ToErase = ActOnContact | (Act & Readonly<{ customerId: string }>);

/** Writes down that an erasure was asked for, so that people see it until it is done. Pure; safe to repeat. */
export function noteErasure(w: Workspace, request: ToErase): void {
  const { at, by } = request;
  if ('customerId' in request) noteOnCustomer(w, request.customerId, { at, by });
  else {
    const found = actedOn(w, request);
    if (found?.owner) noteOnCustomer(w, found.owner.customerId, { at, by });
    else if (found) noteOnLayer(w, found.shown, { at, by });
  }
}

function noteOnCustomer(w: Workspace, customerId: string, erasure: Act): void {
  const customer = w.customers.get(customerId);
  if (customer && !customer.erased) w.customers.put(customerId, { ...customer, erasure });
}

function noteOnLayer(w: Workspace, shown: Contact, erasure: Act): void {
  const layer = layerAt(w, shown.email);
  if (layer) putLayer(w, shown.email, { ...layer, erasure });
  w.contacts.put(shown.email, { ...shown, erasure });
}
