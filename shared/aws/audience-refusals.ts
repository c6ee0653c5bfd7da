import { applyRefusal } from '#shared/audience/apply-refusal.ts';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Surroundings } from '#shared/audience/identity.ts';
import type { Refusal } from '#shared/audience/refuse.ts';
import { settle } from '#shared/audience/settle.ts';
import { suppressedBy } from '#shared/audience/suppression.ts';
import { type Known, workspace } from '#shared/audience/workspace.ts';
import type { ContactLookup } from './dynamo-contact-lookup.ts';

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
  /** Suppresses a normalised address, and puts a person's "no" on every customer who has or had it. */
  ofAddress(email: string, no: No): Promise<void>;
  /**
   * Suppresses the address that an email went to, whether or not anybody is still known by it, and where it is known
   * does what `ofAddress` does. A person's "no" also reaches the address that the contact has now.
   */
  ofRecipient(recipient: Recipient, no: No): Promise<void>;
}>;

export function audienceRefusals(parts: {
  store: AudienceStore;
  /** The same store, but with suppressions by the hash of the address. */
  storeByHash: AudienceStore;
  contactOf: ContactLookup;
  addressHash: () => Promise<(email: string) => string>;
  surroundings: () => Promise<Surroundings>;
  pause: (lostRaces: number) => Promise<void>;
}): AudienceRefusals {
  const { store, storeByHash, pause } = parts;

  async function ofAddress(email: string, no: No): Promise<void> {
    const surroundings = await parts.surroundings();
    await applyRefusal({ email, ...no }, { store, surroundings, pause });
  }

  return {
    ofAddress,

    async ofRecipient(recipient, no) {
      // First what needs nothing but the hash: whatever fails after this, the address is suppressed.
      await settle(storeByHash, (known) => suppress(recipient.addressHash, no, known), pause);
      const { contact, addresses } = await parts.contactOf(recipient);
      const hash = await parts.addressHash();
      const refusing = new Set(addresses.filter((email) => hash(email) === recipient.addressHash));
      if (contact && no.reason !== 'bounced') refusing.add(contact.email);
      for (const email of refusing) await ofAddress(email, no);
    },
  };
}

function suppress(addressHash: string, { reason, at, by }: No, known: Known) {
  const w = workspace(known);
  const standing = w.suppressions.get(addressHash);
  w.suppressions.put(addressHash, suppressedBy(standing, { [reason]: { at, by } }));
  const keys = w.missing();
  return keys.length > 0
    ? ({ kind: 'load', keys } as const)
    : ({ kind: 'commit', steps: w.steps() } as const);
}
