import { refusing } from './customer.ts';
import { normalisedEmail } from './email-address.ts';
import { claimAddress, type Surroundings, showAddress } from './identity.ts';
import { personRefusals, type SuppressionReason, suppressedBy } from './suppression.ts';
import { type Known, type Load, type Steps, type Workspace, workspace } from './workspace.ts';

type RefusalDecision = Load | { kind: 'commit'; steps: Steps | undefined; claimants: string[] };

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
  const claimants = suppress(w, refusal, surroundings);
  const keys = w.missing();
  return keys.length > 0 ? { kind: 'load', keys } : { kind: 'commit', steps: w.steps(), claimants };
}

/** The part of `refuse` that changes rows; returns the claimants. */
export function suppress(
  w: Workspace,
  { email, reason, at, by }: Refusal,
  surroundings: Surroundings,
): string[] {
  w.suppressions.put(email, suppressedBy(w.suppressions.get(email), { [reason]: { at, by } }));
  const claims = w.addresses.get(email)?.claims ?? {};
  showAddress(w, email, surroundings);
  return reason === 'bounced' ? [] : Object.keys(claims);
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
  const no = personRefusals(w.suppressions.get(email));
  const claimant = customer && refusing(customer, no);
  if (claimant?.no && !claimant.erased) {
    w.customers.put(customerId, claimant);
    if (claimant.email) {
      const present = normalisedEmail(claimant.email.value);
      claimAddress(w, claimant, present, claimant.email.version);
      showAddress(w, present, surroundings);
    }
  }
  const keys = w.missing();
  return keys.length > 0
    ? { kind: 'load', keys }
    : { kind: 'commit', steps: w.steps(), claimants: [] };
}
