import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  PutCommand,
  paginateQuery,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  allMail,
  type Counts,
  countsSchema,
  fatesIn,
  sumOf,
  type WorkflowNumbers,
  workflowNumbers,
} from '#shared/audience/counts/counts.ts';
import { type CountedDay, type CountedHours, hourOf } from '#shared/audience/counts/plan.ts';
import type { EmailsOfDay } from '#shared/store/mail/emails-now.ts';

const hourSchema = z.object({ at: z.string(), countedAt: z.string(), counts: countsSchema });
const daySchema = z.extend(hourSchema, {
  hours: z.number(),
  isFinal: z.boolean(),
  emptyAsOf: z.optional(z.string()),
});
const countedSchema = z.object({ at: z.string(), countedAt: z.string() });

export const totalsSchema = z.object({
  total: z.number(),
  /** Subscribed, and at an address that SES takes. */
  mailable: z.number(),
  unsubscribed: z.number(),
  bounced: z.number(),
  complained: z.number(),
});
/** How many contacts there are, and why some of them get no marketing. */
export type ContactTotals = Readonly<z.infer<typeof totalsSchema>>;

const totalsRowSchema = z.extend(totalsSchema, { at: z.string(), asOf: z.string() });

export type HourCounts = Readonly<{ hour: string; countedAt: string; counts: Counts }>;
export type DayCounts = CountedDay & Readonly<{ counts: Counts }>;
export type TotalsOfDay = ContactTotals & Readonly<{ day: string; asOf: string }>;

/** What was counted, by hours (`YYYY-MM-DDTHH`) and days (`YYYY-MM-DD`) of UTC; a range has both its ends. */
export type CountStore = Readonly<{
  hours(from: string, to: string): Promise<HourCounts[]>;
  days(from: string, to: string): Promise<DayCounts[]>;
  /** When hours were counted. */
  countedHours(from: string, to: string): Promise<CountedHours>;
  /** How many contacts there were on each day on which they were counted. */
  totals(from: string, to: string): Promise<TotalsOfDay[]>;
  /** Never in place of what was counted later. Safe to repeat. */
  putHour(hour: HourCounts): Promise<void>;
  putDay(day: DayCounts): Promise<void>;
  putTotals(totals: TotalsOfDay): Promise<void>;
}>;

/** Longer than an hour is counted again; a day is kept. */
const hoursKeptDays = 20;

export function dynamoCounts(db: DynamoDBDocumentClient, table: string): CountStore {
  async function rows<T>(
    kind: string,
    [from, to]: readonly [string, string],
    schema: z.ZodMiniType<T>,
    more: Partial<QueryCommandInput> = {},
  ): Promise<T[]> {
    const query = {
      TableName: table,
      KeyConditionExpression: 'kind = :kind AND #at BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':kind': kind, ':from': from, ':to': to },
      ...more,
    };
    const found: T[] = [];
    for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
      found.push(...Items.map((item) => schema.parse(item)));
    }
    return found;
  }

  async function put(Item: Readonly<Record<string, unknown>>, order: 'countedAt' | 'asOf') {
    try {
      await db.send(
        new PutCommand({
          TableName: table,
          Item,
          ConditionExpression: 'attribute_not_exists(kind) OR #order <= :order',
          ExpressionAttributeNames: { '#order': order },
          ExpressionAttributeValues: { ':order': Item[order] },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return {
    async hours(from, to) {
      const found = await rows('hour', [from, to], hourSchema, { ConsistentRead: true });
      return found.map(({ at: hour, ...rest }) => ({ hour, ...rest }));
    },

    async days(from, to) {
      const found = await rows('day', [from, to], daySchema);
      return found.map(({ at: day, ...rest }) => ({ day, ...rest }));
    },

    async countedHours(from, to) {
      const found = await rows('hour', [from, to], countedSchema, {
        ConsistentRead: true,
        ProjectionExpression: '#at, countedAt',
      });
      return new Map(found.map(({ at, countedAt }) => [at, countedAt]));
    },

    async totals(from, to) {
      const found = await rows('contacts', [from, to], totalsRowSchema);
      return found.map(({ at: day, ...rest }) => ({ day, ...rest }));
    },

    putHour({ hour, countedAt, counts }) {
      const expiresAt = Math.floor(Date.parse(countedAt) / 1_000) + hoursKeptDays * 86_400;
      return put({ kind: 'hour', at: hour, countedAt, counts, expiresAt }, 'countedAt');
    },

    putDay: ({ day, ...rest }) => put({ kind: 'day', at: day, ...rest }, 'countedAt'),

    putTotals: ({ day, ...rest }) => put({ kind: 'contacts', at: day, ...rest }, 'asOf'),
  };
}

/** The day that was so many days before that of `now`. */
export function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}

/** What each workflow did in the last two weeks, today included, as it was counted last. One read, whatever their number. */
export async function workflowsOfTwoWeeks(
  counts: Pick<CountStore, 'days'>,
  now: Date,
): Promise<(workflowId: string) => WorkflowNumbers> {
  const days = await counts.days(daysBefore(now, 13), daysBefore(now, 0));
  const sum = sumOf(days.map((day) => day.counts));
  return (workflowId) => workflowNumbers(sum, workflowId);
}

/** What was counted since then. An hour that has begun before is left out: of a day, the rest is the last day in hours. */
async function countedSince(counts: Pick<CountStore, 'hours'>, since: string): Promise<Counts> {
  const next = new Date(Date.parse(since) + 3_600_000);
  const rows = await counts.hours(hourOf(next), '9999');
  return sumOf(rows.map((row) => row.counts));
}

/** What became of the emails since then, as they were counted last. One read. */
export async function fatesSince(counts: Pick<CountStore, 'hours'>, since: string) {
  return fatesIn(await countedSince(counts, since));
}

/** How the emails of a day are as they were counted last: one read, however many workflows there are. */
export function countedEmails(counts: Pick<CountStore, 'hours'>): EmailsOfDay {
  return async (_, since) => {
    const { sent, blocked, failed, unknown, held, waiting } = allMail(
      await countedSince(counts, since),
    );
    const byState = [
      ['sent', sent],
      ['blocked', blocked],
      ['failed', failed],
      ['unknown', unknown],
      ['held', held],
      ['waiting', waiting],
    ] as const;
    return { byState: new Map(byState.filter(([, count]) => count > 0)), isWhole: true };
  };
}
