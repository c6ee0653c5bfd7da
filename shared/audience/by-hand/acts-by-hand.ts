import { refuseForClaimants, suppress } from '#shared/audience/consent/refusals.ts';
import {
  type Act,
  clearedRefusals,
  type LiftedRefusal,
  laterAct,
  liftedSuppression,
  refusalsSince,
  type Suppression,
} from '#shared/audience/consent/suppression.ts';
import {
  isAnonymous,
  type NormalisedEmail,
  typedAddressProblem,
} from '#shared/audience/person/address.ts';
import { contactSources } from '#shared/audience/person/contact-source.ts';
import { claimAddress, layerAt, putLayer, showAddress } from '#shared/audience/person/identity.ts';
import {
  type Belongings,
  type Contact,
  type Customer,
  type DecisionByHand,
  type Layer,
  withDecision,
} from '#shared/audience/person/person.ts';
import { type Means, type Surroundings, settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import type { HandField } from './by-hand.ts';
import { cleaned, problemsInFields, type TypedFields } from './typed-fields.ts';

/** A person in the console acts on the contact that they see at an address. */
export type ActOnContact = Act &
  Readonly<{
    contactId: string;
    email: NormalisedEmail;
    /** The address as the contact shows it. */
    typed?: string;
  }>;

/** What became of an act by hand. `note`: what the person should know about the contact as it is now. */
export type ActResult =
  | Readonly<{ kind: 'done'; contact: Contact; note?: string }>
  | Readonly<{ kind: 'refused'; reason: string }>;

export const isGone: ActResult = {
  kind: 'refused',
  reason:
    'The contact is no longer at this address: it was removed, or its address has changed. Search for it again.',
};

/** The contact that the person sees, if it is still there, and the customer whose facts it shows. */
export function actedOn(
  w: Workspace,
  { email, contactId, typed = email }: ActOnContact,
): { shown: Contact; owner: Customer | undefined } | undefined {
  w.spelled(typed);
  const shown = w.contacts.get(email);
  if (!shown || (shown.contactId !== contactId && !shown.mergedIds?.includes(contactId))) {
    return undefined;
  }
  const { customerId } = shown;
  return { shown, owner: customerId === undefined ? undefined : w.customers.get(customerId) };
}

/**
 * Writes what a person decided into what belongs to the customer, or where there is none to the address; the caller
 * shows the address again.
 */
function keepDecision(
  w: Workspace,
  { shown, owner }: { shown: Contact; owner: Customer | undefined },
  decision: DecisionByHand,
): void {
  const { act, at, by } = decision;
  const decided = <T extends Belongings>(kept: T): T => ({
    ...kept,
    consent: {
      ...withDecision(kept.consent, decision),
      ...(act === 'subscribed' && { subscribed: { at, by } }),
    },
  });
  if (owner?.contact) {
    w.customers.put(owner.customerId, { ...owner, contact: decided(owner.contact) });
  } else {
    const layer = layerAt(w, shown.email);
    if (layer) putLayer(w, shown.email, decided(layer));
  }
}

/** A contact as a person types it in. What is left empty is left to Polar's customer, should one come. */
export type NewContact = Readonly<{ email: string }> & TypedFields;

/**
 * A person adds a contact: subscribed, unless its address is suppressed or was left by someone who had said no. It
 * belongs to the address. While a living customer has that, the contact shows this over what Polar says.
 */
export async function addContact(
  fields: NewContact,
  act: Act,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  const reason = reasonAgainst(fields);
  if (reason !== undefined) return { kind: 'refused', reason };
  return settle(store, (w) => add(w, fields, act, surroundings), pause);
}

function reasonAgainst({ email, ...typed }: NewContact): string | undefined {
  const problem = typedAddressProblem(email);
  if (problem !== undefined) return problem;
  if (isAnonymous(email)) {
    return 'This address is a placeholder for a customer who was erased in Polar.';
  }
  return Object.values(problemsInFields(typed))[0];
}

function add(w: Workspace, fields: NewContact, act: Act, surroundings: Surroundings): ActResult {
  const email = w.spelled(fields.email);
  if (w.contacts.get(email)) {
    return { kind: 'refused', reason: 'A contact with this address already exists.' };
  }
  putLayer(w, email, newLayer(fields, act, surroundings.newId()));
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  if (!contact) throw new Error('A contact that was just added is not shown.');
  const note =
    "The address is suppressed, or someone who had it unsubscribed, so the contact isn't subscribed.";
  return { kind: 'done', contact, ...(!contact.subscribed && { note }) };
}

function newLayer(fields: NewContact, { at, by }: Act, contactId: string): Layer {
  const given = (field: HandField) => cleaned(field, fields[field] ?? '');
  const texts = (['firstName', 'lastName', 'externalId'] as const)
    .map((field) => [field, given(field)] as const)
    .filter(([, text]) => text !== '');
  const value = given('userGroup');
  const byHand = { ...Object.fromEntries(texts), ...(value && { userGroup: { value, at } }) };
  return {
    address: fields.email.trim(),
    contactId,
    createdAt: at,
    source: contactSources.byHand,
    consent: { history: [{ act: 'added', at, by }] },
    ...(Object.keys(byHand).length > 0 && { byHand }),
  };
}

/**
 * A person says that a mailbox works again: the bounce of the contact's address is undone, and one that happened before
 * this does not count any more. Nothing else changes. SES keeps a list of its own, which is the caller's to look after.
 */
export async function liftBounce(
  act: ActOnContact,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  return settle(store, (w) => lift(w, act, surroundings), pause);
}

function lift(w: Workspace, act: ActOnContact, surroundings: Surroundings): ActResult {
  const { email, at, by } = act;
  const found = actedOn(w, act);
  if (!found) return isGone;
  const { suppression, cleared } = liftedSuppression(w.suppressions.get(email), 'mailbox', {
    at,
    by,
  });
  if (cleared.length === 0) {
    return { kind: 'refused', reason: 'This address has no bounce to lift.' };
  }
  w.suppressions.put(email, suppression);
  keepDecision(w, found, { act: 'bounce-lifted', at, by, cleared });
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  return contact ? { kind: 'done', contact } : isGone;
}

/**
 * A person subscribes a contact explicitly: undoes the "no" of its customer and of its present address, but neither a
 * bounce nor a "no" that is newer. What is older and only heard of, or repeated, after this does not count.
 */
export async function subscribeContact(
  act: ActOnContact,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  return settle(store, (w) => subscribe(w, act, surroundings), pause);
}

/** The same as a decision on rows. */
export function subscribe(w: Workspace, act: ActOnContact, surroundings: Surroundings): ActResult {
  const { email, at, by } = act;
  const found = actedOn(w, act);
  if (!found) return isGone;
  if (found.owner?.deletion?.mode === 'unsubscribe') {
    const reason =
      "The customer was deleted in Polar while the setting was to unsubscribe the contacts of deleted customers, so this one can't be subscribed. A new customer with this address can be.";
    return { kind: 'refused', reason };
  }
  const ofAddress = liftedSuppression(w.suppressions.get(email), 'person', { at, by });
  w.suppressions.put(email, ofAddress.suppression);
  const ofPerson = found.owner && willing(found.owner, act);
  const cleared = distinct([...ofAddress.cleared, ...(ofPerson?.cleared ?? [])]);
  const decision = { act: 'subscribed' as const, at, by, ...(cleared.length > 0 && { cleared }) };
  keepDecision(w, { shown: found.shown, owner: ofPerson?.customer }, decision);
  reclaim(w, found.shown);
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  if (!contact) return isGone;
  return { kind: 'done', contact, ...noteOn(contact, ofAddress.suppression) };
}

function willing(customer: Customer, { at, by }: ActOnContact) {
  const { no = {}, ...rest } = customer;
  const left = refusalsSince({ at, by }, no);
  const isRefusing = Object.keys(left).length > 0;
  return {
    customer: {
      ...rest,
      lifted: laterAct(rest.lifted, { at, by }),
      ...(isRefusing && { no: left }),
    },
    cleared: clearedRefusals(no, left),
  };
}

/** The claim says whether its customer refuses. */
function reclaim(w: Workspace, { customerId = '', email }: Contact): void {
  const owner = customerId === '' ? undefined : w.customers.get(customerId);
  if (owner?.email) claimAddress(w, owner, email, owner.email.version);
}

/** A "no" lies on the address and on the customer as one and the same. */
function distinct(refusals: readonly LiftedRefusal[]): LiftedRefusal[] {
  return [...new Map(refusals.map((one) => [`${one.reason} ${one.at} ${one.by}`, one])).values()];
}

function noteOn(contact: Contact, { reasons }: Suppression): { note?: string } {
  if (contact.subscribed) return {};
  return reasons.bounced
    ? {
        note: 'Mail to this address bounced, so nothing is sent to it until you lift the bounce too.',
      }
    : { note: 'A newer unsubscribe still applies, so the contact stays unsubscribed.' };
}

/**
 * A person unsubscribes a contact by hand: a "no" of the person, on the address and on every customer who has, or ever
 * had, it. Safe to repeat; when it fails midway the address is suppressed already.
 */
export async function unsubscribeContact(act: ActOnContact, means: Means): Promise<ActResult> {
  const { store, surroundings, pause } = means;
  const { said, claimants } = await settle(store, (w) => unsubscribe(w, act, surroundings), pause);
  await refuseForClaimants(claimants, act.email, means);
  return said;
}

function unsubscribe(
  w: Workspace,
  act: ActOnContact,
  surroundings: Surroundings,
): { said: ActResult; claimants: string[] } {
  const { email, at, by } = act;
  const found = actedOn(w, act);
  if (!found) return { said: isGone, claimants: [] };
  keepDecision(w, found, { act: 'unsubscribed', at, by });
  const claimants = suppress(w, { email, reason: 'unsubscribed', at, by }, surroundings);
  const contact = w.contacts.get(email);
  return { said: contact ? { kind: 'done', contact } : isGone, claimants };
}
