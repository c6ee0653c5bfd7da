import { type Address, ownerOf } from '#shared/audience/address.ts';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Contact } from '#shared/audience/contact.ts';
import type { Customer } from '#shared/audience/customer.ts';
import type { Suppression } from '#shared/audience/suppression.ts';
import type { ContactHistory } from './dynamo-contact-history.ts';
import type { ContactLookup } from './dynamo-contact-lookup.ts';

/** A contact with the rows that it is computed from. */
export type KnownContact = Readonly<{
  contact: Contact;
  /** Whose facts the contact shows. */
  customer: Customer | undefined;
  address: Address | undefined;
  suppression: Suppression | undefined;
}>;

export type FoundById =
  | ({ kind: 'shown' } & KnownContact)
  /** No contact has this id now. `customers`: those who are known to have had it. */
  | { kind: 'not shown'; customers: readonly Customer[] };

type Parts = Readonly<{
  store: AudienceStore;
  contactOf: ContactLookup;
  history: Pick<ContactHistory, 'customerIds'>;
}>;

/**
 * Finds what is known of a contact by an id that it has, or had before it became one with another. Where the index of
 * contacts knows nothing of an id, the customers of its events and emails lead on.
 */
export function knownContacts({ store, contactOf, history }: Parts) {
  async function found(contactId: string): Promise<FoundById> {
    const direct = await contactOf({ contactId });
    if (direct.contact) return { kind: 'shown', ...(await around(direct.contact)) };
    const customerIds = await history.customerIds(contactId);
    for (const customerId of customerIds) {
      const { contact } = await contactOf({ contactId, customerId });
      if (contact) return { kind: 'shown', ...(await around(contact)) };
    }
    const keys = customerIds.map((key) => ({ kind: 'customers', key }) as const);
    const { customers } = await store.load(keys);
    return {
      kind: 'not shown',
      customers: [...customers.values()].flatMap((stored) => (stored ? [stored.row] : [])),
    };
  }

  async function around(contact: Contact): Promise<KnownContact> {
    const { email: key } = contact;
    const known = await store.load([
      { kind: 'addresses', key },
      { kind: 'suppressions', key },
    ]);
    const address = known.addresses.get(key)?.row;
    const owner = contact.customerId ?? ownerOf(address);
    const { customers } = await store.load(
      owner === undefined ? [] : [{ kind: 'customers', key: owner }],
    );
    return {
      contact,
      address,
      customer: customers.get(owner ?? '')?.row,
      suppression: known.suppressions.get(key)?.row,
    };
  }

  return { found };
}
