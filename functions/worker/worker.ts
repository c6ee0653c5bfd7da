import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { EventRecord } from '#shared/audience/event-record.ts';
import type { Surroundings } from '#shared/audience/identity.ts';
import type { Replay } from '#shared/audience/replay.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ContactLookup } from '#shared/aws/dynamo-contact-lookup.ts';
import type { EventRecords } from '#shared/aws/dynamo-event-records.ts';
import type { Failures } from '#shared/aws/dynamo-failures.ts';
import type { FailedMessage } from '#shared/aws/failed-message.ts';
import { inGroups } from '#shared/aws/in-groups.ts';
import { type MailMessage, mailsOf, mailsOfReplay } from '#shared/aws/mail-message.ts';
import { Unprocessable } from '#shared/aws/unprocessable.ts';
import {
  type Erasure,
  erasureDelaysSeconds,
  erasureMessage,
  type SendToWorker,
} from '#shared/aws/worker-message.ts';
import type { Log } from '#shared/log.ts';
import { within } from '#shared/within.ts';
import { eraseContact } from './erase-contact.ts';
import { eraseRecords, eraseRecordsOfContact } from './erase-records.ts';
import { type Content, type Message, readMessage } from './message.ts';
import { replayEvent } from './replay-event.ts';

export type WorkerParts = Readonly<{
  store: AudienceStore;
  records: EventRecords;
  settings: () => Promise<Settings>;
  workflows: () => Promise<Workflow[]>;
  /** The same as they are at this moment, for a person who has just changed them. */
  settingsNow: () => Promise<Settings>;
  workflowsNow: () => Promise<Workflow[]>;
  contactOf: ContactLookup;
  failures: Failures;
  failed: (message: FailedMessage, error: unknown) => Promise<'retry' | 'dead'>;
  send: SendToWorker;
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
  if (content.kind !== 'erasure') return record.messageId;
  return 'customerId' in content.erasure ? content.erasure.customerId : record.messageId;
}

async function handle(message: Message, parts: WorkerParts): Promise<void> {
  switch (message.content.kind) {
    case 'unreadable':
      throw new Unprocessable(message.content.reason);
    case 'event':
      await apply(message, message.content, parts);
      break;
    case 'erasure':
      await erase(message, message.content.erasure, parts);
      break;
    case 'replay':
      await replay(message, message.content.replay, parts);
  }
  await forgetFailure(message, parts);
}

async function apply(
  message: Message,
  { event, body }: Extract<Content, { kind: 'event' }>,
  parts: WorkerParts,
): Promise<void> {
  const { store, pause } = parts;
  const surroundings = surroundingsOf(parts, await parts.settings());
  const means = { store, surroundings, workflows: await parts.workflows(), pause };
  const applied = await applyEvent(event, body, means);
  const { record } = applied;
  await followUp(record, mailsOf(record), record.erases, parts);
  report(message, record, applied.kind === 'duplicate', parts.log);
}

async function replay(message: Message, request: Replay, parts: WorkerParts): Promise<void> {
  const { store, pause, log } = parts;
  const surroundings = surroundingsOf(parts, await parts.settingsNow());
  const means = { store, surroundings, workflows: await parts.workflowsNow(), pause };
  const { record, entry, isDuplicate } = await replayEvent(request, means);
  await followUp(record, mailsOfReplay(record, entry), entry.erases, parts);
  const { replayId, outcome, reason } = entry;
  const fields = { webhookId: message.webhookId, type: record.type, replayId };
  log.info('event replayed', { ...fields, outcome: isDuplicate ? 'duplicate' : outcome, reason });
}

async function erase({ webhookId }: Message, erasure: Erasure, parts: WorkerParts): Promise<void> {
  const { store, pause, log, send } = parts;
  const surroundings = surroundingsOf(parts, await parts.settings());
  const ask = (next: Erasure, delaySeconds: number) =>
    send(erasureMessage(webhookId, next), delaySeconds);
  const means = { ...parts, store, surroundings, pause, ask };
  if ('contactId' in erasure) {
    await eraseContact(erasure, means);
    log.info('contact erased', { webhookId, contactId: erasure.contactId });
    return;
  }
  const left =
    'customerId' in erasure
      ? await eraseRecords(erasure, means)
      : await eraseRecordsOfContact(erasure, means);
  if (left) await ask(left, 0);
  log.info('records erased', { webhookId, isComplete: left === undefined });
}

function surroundingsOf({ now, newId }: WorkerParts, settings: Settings): Surroundings {
  return { settings, now: now(), newId };
}

/** What follows from a record. A duplicate does it again, so that a crash after the commit loses nothing. */
async function followUp(
  { webhookId, customerId }: EventRecord,
  mails: readonly MailMessage[],
  erases: boolean | undefined,
  { send, sendMail }: WorkerParts,
): Promise<void> {
  for (const mail of mails) await sendMail(mail);
  if (!erases) return;
  for (const delaySeconds of erasureDelaysSeconds) {
    await send(erasureMessage(webhookId, { customerId }), delaySeconds);
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
