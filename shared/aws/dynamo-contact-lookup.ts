import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Contact } from '#shared/audience/contact.ts';
import type { Customer } from '#shared/audience/customer.ts';
import { emailOf } from '#shared/audience/identity.ts';

export type FoundContact = Readonly<{
  /** The contact that has this id, or had it before it became one with another; `undefined` when none is shown. */
  contact: Contact | undefined;
  /** Every address that the contact or its customers have or had, as far as that is still known. */
  addresses: readonly string[];
}>;

export type ContactLookup = (
  who: Readonly<{ contactId: string; customerId?: string | undefined }>,
) => Promise<FoundContact>;

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

  async function contactsAt(emails: readonly string[]): Promise<Contact[]> {
    const keys = emails.map((key) => ({ kind: 'contacts', key }) as const);
    const known = await store.load(keys);
    return [...known.contacts.values()].flatMap((stored) => (stored ? [stored.row] : []));
  }

  return async ({ contactId, customerId }) => {
    const [indexed, noted] = await Promise.all([indexedEmails(contactId), customer(customerId)]);
    const contacts = await contactsAt(distinct([...indexed, emailOf(noted)]));
    const contact = contacts.find((one) => hasId(one, contactId));
    const owner = contact?.customerId === customerId ? noted : await customer(contact?.customerId);
    const former = [...(noted?.addresses ?? []), ...(owner?.addresses ?? [])];
    return { contact, addresses: distinct([contact?.email, ...former]) };
  };
}

function hasId(contact: Contact, id: string): boolean {
  return contact.contactId === id || contact.mergedIds?.includes(id) === true;
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts)].filter((text) => text !== undefined);
}
