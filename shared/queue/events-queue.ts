import { gunzipSync } from 'node:zlib';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { type Replay, replaySchema } from '#shared/audience/replay/replay.ts';
import { type Wake, wakeSchema } from '#shared/audience/runs/go-on.ts';
import { recordPositionSchema } from '#shared/store/events/event-records.ts';
import { runIdPositionSchema, runPositionSchema } from '#shared/store/runs/run-lists.ts';

/** A webhook on its way to the worker: `body` is the raw text that Polar signed, `receivedAt` ISO 8601. */
export type QueuedWebhook = Readonly<{
  webhookId: string;
  type: string;
  receivedAt: string;
  body: string;
}>;

export type EventMessage = Readonly<{
  MessageBody: string;
  MessageAttributes: Record<string, MessageAttributeValue>;
}>;

export type Encoding = 'base64' | 'gzip';

// More than API Gateway and Lambda let in, so that whatever was accepted can be read again.
const maxDecodedBytes = 16 * 1_048_576;

const attribute = <T extends string>(value: z.ZodMiniType<T, string>) =>
  z.pipe(
    z.pipe(
      z.object({ stringValue: z.string() }),
      z.transform(({ stringValue }) => stringValue),
    ),
    value,
  );
const nonEmpty = z.string().check(z.minLength(1));

const attributesSchema = z.object({
  webhookId: attribute(nonEmpty),
  type: attribute(nonEmpty),
  receivedAt: attribute(z.iso.datetime()),
  encoding: z.optional(attribute(z.enum(['base64', 'gzip']))),
});

/** Reads a message that `encodeEventMessage` made. Throws an error that names the attribute or encoding at fault. */
export function decodeEventMessage(
  record: Readonly<Pick<SQSRecord, 'body' | 'messageAttributes'>>,
): QueuedWebhook {
  const attributes = attributesSchema.safeParse(record.messageAttributes);
  if (!attributes.success) {
    const names = attributes.error.issues.map((issue) => String(issue.path[0]));
    throw new Error(`The message attribute ${names.join(', ')} is missing or malformed`);
  }
  const { encoding, ...known } = attributes.data;
  return { ...known, body: encoding === undefined ? record.body : decoded(record.body, encoding) };
}

function decoded(text: string, encoding: Encoding): string {
  try {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) throw new Error('It is not base64');
    const raw =
      encoding === 'gzip' ? gunzipSync(bytes, { maxOutputLength: maxDecodedBytes }) : bytes;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (cause) {
    throw new Error(`The message body cannot be read as ${encoding}`, { cause });
  }
}

/**
 * A person asks to erase a contact: its address as it was seen then, in case its id is found nowhere any more. Or, with
 * `hiddenCustomerId`, a customer whom no contact shows: by the id of the contact that it had, else by its own, and with
 * its address unless another customer's contact is there now.
 */
const contactErasureSchema = z.object({
  contactId: z.string().check(z.minLength(1)),
  hiddenCustomerId: z.optional(z.string().check(z.minLength(1))),
  email: z.optional(z.string().check(z.minLength(1))),
  by: z.string(),
  at: z.string(),
});
export type ContactErasure = z.infer<typeof contactErasureSchema>;

/**
 * Asks to erase what event records hold of an erased customer; with `email`, of a customer who is not erased only the
 * records that hold this address, which it does not have any more. Runs go before records: `runsAfter` and `after` are
 * where an earlier message stopped.
 */
const customerSweepSchema = z.object({
  customerId: z.string(),
  email: z.optional(z.string()),
  runsAfter: z.optional(runIdPositionSchema),
  after: z.optional(recordPositionSchema),
});
export type CustomerSweep = z.infer<typeof customerSweepSchema>;

/** Asks to erase what event records hold of a contact that is erased. */
const contactSweepSchema = z.object({
  recordsOfContact: z.string(),
  runsAfter: z.optional(runIdPositionSchema),
  after: z.optional(recordPositionSchema),
});
export type ContactSweep = z.infer<typeof contactSweepSchema>;

const erasureSchema = z.union([contactErasureSchema, customerSweepSchema, contactSweepSchema]);
export type Erasure = z.infer<typeof erasureSchema>;

/**
 * A workflow is active again, or is gone: the runs that were parked meanwhile go on. `datedAt`: so do those at these waits,
 * whose date was edited. `after`: where an earlier message stopped.
 */
const resumptionSchema = z.object({
  workflowId: z.string(),
  datedAt: z.optional(z.array(z.string())),
  after: z.optional(runPositionSchema),
});
export type Resumption = z.infer<typeof resumptionSchema>;

/** What the worker is asked for by the system itself, or by a person. */
export type WorkerRequest =
  | { kind: 'erasure'; erasure: Erasure }
  | { kind: 'replay'; replay: Replay }
  | { kind: 'run'; wake: Wake }
  | { kind: 'resumption'; resumption: Resumption };

export type WorkerMessage = Readonly<{
  MessageBody: string;
  MessageAttributes: Record<string, MessageAttributeValue>;
}>;

/** Puts a message for the worker into its queue, to come after so many seconds, at most 900. */
export type SendToWorker = (message: WorkerMessage, delaySeconds: number) => Promise<unknown>;

/** An erasure on behalf of a webhook, or of whatever else its failures are kept under. */
export function erasureMessage(webhookId: string, erasure: Erasure): WorkerMessage {
  return message('erasure', webhookId, erasure);
}

export function replayMessage(replay: Replay): WorkerMessage {
  return message('replay', replay.webhookId, replay);
}

/** Asks the worker to let a run go on. Its failures are kept under the run. */
export function wakeMessage(wake: Wake): WorkerMessage {
  return message('run', runFailureId(wake.runId), wake);
}

/** Under which id the failures of a run are kept. */
function runFailureId(runId: string): string {
  return `run ${runId}`;
}

export function resumptionMessage(resumption: Resumption): WorkerMessage {
  return message('resumption', `runs of workflow ${resumption.workflowId}`, resumption);
}

function message(kind: WorkerRequest['kind'], webhookId: string, body: unknown): WorkerMessage {
  const text = (value: string) => ({ DataType: 'String', StringValue: value });
  return {
    MessageBody: JSON.stringify(body),
    MessageAttributes: { kind: text(kind), webhookId: text(webhookId), type: text(kind) },
  };
}

/** Reads the body of a message of this `kind`; `undefined` when the worker knows no such kind. Never throws. */
export function readWorkerRequest(
  kind: string | undefined,
  body: string,
): WorkerRequest | { kind: 'unreadable'; reason: string } | undefined {
  try {
    switch (kind) {
      case 'erasure':
        return { kind, erasure: erasureSchema.parse(JSON.parse(body)) };
      case 'replay':
        return { kind, replay: replaySchema.parse(JSON.parse(body)) };
      case 'run':
        return { kind, wake: wakeSchema.parse(JSON.parse(body)) };
      case 'resumption':
        return { kind, resumption: resumptionSchema.parse(JSON.parse(body)) };
      default:
        return undefined;
    }
  } catch {
    return { kind: 'unreadable', reason: `The ${kind} message cannot be read.` };
  }
}

/** Erasure runs at once and again for what was in flight; 900 s is the longest delay of SQS. */
export const erasureDelaysSeconds = [900, 0] as const;

/**
 * Asks the worker to erase a contact, twice. The later message goes first: whatever fails after it, nothing that was
 * in flight is left behind. Safe to repeat.
 */
export async function requestErasure(erasure: ContactErasure, send: SendToWorker): Promise<void> {
  const body = contactErasureSchema.parse(erasure);
  for (const delaySeconds of erasureDelaysSeconds) {
    await send(erasureMessage(`erasure of contact ${erasure.contactId}`, body), delaySeconds);
  }
}

/** Asks the worker to run a recorded event again. A repetition with the same `replayId` counts once. */
export async function requestReplay(replay: Replay, send: SendToWorker): Promise<void> {
  await send(replayMessage(replaySchema.parse(replay)), 0);
}
