import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { Contact } from '#shared/audience/contact.ts';
import type { Customer } from '#shared/audience/customer.ts';
import { normalisedEmail } from '#shared/audience/email-address.ts';
import { emailOf } from '#shared/audience/identity.ts';
import { indexKey } from './index-keys.ts';

export type SearchResult = Readonly<{
  /** Those that have exactly this address, external id or customer id, each once. */
  contacts: readonly Contact[];
  /** The customer of that id, also where no contact shows it. */
  customer: Customer | undefined;
}>;

/** More contacts than this with one external id are not all shown. */
const mostFound = 50;

/** DynamoDB takes no longer keys. */
const longestKeyBytes = 2_048;

const indexedSchema = z.array(z.object({ email: z.string() }));

/** Finds contacts by the one thing that a person knows of them. External ids come from an index that lags by moments. */
export function dynamoContactSearch(
  db: DynamoDBDocumentClient,
  contactsTable: string,
  store: AudienceStore,
): (text: string) => Promise<SearchResult> {
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

  return async (typed) => {
    const text = typed.trim();
    if (text === '' || Buffer.byteLength(text) > longestKeyBytes) {
      return { contacts: [], customer: undefined };
    }
    const [indexed, known] = await Promise.all([
      emailsOfExternalId(text),
      store.load([{ kind: 'customers', key: text }]),
    ]);
    const customer = known.customers.get(text)?.row;
    const emails = new Set([normalisedEmail(text), ...indexed]);
    const own = emailOf(customer);
    if (own !== undefined) emails.add(own);
    const rows = await store.load([...emails].map((key) => ({ kind: 'contacts', key }) as const));
    const contacts = [...rows.contacts.values()].flatMap((stored) => (stored ? [stored.row] : []));
    return {
      // The index lags: what it still names may have another external id by now.
      contacts: contacts.filter(
        (contact) =>
          contact.email === normalisedEmail(text) ||
          contact.externalId === text ||
          contact.customerId === text,
      ),
      customer,
    };
  };
}
