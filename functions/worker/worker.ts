import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { type Applied, applyFirst } from '#shared/audience/apply-event.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import type { EventRecord, ReceivedEvent, ReplayEntry } from '#shared/audience/event-record.ts';
import { applyReplay, type Replay } from '#shared/audience/replay/replay.ts';
import type {
  AudienceStore,
  ContactLookup,
  Means,
  Surroundings,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { reasonOf, Unprocessable } from '#shared/failure.ts';
import { within } from '#shared/in-time.ts';
import type { Log } from '#shared/log.ts';
import { polarEvent } from '#shared/polar/event.ts';
import {
  type BatchParts,
  eachRecord,
  type Handling,
  type RemainingTime,
} from '#shared/queue/each-record.ts';
import {
  decodeEventMessage,
  type Erasure,
  erasureDelaysSeconds,
  erasureMessage,
  readWorkerRequest,
  type SendToWorker,
  type WorkerRequest,
} from '#shared/queue/events-queue.ts';
import { mailsOf, mailsOfReplay } from '#shared/queue/mail-queue.ts';
import type { EventRecords } from '#shared/store/events/event-records.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';
import { eraseContact, eraseRecords, eraseRecordsOfContact } from './erase.ts';
import { resumeRuns, wakeRun } from './runs.ts';

export type Content =
  | { kind: 'event'; event: ReceivedEvent; body: string }
  | WorkerRequest
  | { kind: 'unreadable'; reason: string };

type EventContent = Extract<Content, { kind: 'event' }>;

export type Message = Readonly<{
  record: SQSRecord;
  /** Of the webhook that a message stands for; the message id where that cannot be read. */
  webhookId: string;
  /** Whether the message names its webhook. */
  isNamed: boolean;
  type: string | undefined;
  content: Content;
}>;

export function readMessage(record: SQSRecord): Message {
  const attribute = (name: string) => record.messageAttributes[name]?.stringValue;
  const webhookId = attribute('webhookId');
  return {
    record,
    webhookId: webhookId || `message ${record.messageId}`,
    isNamed: Boolean(webhookId),
    type: attribute('type'),
    content: readWorkerRequest(attribute('kind'), record.body) ?? readEvent(record),
  };
}

function readEvent(record: SQSRecord): Content {
  try {
    const { webhookId, receivedAt, body } = decodeEventMessage(record);
    const parsed = polarEvent(body);
    if (parsed.kind === 'unreadable') return parsed;
    return { kind: 'event', event: { ...parsed.event, webhookId, receivedAt }, body };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : 'Unreadable' };
  }
}

/** Runs a recorded event again. Throws `Unprocessable` when there is no record of it. Safe to repeat. */
export async function replayEvent(
  replay: Replay,
  means: Means & { workflows: readonly Workflow[] },
): Promise<{ record: EventRecord; entry: ReplayEntry; isDuplicate: boolean }> {
  const replayed = await applyReplay(replay, means);
  if (replayed.kind === 'no-record') {
    throw new Unprocessable(
      'There is no record of the event to replay: it never came here, or its record has expired.',
    );
  }
  const { record, entry, kind } = replayed;
  return { record, entry, isDuplicate: kind === 'duplicate' };
}

export type WorkerParts = BatchParts &
  Readonly<{
    store: AudienceStore;
    records: EventRecords;
    runs: RunLists;
    settings: () => Promise<Settings>;
    workflows: () => Promise<Workflow[]>;
    /** The same as they are at this moment, for a person who has just changed them. */
    settingsNow: () => Promise<Settings>;
    workflowsNow: () => Promise<Workflow[]>;
    contactOf: ContactLookup;
    send: SendToWorker;
    sendMail: (message: MailMessage) => Promise<unknown>;
    now: () => Date;
    newId: () => string;
    pause: (lostRaces: number) => Promise<void>;
  }>;

const customersSideBySide = 10;

/** What is left must suffice to report every message that was not begun. */
const leastRemainingMs = 10_000;

/** A younger message, received once, cannot have failed before. */
const freshMs = 60_000;

/** For so long the clock asks for a wait of a run only once. */
const freshWakeMs = 5 * 60_000;

/** Of one customer's events, so many more may go along with one: a transaction has room for a hundred items. */
const mostAlong = 9;

/** What was applied along with an earlier message of its batch, or is to be applied by itself, as that failed. */
type Along = WeakMap<Message, Applied | 'apart'>;

/** Applies a batch of queued events: those of one customer one after another, others side by side. */
export function worker(parts: WorkerParts) {
  const along: Along = new WeakMap();
  const handling: Handling<Message> = {
    read: readMessage,
    groupOf: customerOf,
    groupsSideBySide: customersSideBySide,
    leastRemainingMs,
    handle: (message, leftMs, left) =>
      within(leftMs, () => handle(message, left, { ...parts, along })),
    failureOf: ({ webhookId, type, isNamed }) => ({ failureId: webhookId, type, isTold: isNamed }),
    mayHaveFailed: (message) => mayHaveFailed(message, parts.now()),
  };
  return (batch: SQSEvent, time: RemainingTime) => eachRecord(batch, time, handling, parts);
}

function customerOf({ content, record }: Message): string {
  if (content.kind === 'event') return content.event.customer.id;
  if (content.kind === 'run') return content.wake.customerId;
  if (content.kind !== 'erasure') return record.messageId;
  return 'customerId' in content.erasure ? content.erasure.customerId : record.messageId;
}

async function handle(
  message: Message,
  left: readonly Message[],
  parts: WorkerParts & { along: Along },
): Promise<void> {
  switch (message.content.kind) {
    case 'unreadable':
      throw new Unprocessable(message.content.reason);
    case 'event':
      await apply(message, message.content, left, parts);
      return;
    case 'erasure':
      await erase(message, message.content.erasure, parts);
      return;
    case 'replay':
      await replay(message, message.content.replay, parts);
      return;
    case 'run':
      await wakeRun(message.content.wake, {
        ...parts,
        surroundings: surroundingsOf(parts, await parts.settings()),
      });
      return;
    case 'resumption':
      await resumeRuns(message.content.resumption, parts);
  }
}

async function apply(
  message: Message,
  content: EventContent,
  left: readonly Message[],
  parts: WorkerParts & { along: Along },
): Promise<void> {
  const done = parts.along.get(message) ?? 'apart';
  const applied = done === 'apart' ? await applyWith(content, left, parts) : done;
  const { record } = applied;
  await followUp(record, mailsOf(record), record.erases, parts);
  report(message, record, applied.kind === 'duplicate', parts.log);
}

/** Applies an event, and notes which of those that are left went along with it. */
async function applyWith(
  content: EventContent,
  left: readonly Message[],
  parts: WorkerParts & { along: Along },
): Promise<Applied> {
  const { store, pause, workflowsNow, along, log } = parts;
  const [settings, workflows] = await Promise.all([parts.settings(), parts.workflows()]);
  const surroundings = surroundingsOf(parts, settings);
  const next = nextEvents(content, left, along);
  const onApart = (error: unknown) => {
    for (const { message } of next) along.set(message, 'apart');
    const { webhookId } = content.event;
    log.warn('events were not applied together', {
      ...{ webhookId, later: next.length, reason: reasonOf(error) },
    });
  };
  const means = { store, surroundings, workflows, workflowsNow, pause, onApart };
  const told = next.map(({ content }) => toldOf(content));
  const { applied, later } = await applyFirst(toldOf(content), told, means);
  for (const [nth, record] of later.entries()) {
    const message = next[nth]?.message;
    if (message) along.set(message, { kind: 'decided', record });
  }
  return applied;
}

/** The events that come next, up to one that failed before, is there twice, or may erase. */
function nextEvents({ event }: EventContent, left: readonly Message[], along: Along) {
  const ids = new Set([event.webhookId]);
  const next: { message: Message; content: EventContent }[] = [];
  for (const message of left.slice(0, mostAlong)) {
    const { content, record } = message;
    if (content.kind !== 'event' || content.event.type === 'customer.deleted') break;
    if (record.attributes.ApproximateReceiveCount !== '1') break;
    if (ids.has(content.event.webhookId) || along.has(message)) break;
    ids.add(content.event.webhookId);
    next.push({ message, content });
  }
  return next;
}

const toldOf = ({ event, body }: EventContent) => ({ event, payload: body });

async function replay(message: Message, request: Replay, parts: WorkerParts): Promise<void> {
  const { store, pause, log } = parts;
  const [settings, workflows] = await Promise.all([parts.settingsNow(), parts.workflowsNow()]);
  const means = { store, surroundings: surroundingsOf(parts, settings), workflows, pause };
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
function mayHaveFailed({ content }: Message, now: Date): boolean {
  const isOlder = (at: string, ms: number) => now.getTime() - Date.parse(at) > ms;
  if (content.kind === 'event') return isOlder(content.event.receivedAt, freshMs);
  return content.kind !== 'run' || isOlder(content.wake.dueAt, freshWakeMs);
}
