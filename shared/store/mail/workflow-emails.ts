import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { countedFates, type EmailFate } from '#shared/audience/emails/email-fate.ts';
import { type ListPage, listShards, newestFirst, shareOf } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';
import { type ReportedEmail, reportedEmailSchema } from './emails.ts';

const keySchema = z.object({
  createdAt: z.string().check(z.minLength(1), z.maxLength(64)),
  ledgerKey: z.string().check(z.minLength(1), z.maxLength(256)),
});
type EmailKey = z.infer<typeof keySchema>;

/** How far the emails of a workflow were listed. */
export const workflowEmailsPositionSchema = z.record(
  z.string().check(z.regex(/^\d+$/)),
  z.nullable(keySchema),
);
type WorkflowEmailsPosition = z.infer<typeof workflowEmailsPositionSchema>;

export type EmailCounts = Readonly<{
  byFate: ReadonlyMap<EmailFate, number>;
  /** Whether these are all: only the newest ones are counted. */
  isComplete: boolean;
}>;

/** The emails of a workflow, from an index that lags by moments. */
export type WorkflowEmails = Readonly<{
  /** Exact up to about a thousand emails; of more, the newest thousand. */
  counts(workflowId: string): Promise<EmailCounts>;
  /** Newest first. */
  page(
    workflowId: string,
    limit: number,
    after?: WorkflowEmailsPosition,
  ): Promise<ListPage<ReportedEmail, EmailKey>>;
}>;

const mostCounted = 1_000;
const shards = Array.from({ length: listShards }, (_, shard) => String(shard));
const fatedSchema = z.pick(reportedEmailSchema, { state: true, heldSince: true, feedback: true });

export function dynamoWorkflowEmails(db: DynamoDBDocumentClient, table: string): WorkflowEmails {
  const queryOf = (shard: string, workflowId: string, limit: number) => ({
    TableName: table,
    IndexName: 'byWorkflow',
    KeyConditionExpression: 'workflowShard = :shard',
    ExpressionAttributeValues: { ':shard': `${shard}#${workflowId}` },
    ScanIndexForward: false,
    Limit: limit,
  });

  async function fatedIn(shard: string, workflowId: string) {
    // Shards are never quite even: a little more of each, so that a thousand are mostly counted whole.
    const limit = Math.ceil((1.25 * mostCounted) / listShards);
    const { Items, LastEvaluatedKey } = await db.send(
      new QueryCommand({
        ...queryOf(shard, workflowId, limit),
        ProjectionExpression: '#state, heldSince, feedback',
        ExpressionAttributeNames: { '#state': 'state' },
      }),
    );
    return { emails: readable(fatedSchema, Items), isAll: LastEvaluatedKey === undefined };
  }

  return {
    async counts(workflowId) {
      const read = await Promise.all(shards.map((shard) => fatedIn(shard, workflowId)));
      const byFate = countedFates(read.flatMap(({ emails }) => emails));
      return { byFate, isComplete: read.every(({ isAll }) => isAll) };
    },

    page(workflowId, limit, after) {
      return newestFirst(
        {
          shards,
          async read(shard, from, isFirst) {
            const { Items, LastEvaluatedKey } = await db.send(
              new QueryCommand({
                ...queryOf(shard, workflowId, isFirst ? shareOf(limit) : limit),
                ExclusiveStartKey: from && { ...from, workflowShard: `${shard}#${workflowId}` },
              }),
            );
            return {
              items: readable(reportedEmailSchema, Items),
              next: LastEvaluatedKey && keySchema.parse(LastEvaluatedKey),
            };
          },
          keyOf: ({ createdAt, ledgerKey }) => ({ createdAt, ledgerKey }),
          ageOf: ({ createdAt }) => createdAt,
          limit,
          mostReads: 2,
        },
        after,
      );
    },
  };
}
