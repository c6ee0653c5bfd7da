import { laterAct } from './act.ts';
import {
  type ActOnContact,
  type ActResult,
  actedOn,
  isGone,
  keepDecision,
} from './act-on-contact.ts';
import type { Contact } from './contact.ts';
import type { Customer } from './customer.ts';
import { claimAddress, type Surroundings, showAddress } from './identity.ts';
import { type Means, settle } from './settle.ts';
import {
  clearedRefusals,
  type LiftedRefusal,
  liftedSuppression,
  refusalsSince,
  type Suppression,
} from './suppression.ts';
import { outcomeIn, type Workspace, workspace } from './workspace.ts';

/**
 * A person subscribes a contact explicitly: undoes the "no" of its customer and of its present address, but neither a
 * bounce nor a "no" that is newer. What is older and only heard of, or repeated, after this does not count.
 */
export async function subscribeContact(
  act: ActOnContact,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  const decide = (w: Workspace) => outcomeIn(w, { said: subscribe(w, act, surroundings) });
  const { decision } = await settle(store, (known) => decide(workspace(known)), pause);
  return decision.said;
}

function subscribe(w: Workspace, act: ActOnContact, surroundings: Surroundings): ActResult {
  const { email, at, by } = act;
  const found = actedOn(w, act);
  if (!found) return isGone;
  if (found.owner?.deletion?.mode === 'unsubscribe') {
    const reason =
      'The customer was deleted in Polar, and the setting was to unsubscribe the contacts of deleted customers: this one cannot be subscribed. A new customer with this address can be.';
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
        note: 'Mail to this address bounced, so nothing is sent to it until the bounce is lifted, too.',
      }
    : { note: 'A newer "no" stands, so the contact is still not subscribed.' };
}
