import {
  type ErasureByHand,
  eraseClaimant,
  eraseContactByHand,
  eraseCustomer,
} from '#shared/audience/erase-contact.ts';
import { type Means, settle } from '#shared/audience/settle.ts';
import type { ContactLookup } from '#shared/aws/dynamo-contact-lookup.ts';
import {
  type ContactErasure,
  type Erasure,
  erasureDelaysSeconds,
} from '#shared/aws/worker-message.ts';

type Erasing = Means &
  Readonly<{
    contactOf: ContactLookup;
    /** Asks for an erasure that follows from this one. */
    ask: (erasure: Erasure, delaySeconds: number) => Promise<unknown>;
  }>;

const [later, atOnce] = erasureDelaysSeconds;

/**
 * Erases a contact wherever it is now, or a customer whom none shows, and what everyone who claims its address keeps of
 * that address. What event records hold goes in messages of their own, now and again later. Safe to repeat at any point:
 * the later messages are sent before the rows that name their customers go.
 */
export async function eraseContact(request: ContactErasure, means: Erasing): Promise<void> {
  const { contactId, hiddenCustomerId, email, at, by } = request;
  const { contact } = await means.contactOf({ contactId });
  const contactIds = distinct([contactId, contact?.contactId, ...(contact?.mergedIds ?? [])]);
  const erasure: ErasureByHand = { at, by, contactIds };
  for (const id of contactIds) await means.ask({ recordsOfContact: id }, later);
  if (hiddenCustomerId !== undefined) await eraseHidden(hiddenCustomerId, erasure, means);
  for (const address of distinct([email, contact?.email])) {
    await eraseAddress(address, erasure, means);
  }
  for (const id of contactIds) await means.ask({ recordsOfContact: id }, atOnce);
}

async function eraseHidden(customerId: string, erasure: ErasureByHand, means: Erasing) {
  const { store, surroundings, pause, ask } = means;
  await ask({ customerId }, later);
  await settle(store, (rows) => eraseCustomer(customerId, erasure, rows, surroundings), pause);
  await ask({ customerId }, atOnce);
}

async function eraseAddress(email: string, erasure: ErasureByHand, means: Erasing) {
  const { store, surroundings, pause, ask } = means;
  const known = await store.load([{ kind: 'addresses', key: email }]);
  const claims = known.addresses.get(email)?.row.claims ?? {};
  for (const customerId of Object.keys(claims)) {
    await ask({ customerId, email }, later);
    const { decision } = await settle(
      store,
      (rows) => eraseClaimant(customerId, email, erasure, rows, surroundings),
      pause,
    );
    if (decision.fate !== 'spared') await ask({ customerId, email }, atOnce);
  }
  await settle(store, (rows) => eraseContactByHand(email, erasure, rows, surroundings), pause);
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts)].filter((text) => text !== undefined);
}
