import { setTimeout } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import {
  type Counted,
  type Email,
  type EmailIdentity,
  emailSchema,
} from '#shared/audience/emails/email.ts';
import type { Emails, Reservation } from '#shared/audience/emails/ledger.ts';
import { refusedWrite } from '#shared/store/audience/refused-write.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { dueAttributes, dueAttributesOf, dueOnceReleased } from './due-index.ts';
import { giveBack, takeOne } from './mailbox-counts.ts';

const isFree = {
  condition: 'attribute_not_exists(ledgerKey) OR #state IN (:wasWaiting, :wasBlocked, :wasFailed)',
  values: { ':wasWaiting': 'waiting', ':wasBlocked': 'blocked', ':wasFailed': 'failed' },
};

/** Mailers that count for one mailbox at the same moment get into each other's way; so often that is tried again. */
const mostTries = 6;

/**
 * The email ledger in DynamoDB. `mailboxes`: the table in which the mailer counts; `customers`: where a reservation sees
 * that a customer is unchanged. Nobody else needs them.
 */
export function dynamoEmails(
  db: DynamoDBDocumentClient,
  table: string,
  now: () => Date,
  mailboxes = '',
  customers = '',
): Emails {
  async function change(
    ledgerKey: string,
    change: Change,
    unchanged?: Reservation['unchanged'],
  ): Promise<boolean> {
    const update = updateOf(table, ledgerKey, change, now().toISOString());
    try {
      if (unchanged) {
        const check = { ConditionCheck: checkOf(customers, unchanged) };
        await db.send(new TransactWriteCommand({ TransactItems: [{ Update: update }, check] }));
      } else await db.send(new UpdateCommand(update));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      if (unchanged && refusedWrite(error, false).kind === 'conflict') return false;
      throw error;
    }
  }

  /** Why the transaction was cancelled, item by item; `undefined`: it was not. */
  async function cancelled(items: TransactWriteCommandInput['TransactItems']) {
    for (let tries = 1; ; tries++) {
      try {
        await db.send(new TransactWriteCommand({ TransactItems: items }));
        return;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const reasons = error.CancellationReasons ?? [];
        const has = (code: string) => reasons.some(({ Code }) => Code === code);
        if (has('ConditionalCheckFailed')) return reasons;
        if (!has('TransactionConflict') || tries === mostTries) throw error;
        await setTimeout(Math.random() * 20 * 2 ** tries);
      }
    }
  }

  /** The change, with what the email was counted for given back. */
  async function changeBack(ledgerKey: string, back: Change, counted?: Counted): Promise<boolean> {
    if (!counted) return change(ledgerKey, back);
    // Of two mailers that block the same email, one gives it back.
    const forgetting = {
      ...back,
      remove: [...(back.remove ?? []), 'counted'],
      condition: `(${back.condition}) AND #counted = :wasCounted`,
      values: { ...back.values, ':wasCounted': counted },
    };
    const reasons = await cancelled([
      { Update: updateOf(table, ledgerKey, forgetting, now().toISOString()) },
      { Update: giveBack(mailboxes, counted) },
    ]);
    return reasons === undefined;
  }

  const ended = (token: string, set: Readonly<Record<string, unknown>>): Change => ({
    set,
    remove: 'dueAt' in set ? ['leaseUntil'] : ['leaseUntil', ...dueAttributes],
    condition: '#state = :wasReserved AND #token = :wasToken',
    values: { ':wasReserved': 'reserved', ':wasToken': token },
  });
  const endAttempt = (ledgerKey: string, token: string, set: Readonly<Record<string, unknown>>) =>
    change(ledgerKey, ended(token, set));

  async function find(ledgerKey: string): Promise<Email | undefined> {
    const get = new GetCommand({ TableName: table, Key: { ledgerKey }, ConsistentRead: true });
    const { Item } = await db.send(get);
    return Item && emailSchema.parse(Item);
  }

  return {
    find,

    reserve: (email, { unchanged, counted, ...reservation }) =>
      change(
        email.ledgerKey,
        reserving(email, reservation, counted, counted !== undefined),
        unchanged,
      ),

    async reserveWithin(email, { unchanged, counted: _, ...reservation }, quota) {
      const { key, isMarketing, mails } = quota;
      const counted: Counted = { key, isMarketing };
      const row = { ...reserving(email, reservation, counted), condition: isFree.condition };
      const reasons = await cancelled([
        { Update: updateOf(table, email.ledgerKey, row, now().toISOString()) },
        { Update: takeOne(mailboxes, quota) },
        ...(unchanged ? [{ ConditionCheck: checkOf(customers, unchanged) }] : []),
      ]);
      if (!reasons) return 'reserved';
      const [ofRow, ofMailbox, ofCustomer] = reasons;
      if (ofRow?.Code === 'ConditionalCheckFailed') {
        // The client repeats a write whose answer was lost: our own reservation is counted once.
        const { state, token } = (await find(email.ledgerKey)) ?? {};
        return state === 'reserved' && token === reservation.token ? 'reserved' : 'taken';
      }
      if (ofCustomer?.Code === 'ConditionalCheckFailed') return 'taken';
      return Number(ofMailbox?.Item?.['mails']?.N) >= mails ? 'full of mails' : 'full of marketing';
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
        remove: ['waitingSince', ...othersIn(email)],
        ...isFree,
      }),
    fail: (ledgerKey, token, reason, counted) =>
      changeBack(ledgerKey, ended(token, { state: 'failed', reason }), counted),
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

    block: (email, reason, counted) =>
      changeBack(
        email.ledgerKey,
        {
          set: { ...attributesOf(email), state: 'blocked', reason },
          remove: [...dueAttributes, 'heldSince', ...othersIn(email)],
          ...isFreeFor(email),
        },
        counted,
      ),
    giveUp: ({ ledgerKey, updatedAt }, reason, counted) =>
      changeBack(
        ledgerKey,
        {
          set: { state: 'blocked', reason },
          remove: [...dueAttributes, 'heldSince'],
          condition: '#state = :wasWaiting AND #updatedAt = :wasUpdatedAt',
          values: { ':wasWaiting': 'waiting', ':wasUpdatedAt': updatedAt },
        },
        counted,
      ),
  };
}

/** Without one that waits for another event or replay: that may still be sent, and is for its own message to block. */
function isFreeFor({ replayId }: EmailIdentity) {
  const isSame = `#webhookId = :webhookId AND ${replayId ? '#replayId = :replayId' : 'attribute_not_exists(#replayId)'}`;
  return {
    ...isFree,
    condition: `(${isFree.condition}) AND (NOT #state = :wasWaiting OR ${isSame})`,
  };
}

function reserving(
  email: EmailIdentity,
  reservation: Omit<Reservation, 'unchanged' | 'counted'>,
  counted?: Counted,
  wasCounted = false,
): Change {
  // Should this attempt never end, the clock asks what became of it once the lease is over.
  const due = dueAttributesOf(email.ledgerKey, reservation.leaseUntil);
  return {
    set: { ...attributesOf(email), ...reservation, ...due, counted, state: 'reserved' },
    remove: ['reason', 'heldSince', ...othersIn(email)],
    countAttempt: true,
    ...isFree,
    // The client repeats a write whose answer was lost: our own reservation is no obstacle.
    condition: `${wasCounted ? `(${isFree.condition}) AND #counted = :counted` : isFree.condition} OR (#state = :state AND #token = :token)`,
  };
}

/** `workflowShard` and `contactId` are keys of indexes. */
function attributesOf({ ledgerKey, ...email }: EmailIdentity) {
  return { ...email, workflowShard: `${shardOf(ledgerKey)}#${email.workflowId}` };
}

/** What a run or a replay that asked for the same key before has and this one has not: the clock would ask by it. */
function othersIn(email: EmailIdentity) {
  const names = ['replayId', 'again', 'runId', 'stepId', 'stepDueAt'] as const;
  return names.filter((name) => email[name] === undefined);
}

function checkOf(
  TableName: string,
  { customerId, revision }: NonNullable<Reservation['unchanged']>,
) {
  const Key = { customerId };
  if (revision === undefined) {
    return { TableName, Key, ConditionExpression: 'attribute_not_exists(customerId)' };
  }
  const ExpressionAttributeValues = { ':seen': revision };
  return { TableName, Key, ConditionExpression: 'revision = :seen', ExpressionAttributeValues };
}

/** What a verb of the ledger changes of a row, and while what holds. */
type Change = Readonly<{
  set: Readonly<Record<string, unknown>>;
  remove?: readonly string[];
  countAttempt?: boolean;
  /** With `#state` and `#token` for the attributes, and `:was…` for the values. */
  condition: string;
  values: Readonly<Record<string, unknown>>;
}>;

/** The conditional write that makes a change. Its first one also notes when the row was made. */
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
