import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Email, emailSchema } from '#shared/audience/email.ts';
import { listShards } from '#shared/store/dynamo.ts';

const dueEmailSchema = z.object({ ledgerKey: z.string(), dueAt: z.string() });

/** An email that something is left to do about, and since when. */
export type DueEmail = z.infer<typeof dueEmailSchema>;

export type DueEmails = Readonly<{
  /** Those that are due by then, the longest due first, from an index that lags by moments. */
  due(by: string, limit: number): Promise<DueEmail[]>;
  /** Puts it off, and gives its row. `undefined`: it is no longer due since then; somebody else has it, or it is over. */
  take(email: DueEmail, until: string): Promise<Email | undefined>;
}>;

/** What is left to do in the ledger: emails that are reserved, waiting or unknown. */
export function dynamoDueEmails(db: DynamoDBDocumentClient, table: string): DueEmails {
  async function ofShard(shard: number, by: string, limit: number): Promise<DueEmail[]> {
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byDue',
        KeyConditionExpression: 'dueShard = :shard AND dueAt <= :by',
        ExpressionAttributeValues: { ':shard': String(shard), ':by': by },
        Limit: limit,
      }),
    );
    return z.array(dueEmailSchema).parse(Items);
  }

  return {
    async due(by, limit) {
      const shards = Array.from({ length: listShards }, (_, shard) => ofShard(shard, by, limit));
      const found = (await Promise.all(shards)).flat();
      return found.sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)).slice(0, limit);
    },

    async take({ ledgerKey, dueAt }, until) {
      try {
        const { Attributes } = await db.send(
          new UpdateCommand({
            TableName: table,
            Key: { ledgerKey },
            UpdateExpression: 'SET dueAt = :until',
            ConditionExpression: 'dueAt = :read',
            ExpressionAttributeValues: { ':until': until, ':read': dueAt },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return emailSchema.parse(Attributes);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
  };
}
