import { type DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type NormalisedEmail, normalisedEmail } from '#shared/audience/person/address.ts';
import { type Contact, contactSchema, emailOf } from '#shared/audience/person/person.ts';
import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import { indexKey, type ListPage, listShards, newestFirst, shareOf } from '#shared/store/dynamo.ts';
import { type KeptCustomer, keptCustomers } from './contact-lookup.ts';
import type { WordPosition, WordSearch } from './word-index.ts';

export type ContactFilter = Readonly<{
  group?: string | undefined;
  isSubscribed?: boolean | undefined;
}>;

const keySchema = z.object({ createdAt: z.string(), email: z.string() });
type ContactKey = z.infer<typeof keySchema>;

/** How far contacts were listed. It holds addresses: seal it before it goes into a URL. */
export const contactPositionSchema = z.record(z.string(), z.nullable(keySchema));
export type ContactPosition = z.infer<typeof contactPositionSchema>;
type ContactPage = ListPage<Contact, ContactKey>;

/** The contacts that are shown, newest first, from indexes that lag by moments; memory does not grow with their number. */
export type ContactList = Readonly<{
  page(filter: ContactFilter, limit: number, after?: ContactPosition): Promise<ContactPage>;
}>;

/** A filter by consent is applied to what was read, so that a page of it takes more reading. */
const readAtOnce = 250;
const mostReads = 3;

const shards = Array.from({ length: listShards }, (_, shard) => String(shard));

export function dynamoContactList(db: DynamoDBDocumentClient, table: string): ContactList {
  async function read(
    shard: string,
    { group, isSubscribed }: ContactFilter,
    limit: number,
    after: ContactKey | undefined,
  ) {
    const key = group === undefined ? shard : indexKey(`${shard}#${group}`);
    if (key === undefined) return { items: [], next: undefined };
    const keyName = group === undefined ? 'creationShard' : 'groupShard';
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: group === undefined ? 'byCreation' : 'byGroup',
        KeyConditionExpression: `${keyName} = :key`,
        ScanIndexForward: false,
        ...(isSubscribed !== undefined && { FilterExpression: 'subscribed = :subscribed' }),
        ExpressionAttributeValues: {
          ':key': key,
          ...(isSubscribed !== undefined && { ':subscribed': isSubscribed }),
        },
        Limit: limit,
        ExclusiveStartKey: after && { ...after, [keyName]: key },
      }),
    );
    return {
      items: Items.map((item) => contactSchema.parse(item)),
      next: LastEvaluatedKey && keySchema.parse(LastEvaluatedKey),
    };
  }

  return {
    page(filter, limit, after) {
      return newestFirst(
        {
          shards,
          read: (shard, from, isFirst) =>
            read(shard, filter, isFirst ? shareOf(limit) : readAtOnce, from),
          keyOf: ({ createdAt, email }) => ({ createdAt, email }),
          ageOf: ({ createdAt }) => createdAt,
          limit,
          mostReads,
        },
        after,
      );
    },
  };
}

export type SearchResult = Readonly<{
  /** Those that have exactly this address, external id or customer id, else those that are found by its words. */
  contacts: readonly Contact[];
  isExact: boolean;
  /**
   * Where there are none: whoever has, or had, this address, id or external id by what Polar said, whether a contact
   * shows it or not.
   */
  customers: readonly KeptCustomer[];
  /** After which customer to look on for the external id; `undefined`: there is no need, or nobody is left. */
  next: string | undefined;
  /** Where the contacts go on that are found by words; `undefined`: there are no more. */
  nextWord: WordPosition | undefined;
}>;

/**
 * `isAll`: all customers of whom Polar told this external id, also those whom contacts show. `after`: the `next` of an
 * earlier search for the same, `afterWord` its `nextWord`.
 */
type ContactSearch = (
  text: string,
  how?: Readonly<{
    isAll?: boolean;
    after?: string | undefined;
    afterWord?: WordPosition | undefined;
  }>,
) => Promise<SearchResult>;

/** More contacts than this with one external id are not all shown. */
const mostFound = 50;

const indexedSchema = z.array(z.object({ email: z.string() }));

const nobody: SearchResult = {
  contacts: [],
  isExact: false,
  customers: [],
  next: undefined,
  nextWord: undefined,
};

/**
 * Finds contacts by what a person knows of them: all of an address or id, or the beginnings of words. Where there is
 * none, the customers that nothing shows. External ids of contacts come from an index that lags by moments; those of other customers are looked for in
 * the whole table, which takes a while where it is large.
 */
export function dynamoContactSearch(
  db: DynamoDBDocumentClient,
  contactsTable: string,
  store: AudienceStore,
  byExternalId: CustomersByExternalId,
  byWords: WordSearch,
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

  async function exactly(text: string, email: NormalisedEmail): Promise<SearchResult> {
    const indexed = await emailsOfExternalId(text);
    const { contacts, claims } = await look(store, (w) => {
      const own = emailOf(w.customers.get(text));
      const emails = new Set([text, ...indexed].map(w.spelled));
      if (own !== undefined) emails.add(own);
      return {
        contacts: [...emails].flatMap((one) => w.contacts.get(one) ?? []),
        claims: w.addresses.get(email)?.claims ?? {},
      };
    });
    // The index lags: what it still names may have another external id by now.
    const exact = contacts.filter(
      (contact) =>
        contact.email === email || contact.externalId === text || contact.customerId === text,
    );
    if (exact.length > 0) return { ...nobody, contacts: exact, isExact: true };
    return { ...nobody, customers: await keptCustomers(store, [text, ...Object.keys(claims)]) };
  }

  async function amongAll(externalId: string, after?: string): Promise<SearchResult> {
    const { customerIds, next } = await byExternalId(externalId, after);
    return { ...nobody, customers: await keptCustomers(store, customerIds), next };
  }

  async function inWords(text: string, after?: WordPosition): Promise<SearchResult> {
    const { contacts, next } = await byWords(text, { limit: mostFound, after });
    return { ...nobody, contacts, nextWord: next };
  }

  return async (typed, { isAll = false, after, afterWord } = {}) => {
    // As it is known to Polar, where it was not typed: with its spaces, and of any length.
    if (isAll || after !== undefined) return amongAll(typed, after);
    const text = typed.trim();
    const email = normalisedEmail(text);
    if (indexKey(text) === undefined || indexKey(email) === undefined) return nobody;
    if (afterWord !== undefined) return inWords(text, afterWord);
    const exact = await exactly(text, email);
    if (exact.contacts.length > 0 || exact.customers.length > 0) return exact;
    const found = await inWords(text);
    return found.contacts.length > 0 || found.nextWord ? found : amongAll(text);
  };
}

type CustomersFound = Readonly<{
  customerIds: readonly string[];
  /** After which customer the rest begins; `undefined`: all were looked at. */
  next: string | undefined;
}>;

/**
 * Looks through customers, a bounded number at a time, for those of whom Polar told this external id. An `after` that
 * no customer can have means from the beginning.
 */
type CustomersByExternalId = (externalId: string, after?: string) => Promise<CustomersFound>;

const externalIdRowsSchema = z.array(z.object({ customerId: z.string() }));
const externalIdKeySchema = z.object({ customerId: z.string() });

/** Each reads a megabyte, which is some thousand customers. */
const mostPages = 8;

/** No index has what no contact shows. It would be written with every event, for a search that is seldom made. */
export function dynamoCustomersByExternalId(
  db: DynamoDBDocumentClient,
  table: string,
  { pageSize }: Readonly<{ pageSize?: number }> = {},
): CustomersByExternalId {
  return async (externalId, after) => {
    const customerIds: string[] = [];
    let next = indexKey(after);
    for (let pages = 0; pages < mostPages; pages++) {
      const { Items = [], LastEvaluatedKey } = await db.send(
        new ScanCommand({
          TableName: table,
          ProjectionExpression: 'customerId',
          FilterExpression: 'externalId.#value = :externalId',
          ExpressionAttributeNames: { '#value': 'value' },
          ExpressionAttributeValues: { ':externalId': externalId },
          ExclusiveStartKey: next === undefined ? undefined : { customerId: next },
          Limit: pageSize,
        }),
      );
      customerIds.push(...externalIdRowsSchema.parse(Items).map(({ customerId }) => customerId));
      next = LastEvaluatedKey && externalIdKeySchema.parse(LastEvaluatedKey).customerId;
      if (next === undefined) break;
    }
    return { customerIds, next };
  };
}
