import { normalisedEmail } from './email-address.ts';
import { claimAddress, type Surroundings, showAddress } from './identity.ts';
import {
  personRefusals,
  refusalsOf,
  type Suppression,
  type SuppressionReason,
} from './suppression.ts';
import { type Known, type RowKey, type Steps, workspace } from './workspace.ts';

type RefusalDecision =
  | { kind: 'load'; keys: RowKey[] }
  | { kind: 'commit'; steps: Steps | undefined; claimants: string[] };

/** A person's or a mailbox's "no" to mail, at a normalised address. */
export type Refusal = Readonly<{
  email: string;
  reason: SuppressionReason;
  at: string;
  by: string;
}>;

/**
 * Suppresses an address. `claimants` are the customers who must take on a person's "no" next (`takeOnRefusal`, one
 * write each, safe to repeat): whoever claims the address after this takes it on by itself.
 */
export function refuse(
  refusal: Refusal,
  known: Known,
  surroundings: Surroundings,
): RefusalDecision {
  const w = workspace(known);
  const { email, reason, at, by } = refusal;
  const reasons: Suppression['reasons'] = { [reason]: { at, by } };
  const standing = w.suppressions.get(email)?.reasons ?? {};
  w.suppressions.put(email, { reasons: refusalsOf(standing, reasons) });
  const claims = w.addresses.get(email)?.claims ?? {};
  showAddress(w, email, surroundings);
  const keys = w.missing();
  const claimants = reason === 'bounced' ? [] : Object.keys(claims);
  return keys.length > 0 ? { kind: 'load', keys } : { kind: 'commit', steps: w.steps(), claimants };
}

/** Puts the "no" that lies on an address on one of the customers who have, or ever had, it. */
export function takeOnRefusal(
  customerId: string,
  email: string,
  known: Known,
  surroundings: Surroundings,
): RefusalDecision {
  const w = workspace(known);
  const customer = w.customers.get(customerId);
  const no = refusalsOf(customer?.no ?? {}, personRefusals(w.suppressions.get(email)));
  if (customer && !customer.erased && Object.keys(no).length > 0) {
    const refusing = { ...customer, no };
    w.customers.put(customerId, refusing);
    if (customer.email) {
      const present = normalisedEmail(customer.email.value);
      claimAddress(w, refusing, present, customer.email.version);
      showAddress(w, present, surroundings);
    }
  }
  const keys = w.missing();
  return keys.length > 0
    ? { kind: 'load', keys }
    : { kind: 'commit', steps: w.steps(), claimants: [] };
}
