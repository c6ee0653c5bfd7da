import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { listShards } from '#shared/store/dynamo.ts';
import { type RunPosition, runPositionSchema } from './run-lists.ts';

/** Which runs of a workflow are meant: those that wait or are parked, and had begun by then. */
export type OpenRuns = Readonly<{ workflowId: string; begunBy: string }>;

/** `isComplete`: all were counted, and not the newest thousands only. */
export type OpenCount = Readonly<{ count: number; isComplete: boolean }>;

type OpenPage = Readonly<{ runIds: readonly string[]; next: RunPosition | undefined }>;

/** A page of an index is up to a megabyte: some hundred runs. Of each shard so many are counted. */
const mostPages = 4;
const pageSize = 200;
/** Of each shard, where a glance has to do. */
const newestCounted = 250;
const idsSchema = z.array(z.object({ runId: z.string() }));

/** The open runs of a workflow, from an index that lags by moments. */
export function dynamoOpenRuns(db: DynamoDBDocumentClient, table: string) {
  const queryOf = (shard: number, { workflowId, begunBy }: OpenRuns) => ({
    TableName: table,
    IndexName: 'byWorkflow',
    KeyConditionExpression: 'workflowShard = :shard AND beganAt <= :by',
    FilterExpression: '#state IN (:waiting, :parked)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ...{ ':shard': `${shard}#${workflowId}`, ':by': begunBy },
      ...{ ':waiting': 'waiting', ':parked': 'parked' },
    },
    ScanIndexForward: false,
  });

  async function countIn(shard: number, open: OpenRuns): Promise<OpenCount> {
    let count = 0;
    let after: Record<string, unknown> | undefined;
    for (let pages = 0; pages < mostPages; pages++) {
      const query = { ...queryOf(shard, open), Select: 'COUNT' as const, ExclusiveStartKey: after };
      const { Count = 0, LastEvaluatedKey } = await db.send(new QueryCommand(query));
      count += Count;
      after = LastEvaluatedKey;
      if (!after) return { count, isComplete: true };
    }
    return { count, isComplete: false };
  }

  return {
    /**
     * How many of the newest runs are open, in one small query a shard: the older a run, the likelier it is over.
     * `isComplete`: there are no others.
     */
    async newest(open: OpenRuns): Promise<OpenCount> {
      const shards = Array.from({ length: listShards }, async (_, shard) => {
        const query = { ...queryOf(shard, open), Select: 'COUNT' as const, Limit: newestCounted };
        const { Count = 0, LastEvaluatedKey } = await db.send(new QueryCommand(query));
        return { count: Count, isComplete: LastEvaluatedKey === undefined };
      });
      return sumOf(await Promise.all(shards));
    },

    async count(open: OpenRuns): Promise<OpenCount> {
      const shards = Array.from({ length: listShards }, (_, shard) => countIn(shard, open));
      return sumOf(await Promise.all(shards));
    },

    /** Their ids, page by page; there may be more where a page holds none. */
    async page(open: OpenRuns, { shard, key }: RunPosition = { shard: 0 }): Promise<OpenPage> {
      const { Items = [], LastEvaluatedKey } = await db.send(
        new QueryCommand({
          ...queryOf(shard, open),
          ...{ ProjectionExpression: 'runId', Limit: pageSize, ExclusiveStartKey: key },
        }),
      );
      const runIds = idsSchema.parse(Items).map(({ runId }) => runId);
      if (LastEvaluatedKey) {
        return { runIds, next: runPositionSchema.parse({ shard, key: LastEvaluatedKey }) };
      }
      return { runIds, next: shard + 1 < listShards ? { shard: shard + 1 } : undefined };
    },
  };
}

function sumOf(shards: readonly OpenCount[]): OpenCount {
  return {
    count: shards.reduce((sum, { count }) => sum + count, 0),
    isComplete: shards.every(({ isComplete }) => isComplete),
  };
}
