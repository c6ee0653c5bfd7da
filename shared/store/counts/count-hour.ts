import {
  type DynamoDBDocumentClient,
  paginateQuery,
  paginateScan,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  type Counts,
  countsOf,
  emailTally,
  runTallies,
  sumOf,
  type Tally,
} from '#shared/audience/counts/counts.ts';
import { dayOf } from '#shared/audience/counts/plan.ts';
import { emailSchema } from '#shared/audience/emails/email.ts';
import { eventRecordSchema } from '#shared/audience/event-record.ts';
import { runStates } from '#shared/audience/runs/run.ts';
import { inGroups } from '#shared/in-time.ts';
import { listShards } from '#shared/store/dynamo.ts';

type Tables = Readonly<Record<'events' | 'emails' | 'runs' | 'contacts', string>>;

const time = z.optional(z.string());
const eventSchema = z.object({ type: z.string(), outcome: eventRecordSchema.shape.outcome });
const mailSchema = z.object({
  state: emailSchema.shape.state,
  heldSince: time,
  feedback: z.optional(
    z.object({
      ...{ deliveredAt: time, bouncedAt: time, transientAt: time },
      ...{ complainedAt: time, rejectedAt: time },
    }),
  ),
});
const runSchema = z.object({
  state: z.enum(runStates),
  mailed: z.optional(z.boolean()),
});

/** A row as it is to be counted. `undefined`: no version of ours wrote it so, and it counts for nothing. */
type Counted = readonly Tally[] | undefined;

const queriesAtOnce = 16;

/** Of an index, to see at once when anything was recorded: where it is more, each hour and day is asked for itself. */
const fewRows = 500;

/** Reads what was recorded, from indexes that lag by moments. */
export function hourCounter(
  db: DynamoDBDocumentClient,
  tables: Tables,
  { mostFew = fewRows } = {},
) {
  return {
    /**
     * Counts what was recorded of one hour: each row of it is read once. `reads`: how many pages of at most a megabyte
     * that took. `unreadable`: how many rows are left out, which must not hold back the rest.
     */
    async countHour(
      hour: string,
      workflowIds: readonly string[],
    ): Promise<{ counts: Counts; reads: number; unreadable: number }> {
      const found: Counts[] = [];
      let reads = 0;
      let unreadable = 0;
      await allOf(listsOf(tables, hour, workflowIds), async (list) => {
        for await (const page of paginateQuery({ client: db }, queryOf(list, hour))) {
          reads += 1;
          if (list.tallies === 'none') found.push(countsOf([], page.Count));
          else {
            const rows = (page.Items ?? []).map(list.tallies);
            unreadable += rows.filter((row) => row === undefined).length;
            found.push(countsOf(rows.flatMap((row) => row ?? [])));
          }
        }
      });
      return { counts: sumOf(found), reads, unreadable };
    },

    /**
     * The hours in which anything was recorded; `undefined`: that is more than a read of each index shows. Four reads at
     * most, where each hour takes one of each list.
     */
    async hoursOfFew(): Promise<{ hours: ReadonlySet<string> | undefined; reads: number }> {
      const hours = new Set<string>();
      let reads = 0;
      for (const [table, index, sort] of [
        [tables.events, 'byDay', 'receivedAt'],
        [tables.contacts, 'byCreation', 'createdAt'],
        [tables.emails, 'byWorkflow', 'createdAt'],
        [tables.runs, 'byWorkflow', 'beganAt'],
      ] as const) {
        reads += 1;
        const page = await db.send(
          new ScanCommand({
            ...{ TableName: table, IndexName: index, Limit: mostFew },
            ProjectionExpression: '#sort',
            ExpressionAttributeNames: { '#sort': sort },
          }),
        );
        if (page.LastEvaluatedKey) return { hours: undefined, reads };
        for (const item of page.Items ?? []) hours.add(z.string().parse(item[sort]).slice(0, 13));
      }
      return { hours, reads };
    },

    /** Whether nothing was recorded on a day: reads at most one row of each list. */
    async isEmptyDay(
      day: string,
      workflowIds: readonly string[],
    ): Promise<{ isEmpty: boolean; reads: number }> {
      let isEmpty = true;
      let reads = 0;
      await allOf(listsOf(tables, day, workflowIds), async (list) => {
        if (!isEmpty) return;
        reads += 1;
        const { Count } = await db.send(new QueryCommand({ ...queryOf(list, day), Limit: 1 }));
        if (Count !== 0) isEmpty = false;
      });
      return { isEmpty, reads };
    },
  };
}

/** A part of an index, and what each of its rows counts for; `none`: only how many there are is asked. */
type List = Readonly<{
  table: string;
  index: string;
  partition: readonly [name: string, value: string];
  sort: string;
  shown: readonly string[];
  tallies: ((item: unknown) => Counted) | 'none';
}>;

function listsOf(tables: Tables, at: string, workflowIds: readonly string[]): List[] {
  const shards = Array.from({ length: listShards }, (_, shard) => String(shard));
  return shards.flatMap((shard): List[] => [
    {
      ...{ table: tables.events, index: 'byDay', sort: 'receivedAt' },
      partition: ['dayShard', `${dayOf(at)}#${shard}`],
      shown: ['type', 'outcome'],
      tallies(item) {
        const event = eventSchema.safeParse(item).data;
        return event && [['events', event.type, event.outcome]];
      },
    },
    {
      ...{ table: tables.contacts, index: 'byCreation', sort: 'createdAt' },
      ...{ partition: ['creationShard', shard], shown: [], tallies: 'none' },
    },
    ...workflowIds.flatMap((workflowId): List[] => [
      {
        ...{ table: tables.emails, index: 'byWorkflow', sort: 'createdAt' },
        partition: ['workflowShard', `${shard}#${workflowId}`],
        shown: ['state', 'heldSince', 'feedback'],
        tallies(item) {
          const email = mailSchema.safeParse(item).data;
          return email && [emailTally(workflowId, email)];
        },
      },
      {
        ...{ table: tables.runs, index: 'byWorkflow', sort: 'beganAt' },
        partition: ['workflowShard', `${shard}#${workflowId}`],
        shown: ['state', 'mailed'],
        tallies(item) {
          const run = runSchema.safeParse(item).data;
          return run && runTallies(workflowId, run);
        },
      },
    ]),
  ]);
}

function queryOf(
  { table, index, partition: [name, value], sort, shown, tallies }: List,
  at: string,
): QueryCommandInput {
  return {
    TableName: table,
    IndexName: index,
    KeyConditionExpression: '#partition = :value AND begins_with(#sort, :at)',
    ExpressionAttributeNames: {
      '#partition': name,
      '#sort': sort,
      ...Object.fromEntries(shown.map((attribute) => [`#${attribute}`, attribute])),
    },
    ExpressionAttributeValues: { ':value': value, ':at': at },
    ...(tallies === 'none'
      ? { Select: 'COUNT' }
      : { ProjectionExpression: shown.map((attribute) => `#${attribute}`).join(', ') }),
  };
}

/** `work` on each, some at a time; throws what the first one threw, once all that had begun have ended. */
async function allOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const thrown: unknown[] = [];
  await inGroups(
    [...items.entries()],
    ([at]) => String(at),
    async ([, item]) => {
      if (thrown.length > 0) return;
      await work(item).catch((error: unknown) => thrown.push(error));
    },
    queriesAtOnce,
  );
  if (thrown.length > 0) throw thrown[0];
}

const idSchema = z.array(z.object({ workflowId: z.string() }));

/** The ids of all workflows, which are few. */
export async function workflowIdsIn(db: DynamoDBDocumentClient, table: string): Promise<string[]> {
  const scan = { TableName: table, ProjectionExpression: 'workflowId' };
  const found: string[] = [];
  for await (const { Items } of paginateScan({ client: db }, scan)) {
    found.push(...idSchema.parse(Items ?? []).map(({ workflowId }) => workflowId));
  }
  return found;
}
