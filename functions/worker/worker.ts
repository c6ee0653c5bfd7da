import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { EventRecords } from '#shared/aws/dynamo-event-records.ts';
import type { Failures } from '#shared/aws/dynamo-failures.ts';
import type { FailedMessage } from '#shared/aws/failed-message.ts';
import { inGroups } from '#shared/aws/in-groups.ts';
import { type MailMessage, mailsOf } from '#shared/aws/mail-message.ts';
import { Unprocessable } from '#shared/aws/unprocessable.ts';
import type { Log } from '#shared/log.ts';
import { within } from '#shared/within.ts';
import { eraseRecords } from './erase-records.ts';
import { type Erasure, erasureMessage, type Message, readMessage } from './message.ts';

export type WorkerParts = Readonly<{
  store: AudienceStore;
  records: EventRecords;
  settings: () => Promise<Settings>;
  workflows: () => Promise<Workflow[]>;
  failures: Failures;
  failed: (message: FailedMessage, error: unknown) => Promise<'retry' | 'dead'>;
  send: (message: ReturnType<typeof erasureMessage>, delaySeconds: number) => Promise<unknown>;
  sendMail: (message: MailMessage) => Promise<unknown>;
  now: () => Date;
  newId: () => string;
  pause: (lostRaces: number) => Promise<void>;
  log: Log;
}>;

type RemainingTime = Readonly<{ getRemainingTimeInMillis: () => number }>;

const customersSideBySide = 10;

/** What is left must suffice to report every message that was not begun. */
const leastRemainingMs = 10_000;

/** A younger message, received once, cannot have failed before. */
const freshMs = 60_000;

/** Erasure runs at once and again for what was in flight; 900 s is the longest delay of SQS. */
const erasureDelaysSeconds = [0, 900];

/**
 * Applies a batch of queued events. Messages of one customer are handled one after another, others side by side; one
 * that fails disturbs no other. A message that is not in the answer is done, or in the dead letters with its reason.
 */
export function worker(parts: WorkerParts) {
  return async (batch: SQSEvent, time: RemainingTime): Promise<SQSBatchResponse> => {
    const failures: string[] = [];
    await inGroups(
      batch.Records.map(readMessage),
      customerOf,
      async (message) => {
        try {
          const patienceMs = time.getRemainingTimeInMillis() - leastRemainingMs;
          await within(patienceMs, () => handle(message, parts));
        } catch (error) {
          const fate = await parts.failed(message, error);
          if (fate === 'retry') failures.push(message.record.messageId);
        }
      },
      customersSideBySide,
    );
    return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function customerOf({ content, record }: Message): string {
  if (content.kind === 'event') return content.event.customer.id;
  return content.kind === 'erasure' ? content.erasure.customerId : record.messageId;
}

async function handle(message: Message, parts: WorkerParts): Promise<void> {
  const { content, webhookId } = message;
  if (content.kind === 'unreadable') throw new Unprocessable(content.reason);
  const { now, newId, pause, store } = parts;
  const surroundings = { settings: await parts.settings(), now: now(), newId };
  if (content.kind === 'event') {
    const means = { store, surroundings, workflows: await parts.workflows(), pause };
    const applied = await applyEvent(content.event, content.body, means);
    await followUp(applied.record, parts);
    report(message, applied.record, applied.kind === 'duplicate', parts.log);
  } else {
    const left = await eraseRecords(content.erasure, { ...parts, surroundings });
    if (left) await parts.send(erasureMessage(webhookId, left), 0);
    parts.log.info('records erased', { webhookId, isComplete: left === undefined });
  }
  await forgetFailure(message, parts);
}

/** What follows from a record. A duplicate does it again, so that a crash after the commit loses nothing. */
async function followUp(record: EventRecord, { send, sendMail }: WorkerParts): Promise<void> {
  for (const mail of mailsOf(record)) await sendMail(mail);
  if (!record.erases) return;
  const erasure: Erasure = { customerId: record.customerId };
  for (const delaySeconds of erasureDelaysSeconds) {
    await send(erasureMessage(record.webhookId, erasure), delaySeconds);
  }
}

function report({ record }: Message, decided: EventRecord, isDuplicate: boolean, log: Log): void {
  log.info('event decided', {
    webhookId: decided.webhookId,
    type: decided.type,
    outcome: isDuplicate ? 'duplicate' : decided.outcome,
    reason: isDuplicate ? undefined : decided.reason,
    receives: Number(record.attributes.ApproximateReceiveCount),
  });
}

/** A message that was sent again from the dead letters is a new one to SQS; only its age shows. */
function mayHaveFailed({ record, content }: Message, now: Date): boolean {
  if (Number(record.attributes.ApproximateReceiveCount) > 1 || content.kind !== 'event')
    return true;
  return now.getTime() - Date.parse(content.event.receivedAt) > freshMs;
}

async function forgetFailure(message: Message, { failures, log, now }: WorkerParts) {
  if (!mayHaveFailed(message, now())) return;
  const { webhookId } = message;
  try {
    await failures.clear(webhookId);
  } catch {
    log.warn('could not clear the reason of a failure that is over', { webhookId });
  }
}
