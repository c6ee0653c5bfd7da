import { isAfter, laterAct, personRefusals } from '#shared/audience/consent/suppression.ts';
import type { Surroundings } from '#shared/audience/rows/unit-of-work.ts';
import { isSameData, type Workspace } from '#shared/audience/rows/workspace.ts';
import { stopRunsWithoutContact } from '#shared/audience/runs/customer-runs.ts';
import {
  type Claim,
  isLeftUnsubscribed,
  type NormalisedEmail,
  ownerOf,
  withClaim,
} from './address.ts';
import { contactSources, isImported } from './contact-source.ts';
import {
  type Address,
  type Belongings,
  type Contact,
  type Customer,
  contactByHand,
  contactOf,
  emailOf,
  type Layer,
  layerSchema,
  mergedBelongings,
  refusing,
} from './person.ts';

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
  const address = addressAt(w, email);
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
  if (Object.keys(claims).length > 0 || address.layer) {
    w.addresses.put(email, { ...address, claims });
  } else w.addresses.remove(email);
}

function addressAt(w: Workspace, email: NormalisedEmail): Address {
  return w.addresses.get(email) ?? { email, claims: {} };
}

/** What a person typed about an address. Version 0.1.0 kept it in the contact alone. */
export function layerAt(w: Workspace, email: NormalisedEmail): Layer | undefined {
  const { layer } = addressAt(w, email);
  const shown = w.contacts.get(email);
  const isKnown = layer && shown && [layer.contactId, ...(layer.mergedIds ?? [])];
  if (!shown || shown.customerId !== undefined || isKnown?.includes(shown.contactId)) return layer;
  const typed = layerSchema.parse(shown);
  return layer ? mergedBelongings(layer, typed) : typed;
}

/** Puts what a person typed about an address in its row; `undefined`: nothing of it is left. */
export function putLayer(w: Workspace, email: NormalisedEmail, layer: Layer | undefined): void {
  const { layer: _before, ...address } = addressAt(w, email);
  if (layer) w.addresses.put(email, { ...address, layer });
  else if (Object.keys(address.claims).length > 0) w.addresses.put(email, address);
  else w.addresses.remove(email);
}

/**
 * The customer with nothing of what a person typed about its address. Version 0.1.0 gave it to the customer who came to
 * the address: it goes back there, as a contact of its own, and the customer keeps its id.
 */
export function withoutLayer(w: Workspace, customer: Customer, newId: () => string): Customer {
  const { contact } = customer;
  const email = emailOf(customer);
  if (
    !contact ||
    !customer.email ||
    email === undefined ||
    contact.source === contactSources.webhook
  ) {
    return customer;
  }
  const { byHand, consent, ...own } = contact;
  const { history = [], ...decided } = consent;
  const of = (isAdded: boolean) => history.filter(({ act }) => (act === 'added') === isAdded);
  const typed: Layer = {
    contactId: newId(),
    createdAt: own.createdAt,
    source: own.source,
    address: customer.email.value,
    consent: { history: of(true) },
    ...(byHand && { byHand }),
  };
  const layer = addressAt(w, email).layer;
  putLayer(w, email, layer ? mergedBelongings(layer, typed) : typed);
  const rest = {
    ...own,
    source: contactSources.webhook,
    consent: { ...decided, history: of(false) },
  };
  const lessened = { ...customer, contact: rest };
  w.customers.put(customer.customerId, lessened);
  return lessened;
}

/** Brings the contact of one address in line with what was typed about it, and the facts of who owns it now. */
export function showAddress(
  w: Workspace,
  email: NormalisedEmail,
  surroundings: Surroundings,
): void {
  const typed = layerAt(w, email);
  if (typed) putLayer(w, email, typed);
  const owner = ownerAt(w, email, surroundings.newId);
  const shown = w.contacts.get(email);
  const suppression = w.suppressions.get(email);
  const address = w.addresses.get(email);
  const layer = address?.layer;
  const now = surroundings.now.toISOString();
  const isSuppressed =
    Object.keys(suppression?.reasons ?? {}).length > 0 || isLeftUnsubscribed(address, suppression);

  if (layer && !(owner && isCovered(layer, owner))) {
    show(w, shown, contactByHand(email, layer, isSuppressed, now));
  } else if (!owner || owner.deletion?.mode === 'delete') {
    w.contacts.remove(email);
  } else {
    const belongings =
      takenOver(w, owner, shown, surroundings) ?? ownBelongings(owner, surroundings);
    w.customers.put(owner.customerId, { ...owner, contact: belongings });
    const contact = contactOf(owner, belongings, layer, isSuppressed, now);
    if (contact) show(w, shown, contact);
  }
}

function ownerAt(w: Workspace, email: NormalisedEmail, newId: () => string): Customer | undefined {
  const ownerId = ownerOf(w.addresses.get(email));
  const owner = ownerId === undefined ? undefined : w.customers.get(ownerId);
  return owner && withoutLayer(w, owner, newId);
}

function show(w: Workspace, shown: Contact | undefined, contact: Contact): void {
  const isUnchanged = shown && isSameData({ ...contact, updatedAt: shown.updatedAt }, shown);
  w.contacts.put(contact.email, isUnchanged ? shown : contact);
}

/** A deletion says nothing of what a person typed after it. */
function isCovered(layer: Layer, owner: Customer): boolean {
  return !owner.deletion || isAfter(owner.deletion.occurredAt, layer.createdAt);
}

/**
 * A living customer takes over the contact of a deleted one at its address: its id and its creation, and not what the
 * deleted one had decided. The deleted customer no longer has a contact, and runs that its deletion began stop.
 */
function takenOver(
  w: Workspace,
  owner: Customer,
  shown: Contact | undefined,
  surroundings: Surroundings,
): Belongings | undefined {
  if (shown?.customerId === undefined || shown.customerId === owner.customerId) return undefined;
  if (owner.deletion) return undefined;
  const known = w.customers.get(shown.customerId);
  const previous = known && withoutLayer(w, known, surroundings.newId);
  const isLeftBehind =
    previous?.deletion && previous.deletion.mode !== 'delete' && emailOf(previous) === shown.email;
  if (!isLeftBehind || !previous.contact) return undefined;
  const { contact, ...rest } = previous;
  w.customers.put(previous.customerId, rest);
  stopRunsWithoutContact(w, rest, surroundings.now);
  const own = ownBelongings(owner, surroundings);
  const { consent, byHand: _its, ...kept } = contact;
  const { history } = consent;
  return mergedBelongings(
    {
      ...kept,
      consent: { ...own.consent, ...(history && { history }) },
    },
    owner.contact,
  );
}

function ownBelongings(customer: Customer, surroundings: Surroundings): Belongings {
  return customer.contact ?? newBelongings(customer, surroundings);
}

function newBelongings(customer: Customer, { now, newId, settings }: Surroundings): Belongings {
  return {
    contactId: newId(),
    createdAt: now.toISOString(),
    source: contactSources.webhook,
    ...(isImported(customer) && { imported: true }),
    consent: settings.newContacts === 'unsubscribed' ? { startsUnsubscribed: true } : {},
  };
}
