import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Wake } from '#shared/audience/runs/go-on.ts';
import { isOpen, type Run, runSchema } from '#shared/audience/runs/run.ts';
import { listShards, rowsOf } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';

const keySchema = z.record(z.string(), z.string());

/** How far the runs of a workflow were walked: the shard, and the key of the last one in its index. */
export const runPositionSchema = z.object({ shard: z.number(), key: z.optional(keySchema) });
export type RunPosition = z.infer<typeof runPositionSchema>;

/** The key of a run in an index by whom it is of. */
export const runIdPositionSchema = keySchema;
type RunIdPosition = z.infer<typeof runIdPositionSchema>;

type IdPage = Readonly<{ runIds: readonly string[]; next: RunIdPosition | undefined }>;
type ParkedPage = Readonly<{ wakes: readonly Wake[]; next: RunPosition | undefined }>;

/** Runs by whom and what they are of, found by indexes that lag by moments. */
export type RunLists = Readonly<{
  /** The newest ones of a contact, newest first. */
  ofContact(contactId: string, limit: number): Promise<Run[]>;
  /** The newest ones of a workflow, newest first. */
  ofWorkflow(workflowId: string, limit: number): Promise<Run[]>;
  /** One page of the ids of a customer's runs, and where the next page starts, if there is one. */
  idsOfCustomer(customerId: string, after?: RunIdPosition): Promise<IdPage>;
  /** The same of a contact's runs. */
  idsOfContact(contactId: string, after?: RunIdPosition): Promise<IdPage>;
  /** How many are at a wait of a workflow, waiting or parked; of many, at least `atMost`. */
  waitingAt(workflowId: string, stepId: string, atMost: number): Promise<number>;
  /** One page of the parked runs of a workflow, and of those that wait at these steps; there may be more where it holds none. */
  parked(
    workflowId: string,
    after?: RunPosition,
    waitingAt?: readonly string[],
  ): Promise<ParkedPage>;
}>;

const pageSize = 200;
const idPageSize = 100;
const idsSchema = z.array(z.object({ runId: z.string() }));
const agesSchema = z.array(z.object({ runId: z.string(), beganAt: z.string() }));
const parkedSchema = z.pick(runSchema, {
  runId: true,
  customerId: true,
  stepId: true,
  dueAt: true,
});

export function dynamoRunLists(db: DynamoDBDocumentClient, table: string): RunLists {
  const query = (index: string, name: string, value: string) => ({
    TableName: table,
    IndexName: index,
    KeyConditionExpression: '#name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':value': value },
  });

  async function newest(index: string, name: string, value: string, limit: number) {
    const input = { ...query(index, name, value), ScanIndexForward: false, Limit: limit };
    const { Items = [] } = await db.send(new QueryCommand(input));
    return agesSchema.parse(Items);
  }

  async function rows(runIds: readonly string[]): Promise<Run[]> {
    const items = await rowsOf(db, { table, key: 'runId' }, runIds);
    return readable(
      runSchema,
      runIds.map((runId) => items.get(runId)),
    );
  }

  async function ids(
    index: string,
    name: string,
    value: string,
    after: RunIdPosition | undefined,
  ): Promise<IdPage> {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        ...query(index, name, value),
        ProjectionExpression: 'runId',
        Limit: idPageSize,
        ExclusiveStartKey: after,
      }),
    );
    return {
      runIds: idsSchema.parse(Items).map(({ runId }) => runId),
      next: LastEvaluatedKey && keySchema.parse(LastEvaluatedKey),
    };
  }

  return {
    async ofContact(contactId, limit) {
      const found = await newest('byContact', 'contactId', contactId, limit);
      return rows(found.map(({ runId }) => runId));
    },

    async ofWorkflow(workflowId, limit) {
      const shards = Array.from({ length: listShards }, (_, shard) =>
        newest('byWorkflow', 'workflowShard', `${shard}#${workflowId}`, limit),
      );
      const found = (await Promise.all(shards)).flat();
      const first = found.sort((a, b) => (a.beganAt < b.beganAt ? 1 : -1)).slice(0, limit);
      return rows(first.map(({ runId }) => runId));
    },

    async waitingAt(workflowId, stepId, atMost) {
      let count = 0;
      for (let shard = 0; shard < listShards && count < atMost; shard++) {
        const all = query('byWorkflow', 'workflowShard', `${shard}#${workflowId}`);
        let after: Record<string, unknown> | undefined;
        do {
          const page = await db.send(
            new QueryCommand({
              ...all,
              Select: 'COUNT',
              FilterExpression: 'stepId = :step',
              ExpressionAttributeValues: { ...all.ExpressionAttributeValues, ':step': stepId },
              ExclusiveStartKey: after,
            }),
          );
          count += page.Count ?? 0;
          after = page.LastEvaluatedKey;
        } while (after && count < atMost);
      }
      return count;
    },

    idsOfCustomer: (customerId, after) => ids('byCustomer', 'customerId', customerId, after),
    idsOfContact: (contactId, after) => ids('byContact', 'contactId', contactId, after),

    async parked(workflowId, { shard, key } = { shard: 0 }, waitingAt = []) {
      const all = query('byWorkflow', 'workflowShard', `${shard}#${workflowId}`);
      const steps = Object.fromEntries(waitingAt.map((stepId, n) => [`:step${n}`, stepId]));
      const atSteps = `(#state = :waiting AND stepId IN (${Object.keys(steps).join(', ')}))`;
      const { Items = [], LastEvaluatedKey } = await db.send(
        new QueryCommand({
          ...all,
          FilterExpression: `#state = :parked${waitingAt.length > 0 ? ` OR ${atSteps}` : ''}`,
          ExpressionAttributeNames: { ...all.ExpressionAttributeNames, '#state': 'state' },
          ExpressionAttributeValues: {
            ...{ ...all.ExpressionAttributeValues, ':parked': 'parked' },
            ...(waitingAt.length > 0 && { ...steps, ':waiting': 'waiting' }),
          },
          Limit: pageSize,
          ExclusiveStartKey: key,
        }),
      );
      const wakes = readable(parkedSchema, Items).flatMap((run) => wakeOf(run, workflowId));
      if (LastEvaluatedKey) {
        return { wakes, next: { shard, key: keySchema.parse(LastEvaluatedKey) } };
      }
      return { wakes, next: shard + 1 < listShards ? { shard: shard + 1 } : undefined };
    },
  };
}

function wakeOf(
  { runId, customerId, stepId, dueAt }: Pick<Run, 'runId' | 'customerId' | 'stepId' | 'dueAt'>,
  workflowId: string,
): Wake[] {
  if (stepId === undefined || dueAt === undefined) return [];
  return [{ runId, customerId, workflowId, stepId, dueAt }];
}

/** How many runs of a workflow are in each state, and at each of its steps. */
export type RunCounts = Readonly<{
  byState: ReadonlyMap<Run['state'], number>;
  /** Of those that wait or are parked, by the id of the step. */
  byStep: ReadonlyMap<string, number>;
  /** Whether all were counted, and not the newest ones only. */
  isComplete: boolean;
}>;

const countedSchema = z.pick(runSchema, { state: true, stepId: true });
/** A page of an index is up to a megabyte: some hundred runs. */
const mostPages = 4;

/** Counts the runs of a workflow, from an index that lags by moments. */
export async function runCounts(
  db: DynamoDBDocumentClient,
  table: string,
  workflowId: string,
): Promise<RunCounts> {
  const byState = new Map<Run['state'], number>();
  const byStep = new Map<string, number>();

  async function countShard(shard: number): Promise<boolean> {
    let after: Record<string, unknown> | undefined;
    for (let pages = 0; pages < mostPages; pages++) {
      const { Items, LastEvaluatedKey } = await db.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byWorkflow',
          KeyConditionExpression: 'workflowShard = :shard',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':shard': `${shard}#${workflowId}` },
          ProjectionExpression: '#state, stepId',
          ScanIndexForward: false,
          ExclusiveStartKey: after,
        }),
      );
      for (const one of readable(countedSchema, Items)) {
        byState.set(one.state, (byState.get(one.state) ?? 0) + 1);
        if (one.stepId === undefined || !isOpen(one)) continue;
        byStep.set(one.stepId, (byStep.get(one.stepId) ?? 0) + 1);
      }
      after = LastEvaluatedKey;
      if (!after) return true;
    }
    return false;
  }

  const shards = Array.from({ length: listShards }, (_, shard) => countShard(shard));
  const isComplete = (await Promise.all(shards)).every(Boolean);
  return { byState, byStep, isComplete };
}
