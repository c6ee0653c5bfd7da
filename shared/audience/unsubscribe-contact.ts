import {
  type ActOnContact,
  type ActResult,
  actedOn,
  isGone,
  keepDecision,
} from './act-on-contact.ts';
import { refuseForClaimants } from './apply-refusal.ts';
import type { Surroundings } from './identity.ts';
import { suppress } from './refuse.ts';
import { type Means, settle } from './settle.ts';
import { outcomeIn, type Workspace, workspace } from './workspace.ts';

/**
 * A person unsubscribes a contact by hand: a "no" of the person, on the address and on every customer who has, or ever
 * had, it. Safe to repeat; when it fails midway the address is suppressed already.
 */
export async function unsubscribeContact(act: ActOnContact, means: Means): Promise<ActResult> {
  const { store, surroundings, pause } = means;
  const decide = (w: Workspace) => outcomeIn(w, unsubscribe(w, act, surroundings));
  const { decision } = await settle(store, (known) => decide(workspace(known)), pause);
  await refuseForClaimants(decision.claimants, act.email, means);
  return decision.said;
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
