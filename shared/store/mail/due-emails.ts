import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Email, emailSchema } from '#shared/audience/emails/email.ts';
import { listShards } from '#shared/store/dynamo.ts';
import { heldMark } from './due-index.ts';

const dueEmailSchema = z.object({ ledgerKey: z.string(), dueAt: z.string() });

/** An email that something is left to do about, and since when. */
export type DueEmail = z.infer<typeof dueEmailSchema>;

/** `unreadable`: put off like any other, but its row is not as this version writes it. `gone`: it was no longer due since then. */
export type Taken =
  | Readonly<{ kind: 'email'; email: Email }>
  | Readonly<{ kind: 'unreadable' | 'gone' }>;

export type DueEmails = Readonly<{
  /** Those that are due by then, the longest due first, from an index that lags by moments. */
  due(by: string, limit: number): Promise<DueEmail[]>;
  /** Those that were put aside while all mail was held, the longest held first, from the same index. */
  held(limit: number): Promise<DueEmail[]>;
  /** Puts it off, and gives its row, unless somebody else has it or it is over. */
  take(email: DueEmail, until: string): Promise<Taken>;
  /** Takes one out of sight that was taken until then and turned out to be over, as other versions leave them. */
  settled(ledgerKey: string, until: string): Promise<void>;
}>;

/** Shards have about equal parts: with twice its part of each, few are read that nobody wants. */
function limitOfShard(limit: number): number {
  return Math.min(limit, Math.max(100, Math.ceil((limit / listShards) * 2)));
}

/** What is left to do in the ledger: emails that are reserved, waiting or unknown. */
export function dynamoDueEmails(db: DynamoDBDocumentClient, table: string): DueEmails {
  const ofShards = (condition: string, values: Readonly<Record<string, string>>, limit: number) =>
    Promise.all(
      Array.from({ length: listShards }, async (_, shard) => {
        const query = new QueryCommand({
          TableName: table,
          IndexName: 'byDue',
          KeyConditionExpression: `dueShard = :shard AND ${condition}`,
          ExpressionAttributeValues: { ':shard': String(shard), ...values },
          Limit: limitOfShard(limit),
        });
        const { Items = [] } = await db.send(query);
        return z.array(dueEmailSchema).parse(Items);
      }),
    );

  async function earliest(condition: string, values: Record<string, string>, limit: number) {
    const found = (await ofShards(condition, values, limit)).flat();
    return found.sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)).slice(0, limit);
  }

  /** The row as it is then. */
  async function changeDue(
    ledgerKey: string,
    wasDueAt: string,
    { change, values }: { change: string; values?: Readonly<Record<string, string>> },
  ): Promise<Taken> {
    try {
      const { Attributes } = await db.send(
        new UpdateCommand({
          TableName: table,
          Key: { ledgerKey },
          UpdateExpression: change,
          ConditionExpression: 'dueAt = :was',
          ExpressionAttributeValues: { ...values, ':was': wasDueAt },
          ReturnValues: 'ALL_NEW',
        }),
      );
      const read = emailSchema.safeParse(Attributes);
      return read.success ? { kind: 'email', email: read.data } : { kind: 'unreadable' };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { kind: 'gone' };
      throw error;
    }
  }

  return {
    due: (by, limit) => earliest('dueAt <= :by', { ':by': by }, limit),
    held: (limit) => earliest('begins_with(dueAt, :held)', { ':held': heldMark }, limit),

    take: ({ ledgerKey, dueAt }, until) =>
      changeDue(ledgerKey, dueAt, { change: 'SET dueAt = :until', values: { ':until': until } }),
    async settled(ledgerKey, until) {
      await changeDue(ledgerKey, until, { change: 'REMOVE dueAt, dueShard' });
    },
  };
}

/** `isMore`: so many were counted, but there are more. */
export type HeldCount = Readonly<{ count: number; isMore: boolean }>;

/**
 * About how many emails are held, from an index that lags by moments. Reads a page of each shard, which has some 9,000
 * unless `mostOfShard` says less.
 */
export async function countHeld(
  db: DynamoDBDocumentClient,
  table: string,
  { mostOfShard }: Readonly<{ mostOfShard?: number }> = {},
): Promise<HeldCount> {
  const counts = await Promise.all(
    Array.from({ length: listShards }, async (_, shard) => {
      const query = new QueryCommand({
        TableName: table,
        IndexName: 'byDue',
        KeyConditionExpression: 'dueShard = :shard AND begins_with(dueAt, :held)',
        ExpressionAttributeValues: { ':shard': String(shard), ':held': heldMark },
        Select: 'COUNT',
        Limit: mostOfShard,
      });
      const { Count = 0, LastEvaluatedKey } = await db.send(query);
      return { count: Count, isMore: LastEvaluatedKey !== undefined };
    }),
  );
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    isMore: counts.some(({ isMore }) => isMore),
  };
}
