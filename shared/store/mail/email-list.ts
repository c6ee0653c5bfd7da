import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type EmailFate, reportedFates } from '#shared/audience/emails/email-fate.ts';
import { listShards, shareOf } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';
import { type ReportedEmail, reportedEmailSchema } from './emails.ts';

export type EmailListPage = Readonly<{
  /** Newest first. */
  items: readonly ReportedEmail[];
  /** The rest began before this time; `undefined`: there is none. */
  next: string | undefined;
  /** Whether the page is short because enough was read, not because enough was found. */
  isCutShort: boolean;
}>;

type EmailList = (
  wanted: Readonly<{
    workflowIds: readonly string[];
    fate?: EmailFate | undefined;
    /** ISO 8601: only those that began earlier. */
    before?: string | undefined;
  }>,
  limit: number,
) => Promise<EmailListPage>;

const shards = Array.from({ length: listShards }, (_, shard) => String(shard));
const keySchema = z.looseObject({ createdAt: z.string() });
type IndexKey = z.infer<typeof keySchema>;

/** Of each shard of each workflow, where a fate has to be looked for among the others. */
const readAtOnce = 250;
/** Of each, where none has: mostly one, of its share of a page. */
const mostReads = 3;

/** A shard of a workflow, as far as it was read. */
type Part = Readonly<{
  name: string;
  items: readonly ReportedEmail[];
  after: IndexKey | undefined;
}>;

/**
 * The emails of several workflows in one list, from an index that lags by moments. A few queries at most for each shard of
 * each workflow, however many emails there are: where those do not reach, the page is cut short and says where to go on.
 */
export function dynamoEmailList(db: DynamoDBDocumentClient, table: string): EmailList {
  return async ({ workflowIds, fate, before }, limit) => {
    const readOn = async ({ name, items, after }: Part, most: number): Promise<Part> => {
      const values = { ':shard': name, ...(before !== undefined && { ':before': before }) };
      const { Items, LastEvaluatedKey } = await db.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byWorkflow',
          KeyConditionExpression: `workflowShard = :shard${before === undefined ? '' : ' AND createdAt < :before'}`,
          ScanIndexForward: false,
          Limit: most,
          ExclusiveStartKey: after,
          ...withFate(fate, values),
        }),
      );
      const more = readable(reportedEmailSchema, Items);
      const last = LastEvaluatedKey && keySchema.parse(LastEvaluatedKey);
      return { name, items: [...items, ...more], after: last };
    };
    const names = workflowIds.flatMap((id) => shards.map((shard) => `${shard}#${id}`));
    const first = fate === undefined ? shareOf(limit) : readAtOnce;
    let parts: readonly Part[] = await Promise.all(
      names.map((name) => readOn({ name, items: [], after: undefined }, first)),
    );
    for (let reads = 1; fate === undefined && reads < mostReads; reads++) {
      const behind = new Set(behindIn(parts, limit));
      if (behind.size === 0) break;
      // One more than fits tells whether there are more.
      parts = await Promise.all(
        parts.map((part) => (behind.has(part) ? readOn(part, limit + 1) : part)),
      );
    }
    // Whatever is older than this was not read everywhere yet.
    const floor = parts
      .flatMap(({ after }) => after?.createdAt ?? [])
      .reduce((latest, one) => (one > latest ? one : latest), '');
    const found = newestFirst(parts).filter(({ createdAt }) => createdAt > floor);
    const full = fullPage(found, limit, floor === '');
    if (full) return full;
    const next = floor === '' ? undefined : momentAfter(floor);
    return { items: found, next, isCutShort: next !== undefined };
  };
}

function newestFirst(parts: readonly Part[]): ReportedEmail[] {
  const all = parts.flatMap(({ items }) => items);
  return all.sort((a, b) => (a.createdAt > b.createdAt ? -1 : 1));
}

/** The parts that may have more emails of this page than were read. */
function behindIn(parts: readonly Part[], limit: number): Part[] {
  const last = newestFirst(parts)[limit - 1]?.createdAt ?? '';
  return parts.filter(({ after }) => after !== undefined && after.createdAt >= last);
}

/** A page of emails that come newest first; `undefined`: they are too few. `isAll`: there are no others than these. */
export function fullPage(
  found: readonly ReportedEmail[],
  limit: number,
  isAll: boolean,
): EmailListPage | undefined {
  const last = found[limit - 1]?.createdAt;
  if (last === undefined) return undefined;
  // Those of one moment are never torn apart.
  const items = found.filter(({ createdAt }) => createdAt >= last);
  const isEnd = isAll && items.length === found.length;
  return { items, next: isEnd ? undefined : last, isCutShort: false };
}

/** The time until which what was read only in part is read again. */
function momentAfter(at: string): string {
  return new Date(Date.parse(at) + 1).toISOString();
}

/** As conditions of DynamoDB, what `fateOf` says: of a bounce that has passed nothing is left. */
const is = {
  complained: 'attribute_exists(#feedback.complainedAt)',
  bounced:
    'attribute_exists(#feedback.bouncedAt) AND (attribute_not_exists(#feedback.transientAt) OR attribute_not_exists(#feedback.deliveredAt))',
  rejected: 'attribute_exists(#feedback.rejectedAt)',
  delivered: 'attribute_exists(#feedback.deliveredAt)',
} as const;
const isNot = {
  complained: 'attribute_not_exists(#feedback.complainedAt)',
  bounced:
    '(attribute_not_exists(#feedback.bouncedAt) OR (attribute_exists(#feedback.transientAt) AND attribute_exists(#feedback.deliveredAt)))',
  rejected: 'attribute_not_exists(#feedback.rejectedAt)',
  delivered: 'attribute_not_exists(#feedback.deliveredAt)',
} as const;

/** The condition says the same as `fateOf`. */
function withFate(fate: EmailFate | undefined, values: Readonly<Record<string, string>>) {
  if (fate === undefined) return { ExpressionAttributeValues: values };
  const rank = reportedFates.findIndex(([name]) => name === fate);
  const weightier = rank === -1 ? reportedFates : reportedFates.slice(0, rank);
  const conditions: string[] = weightier.map(([name]) => isNot[name]);
  const ExpressionAttributeNames = { '#feedback': 'feedback' };
  const reported = reportedFates[rank];
  if (reported) {
    return {
      FilterExpression: [is[reported[0]], ...conditions].join(' AND '),
      ExpressionAttributeNames,
      ExpressionAttributeValues: values,
    };
  }
  if (fate === 'held') conditions.push('attribute_exists(#heldSince)');
  if (fate === 'waiting') conditions.push('attribute_not_exists(#heldSince)');
  return {
    FilterExpression: ['#state = :state', ...conditions].join(' AND '),
    ExpressionAttributeNames: {
      ...ExpressionAttributeNames,
      '#state': 'state',
      ...(['held', 'waiting'].includes(fate) && { '#heldSince': 'heldSince' }),
    },
    ExpressionAttributeValues: { ...values, ':state': fate === 'held' ? 'waiting' : fate },
  };
}
