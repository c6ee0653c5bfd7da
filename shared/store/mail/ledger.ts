import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Email, type EmailIdentity, emailSchema } from '#shared/audience/email.ts';
import { shardOf } from '#shared/store/dynamo.ts';

export type Reservation = Readonly<{ token: string; leaseUntil: string; addressHash: string }>;

/** Every verb is one conditional write; `false` means that the row was no longer as the caller believed. */
export type Emails = Readonly<{
  find(ledgerKey: string): Promise<Email | undefined>;
  /** Takes the key for one attempt to send. Only a key that is free, waiting, blocked or failed can be taken. */
  reserve(email: EmailIdentity, reservation: Reservation): Promise<boolean>;
  /** SES took it. Also where SES's own events have said so before. */
  sent(ledgerKey: string, token: string, sesMessageId: string): Promise<boolean>;
  /** SES refused it for now: the key is free for the next attempt, for which the clock asks at `dueAt`. */
  wait(
    ledgerKey: string,
    token: string,
    waiting: Readonly<{ reason: string; waitingSince: string; dueAt: string }>,
  ): Promise<boolean>;
  /**
   * All mail is held: it waits, and is not due before that is over. What SES refused before is forgotten: its two days
   * begin again.
   */
  putAside(email: EmailIdentity, reason: string, heldSince: string): Promise<boolean>;
  /** SES refused it for good. */
  fail(ledgerKey: string, token: string, reason: string): Promise<boolean>;
  /** Nobody knows whether SES took it, so it is not sent again. The clock looks at it from `dueAt` on. */
  loseSight(ledgerKey: string, token: string, reason: string, dueAt: string): Promise<boolean>;
  /** Lets the clock look at an unknown one of 0.1.0, which it does not know yet. */
  keepInSight(ledgerKey: string, dueAt: string): Promise<boolean>;
  /** It must not be sent. Never touches one that was sent or may have been. */
  block(email: EmailIdentity, reason: string): Promise<boolean>;
}>;

type Change = Readonly<{
  set: Readonly<Record<string, unknown>>;
  remove?: readonly string[];
  countAttempt?: boolean;
  /** With `#state` and `#token` for the attributes, and `:was…` for the values. */
  condition: string;
  values: Readonly<Record<string, unknown>>;
}>;

const isFree = {
  condition: 'attribute_not_exists(ledgerKey) OR #state IN (:wasWaiting, :wasBlocked, :wasFailed)',
  values: { ':wasWaiting': 'waiting', ':wasBlocked': 'blocked', ':wasFailed': 'failed' },
};

/** The email ledger in DynamoDB. */
export function dynamoEmails(db: DynamoDBDocumentClient, table: string, now: () => Date): Emails {
  async function change(ledgerKey: string, change: Change): Promise<boolean> {
    try {
      await db.send(new UpdateCommand(updateOf(table, ledgerKey, change, now().toISOString())));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  const endAttempt = (ledgerKey: string, token: string, set: Readonly<Record<string, unknown>>) =>
    change(ledgerKey, {
      set,
      remove: 'dueAt' in set ? ['leaseUntil'] : ['leaseUntil', ...dueAttributes],
      condition: '#state = :wasReserved AND #token = :wasToken',
      values: { ':wasReserved': 'reserved', ':wasToken': token },
    });

  return {
    async find(ledgerKey) {
      const get = new GetCommand({ TableName: table, Key: { ledgerKey }, ConsistentRead: true });
      const { Item } = await db.send(get);
      return Item && emailSchema.parse(Item);
    },

    reserve(email, reservation) {
      // Should this attempt never end, the clock asks what became of it once the lease is over.
      const due = dueAttributesOf(email.ledgerKey, reservation.leaseUntil);
      const set = { ...attributesOf(email), ...reservation, ...due, state: 'reserved' };
      // The client repeats a write whose answer was lost: our own reservation is no obstacle.
      const condition = `${isFree.condition} OR (#state = :state AND #token = :token)`;
      return change(email.ledgerKey, {
        set,
        remove: ['reason', 'heldSince'],
        countAttempt: true,
        ...isFree,
        condition,
      });
    },

    sent(ledgerKey, token, sesMessageId) {
      return change(ledgerKey, {
        set: { state: 'sent', sesMessageId },
        remove: ['leaseUntil', 'reason', ...dueAttributes],
        condition: '#token = :wasToken AND #state IN (:wasReserved, :wasUnknown, :wasSent)',
        values: {
          ':wasToken': token,
          ':wasReserved': 'reserved',
          ':wasUnknown': 'unknown',
          ':wasSent': 'sent',
        },
      });
    },

    wait: (ledgerKey, token, { dueAt, ...waiting }) =>
      endAttempt(ledgerKey, token, {
        ...waiting,
        ...dueAttributesOf(ledgerKey, dueAt),
        state: 'waiting',
      }),
    putAside: (email, reason, heldSince) =>
      change(email.ledgerKey, {
        set: {
          ...attributesOf(email),
          ...dueAttributesOf(email.ledgerKey, dueOnceReleased(heldSince)),
          ...{ state: 'waiting', reason, heldSince },
        },
        remove: ['waitingSince'],
        ...isFree,
      }),
    fail: (ledgerKey, token, reason) => endAttempt(ledgerKey, token, { state: 'failed', reason }),
    loseSight: (ledgerKey, token, reason, dueAt) =>
      endAttempt(ledgerKey, token, {
        ...dueAttributesOf(ledgerKey, dueAt),
        state: 'unknown',
        reason,
      }),
    keepInSight: (ledgerKey, dueAt) =>
      change(ledgerKey, {
        set: dueAttributesOf(ledgerKey, dueAt),
        condition: '#state = :wasUnknown AND attribute_not_exists(#dueAt)',
        values: { ':wasUnknown': 'unknown' },
      }),

    block: (email, reason) =>
      change(email.ledgerKey, {
        set: { ...attributesOf(email), state: 'blocked', reason },
        remove: [...dueAttributes, 'heldSince'],
        ...isFree,
      }),
  };
}

/** The keys of the index `byDue`: a row without them is not in it. */
export const dueAttributes = ['dueAt', 'dueShard'] as const;

/** Before the time in `dueAt` of what is held: in the order of text it is later than any time. */
export const heldMark = 'held ';

function dueOnceReleased(heldSince: string): string {
  return `${heldMark}${heldSince}`;
}

/** Sorts a row into the index `byDue`, where the clock finds it from that time on. */
export function dueAttributesOf(ledgerKey: string, dueAt: string) {
  return { dueAt, dueShard: shardOf(ledgerKey) };
}

/** `workflowShard` and `contactId` are keys of indexes. */
function attributesOf({ ledgerKey, ...email }: EmailIdentity) {
  return { ...email, workflowShard: `${shardOf(ledgerKey)}#${email.workflowId}` };
}

function updateOf(table: string, ledgerKey: string, change: Change, at: string) {
  const set = Object.entries({ ...change.set, updatedAt: at }).filter(
    ([, value]) => value !== undefined,
  );
  const names = new Set([...set.map(([name]) => name), ...(change.remove ?? []), 'state', 'token']);
  const used = [...names].filter(
    (name) =>
      change.condition.includes(`#${name}`) ||
      set.some(([other]) => other === name) ||
      change.remove?.includes(name),
  );
  return {
    TableName: table,
    Key: { ledgerKey },
    UpdateExpression: [
      `SET createdAt = if_not_exists(createdAt, :updatedAt), ${set.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      change.remove && `REMOVE ${change.remove.map((name) => `#${name}`).join(', ')}`,
      change.countAttempt && 'ADD attempts :one',
    ]
      .filter(Boolean)
      .join(' '),
    ConditionExpression: change.condition,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
      ...change.values,
      ...(change.countAttempt && { ':one': 1 }),
    },
  };
}
