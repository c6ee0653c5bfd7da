import { formerSpellings, type NormalisedEmail } from '#shared/audience/person/address.ts';
import { claimAddress, showAddress } from '#shared/audience/person/identity.ts';
import { emailOf, refusing } from '#shared/audience/person/person.ts';
import {
  type AudienceStore,
  type ContactLookup,
  type Means,
  type Surroundings,
  settle,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import {
  afar,
  isFromAfar,
  personRefusals,
  type SuppressionReason,
  suppressedBy,
} from './suppression.ts';

/** A person's or a mailbox's "no" to mail, at an address. */
export type Refusal = Readonly<{
  email: NormalisedEmail;
  reason: SuppressionReason;
  at: string;
  by: string;
}>;

/**
 * Suppresses an address. Returns the customers who must take on a person's "no" next (`takeOnRefusal`, one write each,
 * safe to repeat): whoever claims the address after this takes it on by itself.
 */
export function suppress(
  w: Workspace,
  { email, reason, at, by }: Refusal,
  surroundings: Surroundings,
): string[] {
  const known = w.suppressions.get(email);
  const own = known?.reasons[reason];
  // Whoever may take back what was said from afar must not take back this.
  const isKept = isFromAfar({ by }) && own !== undefined && !isFromAfar(own);
  if (!isKept) w.suppressions.put(email, suppressedBy(known, { [reason]: { at, by } }));
  const claims = w.addresses.get(email)?.claims ?? {};
  showAddress(w, email, surroundings);
  return reason === 'bounced' ? [] : Object.keys(claims);
}

/** Puts the "no" that lies on an address on one of the customers who have, or ever had, it. */
export function takeOnRefusal(
  w: Workspace,
  customerId: string,
  email: NormalisedEmail,
  surroundings: Surroundings,
): void {
  const customer = w.customers.get(customerId);
  const no = personRefusals(w.suppressions.get(email));
  const claimant = customer && refusing(customer, no);
  if (claimant?.no && !claimant.erased) {
    w.customers.put(customerId, claimant);
    const present = emailOf(claimant);
    if (claimant.email && present !== undefined) {
      claimAddress(w, claimant, present, claimant.email.version);
      showAddress(w, present, surroundings);
    }
  }
}

/**
 * Records a person's or a mailbox's "no": on the address first, then on every customer who has, or ever had, it.
 * Safe to repeat; when it fails midway the address is suppressed already, and a repetition finishes the rest.
 */
export async function applyRefusal(refusal: Refusal, means: Means): Promise<void> {
  const { store, surroundings, pause } = means;
  const claimants = await settle(store, (w) => suppress(w, refusal, surroundings), pause);
  await refuseForClaimants(claimants, refusal.email, means);
}

/** Puts the "no" that lies on an address on the customers who have, or had, it, one write each. Safe to repeat. */
export async function refuseForClaimants(
  claimants: readonly string[],
  email: NormalisedEmail,
  { store, surroundings, pause }: Means,
): Promise<void> {
  for (const customerId of claimants) {
    await settle(store, (w) => takeOnRefusal(w, customerId, email, surroundings), pause);
  }
}

/** Whom an email went to, without the address itself. `customerId`: the customer of the contact at that time. */
export type Recipient = Readonly<{
  contactId: string;
  customerId?: string | undefined;
  addressHash: string;
}>;

/** A "no" without the address that it is about. */
export type No = Omit<Refusal, 'email'>;

/** Both are safe to repeat; a repetition finishes what a failure left undone. */
export type AudienceRefusals = Readonly<{
  /** Suppresses an address, and puts a person's "no" on every customer who has or had it. */
  ofAddress(email: NormalisedEmail, no: No): Promise<void>;
  /**
   * Suppresses the address that an email went to, whether or not anybody is still known by it, and where it is known
   * does what `ofAddress` does. A person's "no" also reaches the address that the contact has now.
   */
  ofRecipient(recipient: Recipient, no: No): Promise<void>;
}>;

/** What it takes to act for the person whom an email went to. */
export type RecipientParts = Readonly<{
  store: AudienceStore;
  /** The same store, but with suppressions by the hash of the address. */
  storeByHash: AudienceStore;
  contactOf: ContactLookup;
  addressHash: () => Promise<(email: NormalisedEmail) => string>;
  surroundings: () => Promise<Surroundings>;
  pause: (lostRaces: number) => Promise<void>;
}>;

export function audienceRefusals(parts: RecipientParts): AudienceRefusals {
  const { store, storeByHash, pause } = parts;

  async function ofAddress(email: NormalisedEmail, no: No): Promise<void> {
    const surroundings = await parts.surroundings();
    await applyRefusal({ email, ...no }, { store, surroundings, pause });
  }

  return {
    ofAddress,

    async ofRecipient(recipient, no) {
      // First what needs nothing but the hash: whatever fails after this, the address is suppressed.
      await settle(storeByHash, (w) => suppressByHash(w, recipient.addressHash, no), pause);
      const { contact, addresses, spellings } = await parts.contactOf(recipient);
      const hash = await parts.addressHash();
      const isMeant = (email: NormalisedEmail) => hash(email) === recipient.addressHash;
      const refusing = new Set(
        addresses.filter((email) => [email, ...formerSpellings(email, spellings)].some(isMeant)),
      );
      for (const email of refusing) await ofAddress(email, no);
      if (contact && no.reason !== 'bounced' && !refusing.has(contact.email)) {
        await ofAddress(contact.email, { ...no, by: `${no.by}${afar}` });
      }
    },
  };
}

function suppressByHash(w: Workspace, addressHash: string, { reason, at, by }: No): void {
  const suppression = w.suppressions.get(addressHash);
  w.suppressions.put(addressHash, suppressedBy(suppression, { [reason]: { at, by } }));
}
