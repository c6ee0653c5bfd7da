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
} from '#shared/audience/email.ts';
import type { Quota } from '#shared/audience/mailbox.ts';
import { refusedWrite } from '#shared/store/audience/audience-store.ts';
import { shardOf } from '#shared/store/dynamo.ts';
import { type Change, updateOf } from './ledger-update.ts';
import { giveBack, takeOne } from './mailbox-counts.ts';

export type Reservation = Readonly<{
  token: string;
  leaseUntil: string;
  addressHash: string;
  /** The customer as the email was judged by, in the same transaction: what ends a run after that ends this email. */
  unchanged?: Readonly<{ customerId: string; revision: string | undefined }> | undefined;
  /** What the email was counted for before, which must not have been given back since. */
  counted?: Counted | undefined;
}>;

/** `taken`: the row was no longer as the caller believed. */
export type ReservedWithin = 'reserved' | 'taken' | 'full of mails' | 'full of marketing';

/** Every verb is one conditional write; `false` means that the row was no longer as the caller believed. */
export type Emails = Readonly<{
  find(ledgerKey: string): Promise<Email | undefined>;
  /**
   * Takes the key for one attempt to send. Only a key that is free, waiting, blocked or failed can be taken, and only
   * while the customer is `unchanged`, where that is asked for.
   */
  reserve(email: EmailIdentity, reservation: Reservation): Promise<boolean>;
  /** The same where its mailbox has not had its share of the day, which it takes one of in the same transaction. */
  reserveWithin(
    email: EmailIdentity,
    reservation: Reservation,
    quota: Quota,
  ): Promise<ReservedWithin>;
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
  /** SES refused it for good. What it was counted for today is given back. */
  fail(ledgerKey: string, token: string, reason: string, counted?: Counted): Promise<boolean>;
  /** Nobody knows whether SES took it, so it is not sent again. The clock looks at it from `dueAt` on. */
  loseSight(ledgerKey: string, token: string, reason: string, dueAt: string): Promise<boolean>;
  /** Lets the clock look at an unknown one of 0.1.0, which it does not know yet. */
  keepInSight(ledgerKey: string, dueAt: string): Promise<boolean>;
  /** It must not be sent. Never touches one that was sent or may have been. What it was counted for today is given back. */
  block(email: EmailIdentity, reason: string, counted?: Counted): Promise<boolean>;
  /** The same for one that waits, only as it was read: whoever asked for its key since then goes first. */
  giveUp(seen: Email, reason: string, counted?: Counted): Promise<boolean>;
}>;

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
        remove: ['waitingSince'],
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
          remove: [...dueAttributes, 'heldSince'],
          ...isFree,
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
    remove: ['reason', 'heldSince'],
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
