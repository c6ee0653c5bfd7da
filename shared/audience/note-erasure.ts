import type { Act } from './act.ts';
import { type ActOnContact, actedOn } from './act-on-contact.ts';
import { type Known, outcomeIn, type Workspace, workspace } from './workspace.ts';

/** The contact that a person sees, or a customer whom no contact shows. */
export type ToErase = ActOnContact | (Act & Readonly<{ customerId: string }>);

/** Writes down that an erasure was asked for, so that people see it until it is done. Pure; safe to repeat. */
export function noteErasure(request: ToErase, known: Known) {
  const w = workspace(known);
  const { at, by } = request;
  if ('customerId' in request) noteOnCustomer(w, request.customerId, { at, by });
  else {
    const found = actedOn(w, request);
    if (found?.owner) noteOnCustomer(w, found.owner.customerId, { at, by });
    else if (found) w.contacts.put(found.shown.email, { ...found.shown, erasure: { at, by } });
  }
  return outcomeIn(w, {});
}

function noteOnCustomer(w: Workspace, customerId: string, erasure: Act): void {
  const customer = w.customers.get(customerId);
  if (customer && !customer.erased) w.customers.put(customerId, { ...customer, erasure });
}
