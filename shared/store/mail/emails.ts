import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  paginateScan,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { actorName } from '#shared/actor.ts';
import {
  type EmailIdentity,
  emailIdentitySchema,
  emailSchema,
  type MailMessage,
} from '#shared/audience/emails/email.ts';
import { markedAsSent, type StateOrHeld, stateOrHeld } from '#shared/audience/emails/email-fate.ts';
import { reasonOf } from '#shared/failure.ts';
import { listShards } from '#shared/store/dynamo.ts';
import { readable } from '#shared/store/readable.ts';
import { dueAttributesOf } from './due-index.ts';

const time = z.optional(z.string());

export const reportedEmailSchema = z.extend(emailSchema, {
  feedback: z.optional(
    z.object({
      sentAt: time,
      deliveredAt: time,
      bouncedAt: time,
      transientAt: time,
      complainedAt: time,
      rejectedAt: time,
    }),
  ),
});

/** An email of the ledger with what SES has said of it since. */
export type ReportedEmail = z.infer<typeof reportedEmailSchema>;

export type EmailFilter = Readonly<{
  workflowId?: string | undefined;
  /** `waiting` includes those that are held. */
  state?: StateOrHeld | undefined;
}>;

/** What people do with the ledger. */
export type EmailAdmin = Readonly<{
  find(ledgerKey: string): Promise<ReportedEmail | undefined>;
  /** The newest ones, newest first. Without a workflow the whole table is read; with one, an index that lags by moments. */
  list(filter: EmailFilter, limit: number): Promise<ReportedEmail[]>;
  /** Settles an email that is unknown. `false`: it no longer is. */
  markSent(ledgerKey: string, by: string): Promise<boolean>;
  /**
   * Frees an email that is unknown, failed or blocked for another attempt, for which the caller then queues a message.
   * `undefined`: it is none of these. Safe to repeat until the attempt is made.
   */
  sendAgain(ledgerKey: string, by: string): Promise<EmailIdentity | undefined>;
}>;

const againReason = 'Queued to be sent again by';
/** The same of version 0.1.0. No clock asks for its rows: where the queue took no message, a person does the same again. */
const againReasonBefore = 'to be sent again, says';

/** Should the message for an email that is to be sent again not reach the queue, the clock asks for it this much later. */
const patienceWithQueueMs = 5 * 60_000;

/** The ledger in DynamoDB as people see and settle it. */
export function dynamoEmailAdmin(
  db: DynamoDBDocumentClient,
  table: string,
  now: () => Date,
): EmailAdmin {
  async function settle(
    ledgerKey: string,
    set: Readonly<{ state: string; reason: string; dueAt?: string }>,
    condition: Pick<UpdateCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'>,
  ): Promise<EmailIdentity | undefined> {
    const due = set.dueAt === undefined ? undefined : dueAttributesOf(ledgerKey, set.dueAt);
    try {
      const { Attributes } = await db.send(
        new UpdateCommand({
          TableName: table,
          Key: { ledgerKey },
          UpdateExpression: `SET #state = :state, #reason = :reason, updatedAt = :at${due ? ', dueAt = :dueAt, dueShard = :dueShard' : ''} REMOVE leaseUntil, waitingSince${due ? '' : ', dueAt, dueShard'}`,
          ConditionExpression: condition.ConditionExpression,
          ExpressionAttributeNames: { '#state': 'state', '#reason': 'reason' },
          ExpressionAttributeValues: {
            ...condition.ExpressionAttributeValues,
            ':state': set.state,
            ':reason': set.reason,
            ':at': now().toISOString(),
            ...(due && { ':dueAt': due.dueAt, ':dueShard': due.dueShard }),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return emailIdentitySchema.parse(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async function ofShard(shard: number, workflowId: string, { state }: EmailFilter, limit: number) {
    const query = {
      TableName: table,
      IndexName: 'byWorkflow',
      KeyConditionExpression: 'workflowShard = :shard',
      ScanIndexForward: false,
      ...filterOn(state, { ':shard': `${shard}#${workflowId}` }),
    };
    const found: ReportedEmail[] = [];
    for await (const page of paginateQuery({ client: db, pageSize: limit }, query)) {
      found.push(...readable(reportedEmailSchema, page.Items));
      if (found.length >= limit) break;
    }
    return found;
  }

  async function inWholeTable({ state }: EmailFilter, limit: number) {
    let newest: ReportedEmail[] = [];
    const scan = { TableName: table, ...filterOn(state, {}) };
    for await (const page of paginateScan({ client: db }, scan)) {
      newest = newestOf([...newest, ...readable(reportedEmailSchema, page.Items)], limit);
    }
    return newest;
  }

  return {
    async find(ledgerKey) {
      const get = new GetCommand({ TableName: table, Key: { ledgerKey }, ConsistentRead: true });
      const { Item } = await db.send(get);
      return Item && reportedEmailSchema.parse(Item);
    },

    async list(filter, limit) {
      const { workflowId } = filter;
      if (workflowId === undefined) return inWholeTable(filter, limit);
      const shards = await Promise.all(
        Array.from({ length: listShards }, (_, shard) => ofShard(shard, workflowId, filter, limit)),
      );
      return newestOf(shards.flat(), limit);
    },

    async markSent(ledgerKey, by) {
      const settled = await settle(
        ledgerKey,
        { state: 'sent', reason: `${markedAsSent}${actorName(by)}` },
        {
          ConditionExpression: '#state = :unknown',
          ExpressionAttributeValues: { ':unknown': 'unknown' },
        },
      );
      return settled !== undefined;
    },

    sendAgain: (ledgerKey, by) =>
      settle(
        ledgerKey,
        {
          state: 'waiting',
          reason: `${againReason} ${actorName(by)}`,
          dueAt: new Date(now().getTime() + patienceWithQueueMs).toISOString(),
        },
        {
          ConditionExpression:
            '#state IN (:unknown, :failed, :blocked) OR (#state = :state AND (begins_with(#reason, :again) OR begins_with(#reason, :againBefore)))',
          ExpressionAttributeValues: {
            ':unknown': 'unknown',
            ':failed': 'failed',
            ':blocked': 'blocked',
            ':again': againReason,
            ':againBefore': againReasonBefore,
          },
        },
      ),
  };
}

function filterOn(state: StateOrHeld | undefined, values: Readonly<Record<string, string>>) {
  if (state === undefined) {
    return Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {};
  }
  const isHeld = state === 'held';
  return {
    FilterExpression: `#state = :state${isHeld ? ' AND attribute_exists(heldSince)' : ''}`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ...values, ':state': isHeld ? 'waiting' : state },
  };
}

function newestOf(emails: readonly ReportedEmail[], limit: number): ReportedEmail[] {
  return [...emails].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).slice(0, limit);
}

export type Settled =
  | { kind: 'done' }
  /** Nothing was changed; `reason` is a sentence. */
  | { kind: 'refused'; reason: string }
  /** Free to be sent, but the queue did not take the message: the same once more, or the clock, does the rest. */
  | { kind: 'not-queued'; reason: string; cause: unknown };

export const canBeMarkedSent: readonly ReportedEmail['state'][] = ['unknown'];
export const canBeSentAgain: readonly ReportedEmail['state'][] = ['unknown', 'blocked', 'failed'];

/** What a person does about an email that waits for one. `queue` puts a message into the mail queue. */
export function settleEmail(
  emails: Pick<EmailAdmin, 'find' | 'markSent' | 'sendAgain'>,
  queue: (message: MailMessage) => Promise<unknown>,
) {
  async function refused(ledgerKey: string, wanted: string): Promise<Settled> {
    const email = await emails.find(ledgerKey);
    const reason = email
      ? `Nothing was changed: the email is ${stateOrHeld(email)}, and only ${wanted}.`
      : `The ledger has no email ${ledgerKey}, so nothing was changed.`;
    return { kind: 'refused', reason };
  }

  return {
    /** It went out: it counts as sent, and is never sent again. */
    async markSent(ledgerKey: string, by: string): Promise<Settled> {
      if (await emails.markSent(ledgerKey, by)) return { kind: 'done' };
      return refused(ledgerKey, 'an unknown one can be marked as sent');
    },

    /** It has to go out. The mailer still judges whether it may. Safe to repeat until the attempt is made. */
    async sendAgain(ledgerKey: string, by: string): Promise<Settled> {
      const email = await emails.sendAgain(ledgerKey, by);
      if (!email) {
        return refused(ledgerKey, 'one that is unknown, blocked or failed can be sent again');
      }
      // In this order: a message that came first would find the email settled and be gone.
      try {
        await queue(email);
        return { kind: 'done' };
      } catch (cause) {
        const reason = `The email is marked to be sent again, but the queue did not take it (${reasonOf(cause)}). It is tried again within ten minutes.`;
        return { kind: 'not-queued', reason, cause };
      }
    },
  };
}
