import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Suppression } from '#shared/audience/consent/suppression.ts';
import { type NormalisedEmail, ownerOf } from '#shared/audience/person/address.ts';
import {
  type Address,
  addressesOf,
  type Contact,
  type Customer,
  contactSchema,
  emailOf,
} from '#shared/audience/person/person.ts';
import {
  type AudienceStore,
  type ContactLookup,
  look,
} from '#shared/audience/rows/unit-of-work.ts';
import { indexKey, rowsOf } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';
import type { ContactHistory } from './contact-history.ts';

const indexedSchema = z.array(z.object({ email: z.string() }));

/**
 * Finds a contact by its id, wherever it has moved to. The index only says where to look, because it may lag behind;
 * `customerId`, the customer of the contact when the id was noted, helps where the index knows nothing.
 */
export function dynamoContactLookup(
  db: DynamoDBDocumentClient,
  contactsTable: string,
  store: AudienceStore,
): ContactLookup {
  async function indexedEmails(contactId: string): Promise<string[]> {
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: contactsTable,
        IndexName: 'byContactId',
        KeyConditionExpression: 'contactId = :contactId',
        ExpressionAttributeValues: { ':contactId': contactId },
      }),
    );
    return indexedSchema.parse(Items).map(({ email }) => email);
  }

  async function customer(customerId: string | undefined): Promise<Customer | undefined> {
    if (customerId === undefined) return undefined;
    const known = await store.load([{ kind: 'customers', key: customerId }]);
    return known.customers.get(customerId)?.row;
  }

  return async ({ contactId, customerId }) => {
    const [indexed, noted] = await Promise.all([indexedEmails(contactId), customer(customerId)]);
    const typed = [...indexed, ...(noted ? spellingsOf(noted) : [])];
    const contacts = await look(store, (w) => {
      for (const address of typed) w.spelled(address);
      const emails = distinct([...indexed.map(w.spelled), emailOf(noted)]);
      return emails.flatMap((email) => w.contacts.get(email) ?? []);
    });
    const contact = contacts.find((one) => hasId(one, contactId));
    const owner = contact?.customerId === customerId ? noted : await customer(contact?.customerId);
    const former = [...(noted ? addressesOf(noted) : []), ...(owner ? addressesOf(owner) : [])];
    const spellings = [...typed, ...(owner ? spellingsOf(owner) : [])];
    return { contact, addresses: distinct([contact?.email, ...former]), spellings };
  };
}

/** How the addresses of a customer are known to be spelled. */
function spellingsOf({ addresses, email }: Customer): string[] {
  return email ? [...addresses, email.value] : addresses;
}

export function hasId(contact: Contact, id: string): boolean {
  return contact.contactId === id || contact.mergedIds?.includes(id) === true;
}

function distinct(emails: readonly (NormalisedEmail | undefined)[]): NormalisedEmail[] {
  return [...new Set(emails)].filter((email) => email !== undefined);
}

/** The contacts at these addresses now, from one read of a hundred of them. Only what events and emails say of whom it is. */
export function dynamoContactsAt(db: DynamoDBDocumentClient, contactsTable: string) {
  return async (emails: readonly string[]): Promise<ReadonlyMap<string, Contact>> => {
    const rows = await rowsOf(db, { table: contactsTable, key: 'email' }, emails);
    return new Map(readable(contactSchema, [...rows.values()]).map((one) => [one.email, one]));
  };
}

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
  const contacts = await look(store, (w) => {
    for (const spelling of known.flatMap(spellingsOf)) w.spelled(spelling);
    const emails = new Set(known.flatMap((customer) => emailOf(customer) ?? []));
    return new Map([...emails].map((email) => [email, w.contacts.get(email)] as const));
  });
  return known.map((customer) => {
    const email = emailOf(customer);
    const there = email && contacts.get(email);
    const isOwn = there?.customerId === customer.customerId;
    return {
      customer,
      contact: isOwn ? there : undefined,
      other: isOwn ? undefined : there,
    };
  });
}

/** The contacts that show customers, by the ids of these; of those whose contact is not to be seen, none. */
export async function contactsOf(
  store: Pick<AudienceStore, 'load'>,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Contact>> {
  return contactsIn(await keptCustomers(store, customerIds));
}

/** The same of customers that were read already. */
export function contactsIn(kept: readonly KeptCustomer[]): ReadonlyMap<string, Contact> {
  return new Map(
    kept.flatMap(({ customer: { customerId }, contact }) =>
      contact ? [[customerId, contact] as const] : [],
    ),
  );
}

/** A contact with the rows that it is computed from. */
export type KnownContact = Readonly<{
  contact: Contact;
  /** Whose facts the contact shows. */
  customer: Customer | undefined;
  address: Address | undefined;
  suppression: Suppression | undefined;
}>;

type FoundById =
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
    return look(store, (w) => {
      const { email } = contact;
      w.spelled(contact.address);
      const address = w.addresses.get(email);
      const owner = contact.customerId ?? ownerOf(address);
      return {
        contact,
        address,
        customer: owner === undefined ? undefined : w.customers.get(owner),
        suppression: w.suppressions.get(email),
      };
    });
  }

  return { found };
}
