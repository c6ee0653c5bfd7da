import {
  type ActOnContact,
  type ActResult,
  actedOn,
  isGone,
  keepDecision,
} from './act-on-contact.ts';
import { type Surroundings, showAddress } from './identity.ts';
import { type Means, settle } from './settle.ts';
import { liftedSuppression } from './suppression.ts';
import { outcomeIn, type Workspace, workspace } from './workspace.ts';

/**
 * A person says that a mailbox works again: the bounce of the contact's address is undone, and one that happened before
 * this does not count any more. Nothing else changes. SES keeps a list of its own, which is the caller's to look after.
 */
export async function liftBounce(
  act: ActOnContact,
  { store, surroundings, pause }: Means,
): Promise<ActResult> {
  const decide = (w: Workspace) => outcomeIn(w, { said: lift(w, act, surroundings) });
  const { decision } = await settle(store, (known) => decide(workspace(known)), pause);
  return decision.said;
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
    return { kind: 'refused', reason: 'No bounce stands against this address.' };
  }
  w.suppressions.put(email, suppression);
  keepDecision(w, found, { act: 'bounce-lifted', at, by, cleared });
  showAddress(w, email, surroundings);
  const contact = w.contacts.get(email);
  return contact ? { kind: 'done', contact } : isGone;
}
