import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { suppressionSchema } from '#shared/audience/consent/suppression.ts';
import { isTakenBySes } from '#shared/audience/person/address.ts';
import { listShards, rowsOf } from '#shared/store/dynamo.ts';
import type { Seal } from '#shared/store/seal.ts';
import { type ContactTotals, totalsSchema } from './counts.ts';

type Tables = Readonly<Record<'counts' | 'contacts' | 'suppressions', string>>;

const keySchema = z.record(z.string(), z.string());
const walkSchema = z.object({
  /** Goes up by one with each write: of two who walk at once one goes on. */
  step: z.number(),
  /** Which shard of the list is read, and from where; absent: from its beginning. */
  shard: z.number(),
  /** Sealed, since it holds an address, which no erasure would find here. */
  after: z.optional(z.string()),
  totals: totalsSchema,
});
type Walk = z.infer<typeof walkSchema>;

/** What it takes the key of addresses for. */
type Keyed = Readonly<{
  addressHash: () => Promise<(email: string) => string>;
  seal: () => Promise<Seal>;
}>;

const contactsSchema = z.array(
  z.object({ email: z.string(), address: z.string(), subscribed: z.boolean() }),
);

const none: ContactTotals = { total: 0, mailable: 0, unsubscribed: 0, bounced: 0, complained: 0 };
const start: Walk = { step: 0, shard: 0, totals: none };
const Key = { kind: 'walk', at: 'contacts' };
export const usualPageSize = 500;

export type ContactWalk = Readonly<{
  /** Whether it was begun and has not come to an end. */
  isUnderWay(): Promise<boolean>;
  /**
   * Reads at most so many pages of the contacts on from where it got to. Gives the totals once all are read; `undefined`:
   * some are left for the next call, or somebody else has walked on. Call `rest` once they are kept.
   */
  goOn(mostPages: number): Promise<ContactTotals | undefined>;
  /** The next walk begins at the beginning. Safe to repeat. */
  rest(): Promise<void>;
}>;

/**
 * A walk through all contacts that is carried on call by call, however many there are. Who changes meanwhile may be
 * counted as before or after. A call that dies is as if it had not been made.
 */
export function dynamoContactWalk(
  db: DynamoDBDocumentClient,
  tables: Tables,
  { addressHash, seal }: Keyed,
  { pageSize = usualPageSize } = {},
): ContactWalk {
  async function read(): Promise<Walk | undefined> {
    const get = new GetCommand({ TableName: tables.counts, Key, ConsistentRead: true });
    const { Item } = await db.send(get);
    return Item && walkSchema.parse(Item);
  }

  /** `false`: somebody else has gone on from there. */
  async function save(walk: Walk, from: Walk | undefined): Promise<boolean> {
    try {
      await db.send(
        new PutCommand({
          TableName: tables.counts,
          Item: { ...Key, ...walk, step: (from?.step ?? 0) + 1 },
          ...(from
            ? {
                ConditionExpression: 'step = :step',
                ExpressionAttributeValues: { ':step': from.step },
              }
            : { ConditionExpression: 'attribute_not_exists(kind)' }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function counted(Items: unknown, totals: ContactTotals): Promise<ContactTotals> {
    const contacts = contactsSchema.parse(Items ?? []);
    const hash = await addressHash();
    const refusing = contacts
      .filter(({ subscribed }) => !subscribed)
      .map(({ email }) => hash(email));
    const found = await rowsOf(db, { table: tables.suppressions, key: 'addressHash' }, refusing);
    const why = refusing.map((one) => {
      const { reasons } = suppressionSchema.parse(found.get(one) ?? { reasons: {} });
      if (reasons.bounced) return 'bounced';
      return reasons.complained ? 'complained' : 'unsubscribed';
    });
    const many = (reason: string) => why.filter((one) => one === reason).length;
    return {
      total: totals.total + contacts.length,
      mailable:
        totals.mailable +
        contacts.filter(({ subscribed, address }) => subscribed && isTakenBySes(address)).length,
      unsubscribed: totals.unsubscribed + many('unsubscribed'),
      bounced: totals.bounced + many('bounced'),
      complained: totals.complained + many('complained'),
    };
  }

  return {
    async isUnderWay() {
      const { shard = 0, after } = (await read()) ?? {};
      return shard > 0 || after !== undefined;
    },

    async goOn(mostPages) {
      const from = await read();
      const sealed = await seal();
      const opened = from?.after === undefined ? undefined : sealed.open(from.after);
      // Of a position that cannot be opened any more, as after a change of the key, nothing is left to go on from.
      const isLost = from?.after !== undefined && opened === undefined;
      let { shard, totals } = isLost || !from ? start : from;
      let after = opened === undefined ? undefined : keySchema.parse(JSON.parse(opened));
      for (let pages = 0; pages < mostPages && shard < listShards; pages += 1) {
        const { Items, LastEvaluatedKey } = await db.send(
          new QueryCommand({
            TableName: tables.contacts,
            IndexName: 'byCreation',
            KeyConditionExpression: 'creationShard = :shard',
            ExpressionAttributeValues: { ':shard': String(shard) },
            ProjectionExpression: 'email, address, subscribed',
            Limit: pageSize,
            ExclusiveStartKey: after,
          }),
        );
        totals = await counted(Items, totals);
        after = LastEvaluatedKey && keySchema.parse(LastEvaluatedKey);
        if (after === undefined) shard += 1;
      }
      const isOver = shard === listShards;
      // The end is not written down before the totals are: a call that dies in between reads its part again.
      if (isOver) return totals;
      const position = after && { after: sealed.seal(JSON.stringify(after)) };
      await save({ step: 0, shard, ...position, totals }, from);
      return undefined;
    },

    async rest() {
      await save(start, await read());
    },
  };
}
