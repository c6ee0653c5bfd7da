import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Contact, contactSchema } from '#shared/audience/contact.ts';
import { indexKey, listShards } from './index-keys.ts';
import { type ListPage, newestFirst } from './newest-first.ts';

export type ContactFilter = Readonly<{
  group?: string | undefined;
  isSubscribed?: boolean | undefined;
}>;

const keySchema = z.object({ createdAt: z.string(), email: z.string() });
type ContactKey = z.infer<typeof keySchema>;

/** How far contacts were listed. It holds addresses: seal it before it goes into a URL. */
export const contactPositionSchema = z.record(z.string(), z.nullable(keySchema));
export type ContactPosition = z.infer<typeof contactPositionSchema>;
export type ContactPage = ListPage<Contact, ContactKey>;

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
      const hasRead = new Set<string>();
      const share = Math.ceil((2 * limit) / shards.length);
      return newestFirst(
        {
          shards,
          read(shard, from) {
            const isFirst = !hasRead.has(shard);
            hasRead.add(shard);
            return read(shard, filter, isFirst ? share : readAtOnce, from);
          },
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
