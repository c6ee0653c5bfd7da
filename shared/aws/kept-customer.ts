import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Contact } from '#shared/audience/contact.ts';
import type { Customer } from '#shared/audience/customer.ts';
import { emailOf } from '#shared/audience/identity.ts';
import { indexKey } from './index-keys.ts';

/** A customer of whom something is kept, and who is to be seen at its present address. */
export type KeptCustomer = Readonly<{
  customer: Customer;
  /** The contact that shows it; absent: it is hidden. */
  contact: Contact | undefined;
  /** The contact that shows another customer, or nobody's facts, at its address. */
  other: Contact | undefined;
}>;

/** Reads customers consistently, in this order; those that are not known are left out. */
export async function keptCustomers(
  store: Pick<AudienceStore, 'load'>,
  customerIds: readonly string[],
): Promise<KeptCustomer[]> {
  const ids = [...new Set(customerIds)].filter((id) => indexKey(id) !== undefined);
  const keys = ids.map((key) => ({ kind: 'customers', key }) as const);
  const { customers } = await store.load(keys);
  const known = [...customers.values()].flatMap((stored) => (stored ? [stored.row] : []));
  const emails = new Set(known.flatMap((customer) => emailOf(customer) ?? []));
  const { contacts } = await store.load(
    [...emails].map((key) => ({ kind: 'contacts', key }) as const),
  );
  return known.map((customer) => {
    const there = contacts.get(emailOf(customer) ?? '')?.row;
    const isOwn = there?.customerId === customer.customerId;
    return {
      customer,
      contact: isOwn ? there : undefined,
      other: isOwn ? undefined : there,
    };
  });
}
