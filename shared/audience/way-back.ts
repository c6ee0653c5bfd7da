import { actedOn, subscribe } from './acts-by-hand.ts';
import type { NormalisedEmail } from './address.ts';
import type { Recipient } from './refusals.ts';
import { type Act, liftedSuppression, type Suppression } from './suppression.ts';
import {
  type AudienceStore,
  type ContactLookup,
  type Surroundings,
  settle,
  type Workspace,
} from './unit-of-work.ts';

/** Whether a suppression is no more than that the person unsubscribed, so that they can take it back by themselves. */
export function isOnlyUnsubscribed({ reasons }: Suppression): boolean {
  return !!reasons.unsubscribed && !reasons.complained && !reasons.bounced;
}

export type WayBack = Readonly<{
  /** The suppression of the address that an email went to. Changes nothing. */
  standing(recipient: Recipient): Promise<Suppression | undefined>;
  /**
   * The person of an email takes back that they unsubscribed, for the address that it went to and for the one that they
   * have now. It lifts nothing else: `false` where they complained, a mailbox bounced or the customer was deleted, and
   * then nothing is changed. Safe to repeat.
   */
  take(recipient: Recipient, act: Act): Promise<boolean>;
}>;

export function wayBack(parts: {
  store: AudienceStore;
  /** The same store, but with suppressions by the hash of the address. */
  storeByHash: AudienceStore;
  contactOf: ContactLookup;
  addressHash: () => Promise<(email: NormalisedEmail) => string>;
  surroundings: () => Promise<Surroundings>;
  pause: (lostRaces: number) => Promise<void>;
}): WayBack {
  const { store, storeByHash, contactOf, pause } = parts;

  async function standing({ addressHash }: Recipient) {
    const known = await storeByHash.load([{ kind: 'suppressions', key: addressHash }]);
    return known.suppressions.get(addressHash)?.row;
  }

  return {
    standing,

    async take(recipient, act) {
      const suppression = await standing(recipient);
      if (suppression && isMore(suppression)) return false;
      const { contact } = await contactOf(recipient);
      if (contact) {
        const surroundings = await parts.surroundings();
        const { email, contactId } = contact;
        const on = { ...act, email, contactId };
        const isBack = await settle(store, (w) => subscribed(w, on, surroundings), pause);
        const hash = await parts.addressHash();
        if (!isBack || hash(email) === recipient.addressHash) return isBack;
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

function lifted(w: Workspace, addressHash: string, act: Act): boolean {
  const suppression = w.suppressions.get(addressHash);
  if (suppression && isMore(suppression)) return false;
  if (suppression) {
    w.suppressions.put(addressHash, liftedSuppression(suppression, 'person', act).suppression);
  }
  return true;
}
