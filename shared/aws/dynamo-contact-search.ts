import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Contact } from '#shared/audience/contact.ts';
import { normalisedEmail } from '#shared/audience/email-address.ts';
import { emailOf } from '#shared/audience/identity.ts';
import type { CustomersByExternalId } from './dynamo-customers-by-external-id.ts';
import { indexKey } from './index-keys.ts';
import { type KeptCustomer, keptCustomers } from './kept-customer.ts';

export type SearchResult = Readonly<{
  /** Those that have exactly this address, external id or customer id, each once. */
  contacts: readonly Contact[];
  /**
   * Where there are none: whoever has, or had, this address, id or external id by what Polar said, whether a contact
   * shows it or not.
   */
  customers: readonly KeptCustomer[];
  /** After which customer to look on for the external id; `undefined`: there is no need, or nobody is left. */
  next: string | undefined;
}>;

/**
 * `isAll`: all customers of whom Polar told this external id, also those whom contacts show. `after`: the `next` of an
 * earlier search for the same.
 */
export type ContactSearch = (
  text: string,
  how?: Readonly<{ isAll?: boolean; after?: string | undefined }>,
) => Promise<SearchResult>;

/** More contacts than this with one external id are not all shown. */
const mostFound = 50;

const indexedSchema = z.array(z.object({ email: z.string() }));

const nobody: SearchResult = { contacts: [], customers: [], next: undefined };

/**
 * Finds contacts by the one thing that a person knows of them, and where there is none the customers that nothing
 * shows. External ids of contacts come from an index that lags by moments; those of other customers are looked for in
 * the whole table, which takes a while where it is large.
 */
export function dynamoContactSearch(
  db: DynamoDBDocumentClient,
  contactsTable: string,
  store: AudienceStore,
  byExternalId: CustomersByExternalId,
): ContactSearch {
  async function emailsOfExternalId(externalId: string): Promise<string[]> {
    const key = indexKey(externalId);
    if (key === undefined) return [];
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: contactsTable,
        IndexName: 'byExternalId',
        KeyConditionExpression: 'externalIdKey = :key',
        ExpressionAttributeValues: { ':key': key },
        Limit: mostFound,
      }),
    );
    return indexedSchema.parse(Items).map(({ email }) => email);
  }

  async function exactly(text: string, email: string): Promise<SearchResult> {
    const [indexed, known] = await Promise.all([
      emailsOfExternalId(text),
      store.load([
        { kind: 'customers', key: text },
        { kind: 'addresses', key: email },
      ]),
    ]);
    const own = emailOf(known.customers.get(text)?.row);
    const emails = new Set([email, ...indexed, ...(own === undefined ? [] : [own])]);
    const rows = await store.load([...emails].map((key) => ({ kind: 'contacts', key }) as const));
    const contacts = [...rows.contacts.values()].flatMap((stored) => (stored ? [stored.row] : []));
    // The index lags: what it still names may have another external id by now.
    const exact = contacts.filter(
      (contact) =>
        contact.email === email || contact.externalId === text || contact.customerId === text,
    );
    if (exact.length > 0) return { ...nobody, contacts: exact };
    const claims = known.addresses.get(email)?.row.claims ?? {};
    return { ...nobody, customers: await keptCustomers(store, [text, ...Object.keys(claims)]) };
  }

  async function amongAll(externalId: string, after?: string): Promise<SearchResult> {
    const { customerIds, next } = await byExternalId(externalId, after);
    return { contacts: [], customers: await keptCustomers(store, customerIds), next };
  }

  return async (typed, { isAll = false, after } = {}) => {
    // As it is known to Polar, where it was not typed: with its spaces, and of any length.
    if (isAll || after !== undefined) return amongAll(typed, after);
    const text = typed.trim();
    const email = normalisedEmail(text);
    if (indexKey(text) === undefined || indexKey(email) === undefined) return nobody;
    const found = await exactly(text, email);
    return found.contacts.length > 0 || found.customers.length > 0 ? found : amongAll(text);
  };
}
