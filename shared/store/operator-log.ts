import { randomBytes } from 'node:crypto';
import {
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import {
  type ActDraft,
  type ActEnd,
  type ActFilter,
  type ActObjects,
  type Actor,
  actOutcomes,
  actVerbs,
  type ErasureProof,
  isMeantBy,
  keptObjects,
  keptReason,
  type OperatorAct,
} from '#shared/audience/operator-act.ts';
import { proofsOf } from './erasure-proofs.ts';

const actSchema = z.object({
  at: z.string(),
  actId: z.string(),
  by: z.string(),
  via: z.enum(['console', 'command']),
  what: z.enum(actVerbs),
  on: z.record(z.string(), z.union([z.string(), z.number()])),
  sentence: z.string(),
  outcome: z.enum(actOutcomes),
  reason: z.optional(z.string()),
});

/** Where a list goes on: a day, and the key of the last act that was given of it. */
export const actPositionSchema = z.object({ day: z.iso.date(), time: z.optional(z.string()) });
export type ActPosition = z.infer<typeof actPositionSchema>;

type ActPage = Readonly<{ acts: readonly OperatorAct[]; next: ActPosition | undefined }>;

export type OperatorLog = Readonly<{
  /** Writes down that somebody begins to do something. Throws where it cannot: then it must not be begun. */
  begin(draft: ActDraft, actor: Actor): Promise<OperatorAct>;
  /** Writes down how it ended, with why it came to nothing, and what it was about, if more of that is known by now. */
  end(act: OperatorAct, end: ActEnd, on?: ActObjects): Promise<void>;
  /** The newest first, back to the day `since`. */
  page(filter: ActFilter, since: string, limit: number, after?: ActPosition): Promise<ActPage>;
}>;

const millisecondsOfDay = 86_400_000;

const proofSchema = z.object({
  erasedAt: z.string(),
  askedAt: z.string(),
  askedBy: z.string(),
  customerId: z.optional(z.string()),
  contactId: z.optional(z.string()),
});

/** What was erased under any of these names: ids of customers and contacts, and hashes of addresses. The newest first. */
export async function erasureProofs(
  db: DynamoDBDocumentClient,
  table: string,
  names: readonly string[],
): Promise<ErasureProof[]> {
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const query = new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#day = :day',
        ExpressionAttributeNames: { '#day': 'day' },
        ExpressionAttributeValues: { ':day': proofsOf(name) },
        ScanIndexForward: false,
        ConsistentRead: true,
      });
      return ((await db.send(query)).Items ?? []).map((item) => proofSchema.parse(item));
    }),
  );
  const once = new Map(found.flat().map((proof) => [JSON.stringify(proof), proof]));
  return [...once.values()].sort((a, b) => (a.erasedAt < b.erasedAt ? 1 : -1));
}

/** The operator log: table Acts, with a partition for each day. Acts go when event records do. */
export function dynamoOperatorLog(
  db: DynamoDBDocumentClient,
  table: string,
  { retentionDays, now }: Readonly<{ retentionDays: number; now: () => Date }>,
): OperatorLog {
  async function ofDay(day: string, Limit: number, time: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: '#day = :day',
        ExpressionAttributeNames: { '#day': 'day' },
        ExpressionAttributeValues: { ':day': day },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit,
        ...(time !== undefined && { ExclusiveStartKey: { day, time } }),
      }),
    );
    // Another version may know verbs that this one does not: they are passed over.
    const acts = Items.flatMap((item) => actSchema.safeParse(item).data ?? []);
    return { acts, isMore: LastEvaluatedKey !== undefined, last: LastEvaluatedKey?.['time'] };
  }

  return {
    async begin(draft, { by, via }) {
      const at = now();
      const act: OperatorAct = {
        ...{ at: at.toISOString(), actId: randomBytes(6).toString('hex'), by, via },
        ...{ what: draft.what, on: keptObjects(draft.on), sentence: draft.sentence },
        outcome: 'begun',
      };
      const expiresAt = Math.floor(at.getTime() / 1_000) + retentionDays * 86_400;
      await db.send(
        new PutCommand({ TableName: table, Item: { ...keyOf(act), ...act, expiresAt } }),
      );
      return act;
    },

    async end(act, { outcome, reason = '' }, on = {}) {
      const kept = keptReason(reason);
      await db.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(act),
          UpdateExpression: `SET outcome = :outcome, #on = :on${kept && ', reason = :reason'}`,
          ExpressionAttributeNames: { '#on': 'on' },
          ExpressionAttributeValues: {
            ':outcome': outcome,
            ...(kept && { ':reason': kept }),
            ':on': keptObjects({ ...act.on, ...on }),
          },
        }),
      );
    },

    async page(filter, since, limit, after) {
      const isMeant = isMeantBy(filter);
      const found: OperatorAct[] = [];
      const today = now().toISOString().slice(0, 10);
      // A position comes in a URL: days that are still to come would be asked for one by one.
      const start = after && after.day <= today ? after : { day: today };
      let day = start.day;
      let time = start.time;
      const first = since.slice(0, 10);
      const read = (one: string) => ofDay(one, limit, undefined);
      const fromItsStart = readAhead(read, first, isFiltered(filter) ? daysOfFilter : 1);
      while (day >= first) {
        const { acts, isMore, last } = await (time === undefined
          ? fromItsStart(day)
          : ofDay(day, limit, time));
        const meant = acts.filter((act) => isMeant(act) && act.at >= since);
        const room = limit - found.length;
        found.push(...meant.slice(0, room));
        const lastGiven = found.at(-1);
        if (meant.length > room && lastGiven) return { acts: found, next: keyOf(lastGiven) };
        if (isMore && typeof last === 'string') time = last;
        else [day, time] = [dayBefore(day), undefined];
        if (found.length >= limit && day >= first) {
          return { acts: found, next: { day, ...(time !== undefined && { time }) } };
        }
      }
      return { acts: found, next: undefined };
    },
  };
}

const mostDaysAtOnce = 32;
/** What somebody looks for may be in none of the days: a week and today are one round. */
const daysOfFilter = 8;

const isFiltered = ({ by, what }: ActFilter) => by !== undefined || what !== undefined;

/** Days that are asked for one after another, back to `first`, are read more and more of them side by side. */
function readAhead<Page>(read: (day: string) => Promise<Page>, first: string, begin: number) {
  let width = begin;
  let pages = new Map<string, Page>();
  return async (day: string): Promise<Page> => {
    const known = pages.get(day);
    if (known) return known;
    const days = earlierDays(day, first, width - 1);
    const [page, others] = await Promise.all([
      read(day),
      Promise.all(days.map(async (one) => [one, await read(one)] as const)),
    ]);
    pages = new Map(others);
    width = Math.min(width * 4, mostDaysAtOnce);
    return page;
  };
}

function keyOf({ at, actId }: Pick<OperatorAct, 'at' | 'actId'>) {
  return { day: at.slice(0, 10), time: `${at}#${actId}` };
}

function earlierDays(day: string, first: string, most: number): string[] {
  const days: string[] = [];
  for (let one = dayBefore(day); one >= first && days.length < most; one = dayBefore(one)) {
    days.push(one);
  }
  return days;
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - millisecondsOfDay).toISOString().slice(0, 10);
}
