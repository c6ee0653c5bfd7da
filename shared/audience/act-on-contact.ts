import type { Act } from './act.ts';
import { belongingsOf, type Contact, type DecisionByHand, withDecision } from './contact.ts';
import type { Customer } from './customer.ts';
import type { Workspace } from './workspace.ts';

/** A person in the console acts on the contact that they see at a normalised address. */
export type ActOnContact = Act & Readonly<{ contactId: string; email: string }>;

/** What became of an act by hand. `note`: what the person should know about the contact as it is now. */
export type ActResult =
  | Readonly<{ kind: 'done'; contact: Contact; note?: string }>
  | Readonly<{ kind: 'refused'; reason: string }>;

export const isGone: ActResult = {
  kind: 'refused',
  reason:
    'The contact is not at this address any more: it was removed, or its address has changed. Look for it again.',
};

/** The contact that the person sees, if it is still there, and the customer whose facts it shows. */
export function actedOn(
  w: Workspace,
  { email, contactId }: ActOnContact,
): { shown: Contact; owner: Customer | undefined } | undefined {
  const shown = w.contacts.get(email);
  if (!shown || (shown.contactId !== contactId && !shown.mergedIds?.includes(contactId))) {
    return undefined;
  }
  const { customerId } = shown;
  return { shown, owner: customerId === undefined ? undefined : w.customers.get(customerId) };
}

/** Writes what a person decided into what belongs to a contact; the caller shows its address again. */
export function keepDecision(
  w: Workspace,
  { shown, owner }: { shown: Contact; owner: Customer | undefined },
  decision: DecisionByHand,
): void {
  const { contactId, consent, ...belongings } = owner?.contact ?? belongingsOf(shown);
  const { act, at, by } = decision;
  const decided = {
    ...withDecision(consent, decision),
    ...(act === 'subscribed' && { subscribed: { at, by } }),
  };
  if (!owner) w.contacts.put(shown.email, { ...shown, consent: decided });
  else {
    const contact = { ...belongings, contactId, consent: decided };
    w.customers.put(owner.customerId, { ...owner, contact });
  }
}
