import { actedOn, subscribe } from '#shared/audience/by-hand/acts-by-hand.ts';
import { formerSpellings, type NormalisedEmail } from '#shared/audience/person/address.ts';
import { look, type Surroundings, settle } from '#shared/audience/rows/unit-of-work.ts';
import { isSameData, type Workspace } from '#shared/audience/rows/workspace.ts';
import type { Recipient, RecipientParts } from './refusals.ts';
import { type Act, isFromAfar, liftedSuppression, type Suppression } from './suppression.ts';

/** Whether a suppression is no more than that the person unsubscribed, so that they can take it back by themselves. */
export function isOnlyUnsubscribed({ reasons }: Suppression): boolean {
  return !!reasons.unsubscribed && !reasons.complained && !reasons.bounced;
}

export type WayBack = Readonly<{
  /** The suppression of the address that an email went to. Changes nothing. */
  standing(recipient: Recipient): Promise<Suppression | undefined>;
  /**
   * The person of an email takes back that they unsubscribed, for the address that it went to and for the one that they
   * have now, unless that said no by itself. It lifts nothing else: `false` where they complained, a mailbox bounced or
   * the customer was deleted, and then nothing is changed. Safe to repeat.
   */
  take(recipient: Recipient, act: Act): Promise<boolean>;
}>;

export function wayBack(parts: RecipientParts): WayBack {
  const { store, storeByHash, contactOf, pause } = parts;

  async function standing(recipient: Recipient) {
    const { addressHash } = recipient;
    const known = await storeByHash.load([{ kind: 'suppressions', key: addressHash }]);
    return known.suppressions.get(addressHash)?.row ?? standingNow(recipient);
  }

  /** Where version 0.1.0 spelled the address of the email otherwise: what is known of it under the key that it has now. */
  async function standingNow(recipient: Recipient) {
    const [{ addresses, spellings }, hash] = await Promise.all([
      contactOf(recipient),
      parts.addressHash(),
    ]);
    const isMeant = (email: NormalisedEmail) => hash(email) === recipient.addressHash;
    const email = addresses.find((one) => formerSpellings(one, spellings).some(isMeant));
    return email && look(store, (w) => w.suppressions.get(email));
  }

  return {
    standing,

    async take(recipient, act) {
      const suppression = await standing(recipient);
      if (suppression && isMore(suppression)) return false;
      const { contact, spellings } = await contactOf(recipient);
      if (contact) {
        const surroundings = await parts.surroundings();
        const { email, contactId } = contact;
        const hash = await parts.addressHash();
        const isOfEmail = [email, ...formerSpellings(email, spellings)].some(
          (one) => hash(one) === recipient.addressHash,
        );
        const on = { ...act, email, contactId };
        const said = suppression?.reasons.unsubscribed;
        const decide = isOfEmail
          ? (w: Workspace) => subscribed(w, on, surroundings)
          : (w: Workspace) => subscribedFromAfar(w, on, said, surroundings);
        const isBack = await settle(
          store,
          (w) => {
            spellings.forEach(w.spelled);
            return decide(w);
          },
          pause,
        );
        if (!isBack || isOfEmail) return isBack;
      }
      return settle(storeByHash, (w) => lifted(w, recipient.addressHash, act), pause);
    },
  };
}

const isMore = ({ reasons }: Suppression) => !!(reasons.complained ?? reasons.bounced);

function subscribed(
  w: Workspace,
  act: Act & Readonly<{ email: NormalisedEmail; contactId: string }>,
  surroundings: Surroundings,
): boolean {
  const suppression = w.suppressions.get(act.email);
  const owner = actedOn(w, act)?.owner;
  if ((suppression && isMore(suppression)) || owner?.no?.complained) return false;
  const said = subscribe(w, act, surroundings);
  return said.kind === 'done' && said.contact.subscribed;
}

/**
 * The same by an email to a former address, which somebody else may have by now: it takes back what was `said` by such
 * an email, and no "no" of whoever has the present address.
 */
function subscribedFromAfar(
  w: Workspace,
  act: Act & Readonly<{ email: NormalisedEmail; contactId: string }>,
  said: Act | undefined,
  surroundings: Surroundings,
): boolean {
  const suppression = w.suppressions.get(act.email);
  const found = actedOn(w, act);
  const refusals = [suppression?.reasons.unsubscribed, found?.owner?.no?.unsubscribed].filter(
    (no) => no !== undefined,
  );
  if (refusals.length === 0) {
    return found?.shown.subscribed === true && !(suppression && isMore(suppression));
  }
  const isSaidByIt = (no: Act) => isSameData(no, said) || isFromAfar(no);
  return refusals.every(isSaidByIt) && subscribed(w, act, surroundings);
}

function lifted(w: Workspace, addressHash: string, act: Act): boolean {
  const suppression = w.suppressions.get(addressHash);
  if (suppression && isMore(suppression)) return false;
  if (suppression) {
    w.suppressions.put(addressHash, liftedSuppression(suppression, 'person', act).suppression);
  }
  return true;
}
