import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Wake } from '#shared/audience/runs/go-on.ts';
import { listShards } from '#shared/store/dynamo.ts';

/** No row is in the index without these. */
const keySchema = z.object({ runId: z.string(), wakeAt: z.string() });
const dueRunSchema = z.extend(keySchema, {
  ...{ customerId: z.string(), workflowId: z.string() },
  ...{ stepId: z.string(), dueAt: z.string() },
  /** How often the clock has asked for it since it last went on. */
  wakes: z._default(z.number(), 0),
});

/** A run whose wait is over, and since when the clock has been to ask for it. */
export type DueRun = Wake & Readonly<{ wakeAt: string; wakes: number }>;

/** One whose row is not as this version writes it, so that nothing can be asked of it. */
export type UnreadableRun = z.infer<typeof keySchema>;

type FoundRuns = Readonly<{
  runs: readonly DueRun[];
  unreadable: readonly UnreadableRun[];
}>;

export type DueRuns = Readonly<{
  /** Those that are due by then, the longest due first, from an index that lags by moments. */
  due(by: string, limit: number): Promise<FoundRuns>;
  /** Puts it off. `false`: it is no longer as it was; somebody else has it, or it has gone on. */
  take(run: UnreadableRun, until: string): Promise<boolean>;
}>;

/** The runs in DynamoDB that the clock has to ask for. */
export function dynamoDueRuns(db: DynamoDBDocumentClient, table: string): DueRuns {
  async function dueInShard(shard: number, by: string, limit: number) {
    const query = new QueryCommand({
      TableName: table,
      IndexName: 'byWake',
      KeyConditionExpression: 'wakeShard = :shard AND wakeAt <= :by',
      ExpressionAttributeValues: { ':shard': String(shard), ':by': by },
      Limit: limit,
    });
    const { Items = [] } = await db.send(query);
    return Items.map((item) => ({ ...keySchema.parse(item), read: dueRunSchema.safeParse(item) }));
  }

  return {
    async due(by, limit) {
      const shards = Array.from({ length: listShards }, (_, shard) => dueInShard(shard, by, limit));
      const found = (await Promise.all(shards)).flat();
      const first = found.sort((a, b) => (a.wakeAt < b.wakeAt ? -1 : 1)).slice(0, limit);
      return {
        runs: first.flatMap(({ read }) => (read.success ? [read.data] : [])),
        unreadable: first.flatMap(({ read, ...key }) => (read.success ? [] : [key])),
      };
    },

    async take({ runId, wakeAt }, until) {
      try {
        await db.send(
          new UpdateCommand({
            TableName: table,
            Key: { runId },
            UpdateExpression: 'SET wakeAt = :until ADD wakes :one',
            ConditionExpression: 'wakeAt = :was',
            ExpressionAttributeValues: { ':until': until, ':was': wakeAt, ':one': 1 },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
