import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Recipient } from '#shared/audience/consent/refusals.ts';
import type { Fate } from '#shared/audience/consent/suppression.ts';
import { isSameData } from '#shared/audience/rows/workspace.ts';
import { readBatch } from '#shared/store/dynamo.ts';
import { dueAttributes } from '#shared/store/mail/due-index.ts';
import type { SesEvent } from './ses-event.ts';

const feedbackSchema = z.object({
  sentAt: z.optional(z.string()),
  deliveredAt: z.optional(z.string()),
  bouncedAt: z.optional(z.string()),
  /** Of a bounce that may pass. */
  transientAt: z.optional(z.string()),
  complainedAt: z.optional(z.string()),
  rejectedAt: z.optional(z.string()),
});
type Feedback = z.infer<typeof feedbackSchema>;

/** What SES's events change of a row of the ledger. */
const emailMarksSchema = z.object({
  state: z.string(),
  reason: z.optional(z.string()),
  sesMessageId: z.optional(z.string()),
  feedback: z.optional(feedbackSchema),
});
export type EmailMarks = z.infer<typeof emailMarksSchema>;

const unsettled = new Set(['reserved', 'waiting', 'unknown']);

/**
 * The row after an event: the same one after the same events in any order, however often each comes. Every event but
 * a rejection proves that SES sent the email, and `sent` stays; so a key whose email went out is never free again.
 */
export function marked(email: EmailMarks, event: SesEvent): EmailMarks {
  const feedback = earliest(email.feedback ?? {}, timesOf(event));
  const sesMessageId = email.sesMessageId ?? event.messageId;
  if (event.kind === 'reject') {
    const state = unsettled.has(email.state) ? 'failed' : email.state;
    return { state, reason: event.reason, sesMessageId, feedback };
  }
  const keepsReason = email.state === 'sent' || feedback.rejectedAt !== undefined;
  return {
    state: 'sent',
    reason: keepsReason ? email.reason : undefined,
    sesMessageId,
    feedback,
  };
}

function timesOf({ kind, sentAt, at, isTransient }: SesEvent): Feedback {
  switch (kind) {
    case 'send':
    case 'delay':
      return { sentAt };
    case 'delivery':
      return { sentAt, deliveredAt: at };
    case 'bounce':
      return { sentAt, bouncedAt: at, ...(isTransient && { transientAt: at }) };
    case 'complaint':
      return { sentAt, complainedAt: at };
    case 'reject':
      return { rejectedAt: at };
  }
}

function earliest(known: Feedback, more: Feedback): Feedback {
  const merged = { ...known, ...more };
  for (const name of z.keyof(feedbackSchema).options) {
    const [a, b] = [known[name], more[name]];
    if (a !== undefined && b !== undefined) merged[name] = a <= b ? a : b;
  }
  return merged;
}

type MarkedEmail = Partial<Recipient> & Readonly<{ webhookId?: string }>;

export type FeedbackLedger = Readonly<{
  /** Marks the email that an event is about. Returns whom it went to, and on behalf of which webhook; `undefined` when there is no such row. Safe to repeat. */
  mark(ledgerKey: string, event: SesEvent): Promise<MarkedEmail | undefined>;
  /** What became of the newest emails to the address of a recipient. What was marked before this is in it. */
  fatesAt(recipient: Recipient): Promise<Fate[]>;
}>;

const rowSchema = z.extend(emailMarksSchema, {
  contactId: z.optional(z.string()),
  customerId: z.optional(z.string()),
  addressHash: z.optional(z.string()),
  webhookId: z.optional(z.string()),
});

/** So many of a contact's emails are looked at, whatever became of them. */
const newestEmails = 25;

const longestRace = 20;

/** The feedback in the rows of the email ledger. Leaves the token alone, so that the mailer can still end its attempt. */
export function feedbackLedger(
  db: DynamoDBDocumentClient,
  table: string,
  { now, pause }: { now: () => Date; pause: (lostRaces: number) => Promise<void> },
): FeedbackLedger {
  async function find(ledgerKey: string) {
    const get = new GetCommand({ TableName: table, Key: { ledgerKey }, ConsistentRead: true });
    const { Item } = await db.send(get);
    return Item && rowSchema.parse(Item);
  }

  async function replace(ledgerKey: string, before: EmailMarks, after: EmailMarks) {
    try {
      const at = now().toISOString();
      await db.send(
        new UpdateCommand({ TableName: table, Key: { ledgerKey }, ...update(before, after, at) }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  return {
    async mark(ledgerKey, event) {
      for (let lostRaces = 0; lostRaces < longestRace; lostRaces++) {
        if (lostRaces > 0) await pause(lostRaces);
        const row = await find(ledgerKey);
        if (!row) return undefined;
        const { contactId, customerId, addressHash, webhookId, ...before } = row;
        const after = marked(before, event);
        if (isSameData(before, after) || (await replace(ledgerKey, before, after))) {
          return {
            ...(contactId !== undefined && { contactId }),
            ...(customerId !== undefined && { customerId }),
            ...(addressHash !== undefined && { addressHash }),
            ...(webhookId !== undefined && { webhookId }),
          };
        }
      }
      throw new Error(`Others changed the same email ${longestRace} times in a row.`);
    },

    async fatesAt({ contactId, addressHash }) {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byContact',
          KeyConditionExpression: 'contactId = :contactId',
          ExpressionAttributeValues: { ':contactId': contactId },
          ProjectionExpression: 'ledgerKey',
          ScanIndexForward: false,
          Limit: newestEmails,
        }),
      );
      if (Items.length === 0) return [];
      // The index lags: of two bounces that are handled at once each might miss the other there.
      const batch = { [table]: { Keys: Items, ConsistentRead: true } };
      const rows = (await readBatch(db, batch))(table).map((item) => rowSchema.parse(item));
      return rows.flatMap((row) =>
        row.addressHash === addressHash && row.feedback ? [row.feedback] : [],
      );
    },
  };
}

/** Writes the marks only over those that were read. */
function update(before: EmailMarks, after: EmailMarks, at: string) {
  const names = ['state', 'reason', 'sesMessageId', 'feedback'] as const;
  const set = names.filter((name) => after[name] !== undefined);
  const gone = names.filter((name) => after[name] === undefined);
  const removed = [
    ...gone,
    ...(after.state === before.state ? [] : ['leaseUntil', ...dueAttributes]),
  ];
  const asRead = names.map((name) =>
    before[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :was_${name}`,
  );
  const read = names.filter((name) => before[name] !== undefined);
  return {
    UpdateExpression: [
      `SET updatedAt = :at, ${set.map((name) => `#${name} = :${name}`).join(', ')}`,
      ...(removed.length > 0 ? [`REMOVE ${removed.map((name) => `#${name}`).join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: asRead.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(
      [...new Set([...names, ...removed])].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: {
      ':at': at,
      ...Object.fromEntries(set.map((name) => [`:${name}`, after[name]])),
      ...Object.fromEntries(read.map((name) => [`:was_${name}`, before[name]])),
    },
  };
}
