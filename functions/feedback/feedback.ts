import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { AudienceRefusals, No, Recipient } from '#shared/audience/consent/refusals.ts';
import { bouncingSince } from '#shared/audience/consent/suppression.ts';
import { Unprocessable } from '#shared/failure.ts';
import {
  type BatchParts,
  eachRecord,
  type Handling,
  type RemainingTime,
} from '#shared/queue/each-record.ts';
import type { FeedbackLedger } from './feedback-ledger.ts';
import { type SesEvent, type SesMessage, sesMessage } from './ses-event.ts';

export type FeedbackParts = BatchParts &
  Readonly<{ ledger: FeedbackLedger; refusals: AudienceRefusals }>;

type Message = Readonly<{ record: SQSRecord; failureId: string; content: SesMessage }>;

const emailsSideBySide = 10;

/** What is left must suffice to report every message that was not begun. */
const leastRemainingMs = 10_000;

/** Who refuses, by what was refused. */
const authors = { bounced: 'SES', complained: 'the recipient, through SES' } as const;

/** Who refuses by a bounce that is one of several in a row. Its time is that of the first of them. */
const authorInARow = 'SES, the first of five transient bounces in a row';

/**
 * Applies a batch of SES's events: marks the emails, and suppresses where mail bounced for good, five times in a row, or was reported as spam.
 * Events may come in any order, repeatedly, and before the mailer has noted what SES answered.
 */
export function feedback(parts: FeedbackParts) {
  const handling: Handling<Message> = {
    read: readMessage,
    groupOf: ({ failureId }) => failureId,
    groupsSideBySide: emailsSideBySide,
    leastRemainingMs,
    handle: (message) => handle(message, parts),
    failureOf: ({ failureId, content }) => ({
      failureId,
      type: content.kind === 'event' ? `ses.${content.event.kind}` : 'ses',
      isTold: false,
    }),
  };
  return (batch: SQSEvent, time: RemainingTime) => eachRecord(batch, time, handling, parts);
}

function readMessage(record: SQSRecord): Message {
  const content = sesMessage(record.body);
  const ledgerKey = content.kind === 'event' ? content.event.ledgerKey : undefined;
  // With a prefix, because the mailer keeps its own failures under the bare key.
  const failureId = ledgerKey ? `feedback ${ledgerKey}` : `message ${record.messageId}`;
  return { record, failureId, content };
}

async function handle(message: Message, parts: FeedbackParts): Promise<void> {
  const { content, record } = message;
  if (content.kind === 'unreadable') throw new Unprocessable(content.reason);
  if (content.kind === 'event') await apply(content.event, parts);
  else {
    parts.log.info('feedback ignored', { messageId: record.messageId, reason: content.reason });
  }
}

async function apply(event: SesEvent, { ledger, refusals, log }: FeedbackParts): Promise<void> {
  const { kind, ledgerKey, refusal, addresses, at } = event;
  const no: No | undefined = refusal && { reason: refusal, at, by: authors[refusal] };
  // The "no" comes first: it must not depend on what the ledger knows of the email.
  if (no) for (const email of addresses) await refusals.ofAddress(email, no);
  const row = ledgerKey === undefined ? undefined : await ledger.mark(ledgerKey, event);
  const recipient = row && recipientOf(row);
  if (no && recipient) await refusals.ofRecipient(recipient, no);
  // After the mark, without which this bounce would not be among them.
  const since =
    event.isTransient && recipient ? bouncingSince(await ledger.fatesAt(recipient)) : undefined;
  if (since !== undefined && recipient) {
    const inARow: No = { reason: 'bounced', at: since, by: authorInARow };
    await refusals.ofRecipient(recipient, inARow);
  }
  if (no && !recipient && addresses.length === 0) {
    throw new Unprocessable(`The ${kind} names no recipient that could be suppressed.`);
  }
  log.info('feedback applied', {
    webhookId: row?.webhookId,
    ledgerKey,
    kind,
    refusal: since === undefined ? refusal : 'bounced',
    isInLedger: row !== undefined,
  });
}

/** The ledger knows better than SES how the address is spelled in the audience. */
function recipientOf({ contactId, customerId, addressHash }: Partial<Recipient>) {
  if (contactId === undefined || addressHash === undefined) return undefined;
  return { contactId, customerId, addressHash };
}
