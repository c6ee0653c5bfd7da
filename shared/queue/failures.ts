import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

/** Of a webhook, an email of the ledger, or a message that tells neither. Attribute `webhookId` of the table. */
type FailureId = string;

type Failure = Readonly<{
  failureId: FailureId;
  type: string | undefined;
  reason: string;
  isFinal: boolean;
}>;

const failureRowSchema = z.object({
  firstReason: z.string(),
  firstAt: z.string(),
  lastReason: z.string(),
  lastAt: z.string(),
  attempts: z.number(),
  isFinal: z.boolean(),
});

/** Why a message failed, first and last, and how often a function tried it. */
export type FailureRow = z.infer<typeof failureRowSchema>;

/** A reason that was kept elsewhere, with what the row says of its message. */
type KeptFailure = Readonly<{ failureId: FailureId; type: string; failure: FailureRow }>;

export type Failures = Readonly<{
  /** Keeps the first and the last reason. Reasons name fields and errors, never personal data. */
  record(failure: Failure): Promise<void>;
  /** The message got through after all. */
  clear(failureId: FailureId): Promise<void>;
  /** The message is back among the dead letters. A reason that there is by now stays. */
  putBack(kept: KeptFailure): Promise<void>;
}>;

export function failureRowOf(item: unknown): FailureRow | undefined {
  return failureRowSchema.safeParse(item).data;
}

/** After so many receives SQS moves a message into the dead letters: `maxReceiveCount` of the queues. */
export const mostReceives = 12;

const keptDays = 30;

function expiresAt(at: Date): number {
  return Math.floor(at.getTime() / 1_000) + keptDays * 86_400;
}

/** The reasons of messages that are on their way to the dead letters, or there. */
export function dynamoFailures(
  db: DynamoDBDocumentClient,
  table: string,
  now: () => Date,
): Failures {
  return {
    async record({ failureId, type, reason, isFinal }) {
      const at = now();
      const set = [
        '#type = :type',
        'firstReason = if_not_exists(firstReason, :reason)',
        'firstAt = if_not_exists(firstAt, :at)',
        'lastReason = :reason',
        'lastAt = :at',
        'isFinal = :isFinal',
        'expiresAt = :expiresAt',
      ];
      await db.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(failureId),
          UpdateExpression: `SET ${set.join(', ')} ADD attempts :one`,
          ExpressionAttributeNames: { '#type': 'type' },
          ExpressionAttributeValues: {
            ':type': type ?? 'unknown',
            ':reason': reason,
            ':at': at.toISOString(),
            ':isFinal': isFinal,
            ':expiresAt': expiresAt(at),
            ':one': 1,
          },
        }),
      );
    },

    async clear(failureId) {
      await db.send(new DeleteCommand({ TableName: table, Key: keyOf(failureId) }));
    },

    async putBack({ failureId, type, failure }) {
      const Item = { ...keyOf(failureId), type, ...failure, expiresAt: expiresAt(now()) };
      const ConditionExpression = 'attribute_not_exists(webhookId)';
      try {
        await db.send(new PutCommand({ TableName: table, Item, ConditionExpression }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

const keyOf = (failureId: FailureId) => ({ webhookId: failureId });
