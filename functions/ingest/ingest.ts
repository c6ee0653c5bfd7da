import type { Log } from '#shared/log.ts';
import { type AnswerName, answers } from '#shared/polar/answers.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { signedHeaders } from '#shared/polar/webhook-signature.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import type { EventMessage } from '#shared/queue/events-queue.ts';
import type { Verify } from './verifier.ts';

/** The `type` of a webhook's body; `undefined` for whatever has none, never an error. */
export function eventType(body: string): string | undefined {
  try {
    return typeOf(JSON.parse(body));
  } catch {
    return undefined;
  }
}

// An array has no type, and what JSON.parse makes inherits none. By hand: a schema would cost a tenth of the cold start.
function typeOf(content: unknown): string | undefined {
  const isObject = typeof content === 'object' && content !== null;
  return isObject && 'type' in content && typeof content.type === 'string'
    ? content.type
    : undefined;
}

/** The part of an API Gateway event (payload format 2.0) that ingest looks at. */
export type WebhookRequest = Readonly<{
  rawPath: string;
  headers: Readonly<Record<string, string | undefined>>;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: Readonly<{ stage: string; http: Readonly<{ method: string }> }>;
}>;

/** Whether the request is for the webhook; `undefined` when it is. */
function misdirection(
  request: WebhookRequest,
  path: string,
): 'not-found' | 'method-not-allowed' | undefined {
  const { stage, http } = request.requestContext;
  const isWebhook = request.rawPath === path || request.rawPath === `/${stage}${path}`;
  if (!isWebhook) return 'not-found';
  return http.method === 'POST' ? undefined : 'method-not-allowed';
}

/** Reads headers by their lower-case names, however they are spelled in the request. */
export function headerReader(request: WebhookRequest): (name: string) => string | undefined {
  const names = Object.keys(request.headers);
  return (name) => {
    const own = names.findLast((one) => one.length === name.length && one.toLowerCase() === name);
    return own === undefined ? undefined : request.headers[own];
  };
}

/**
 * The raw body: text, or bytes that are none, because nothing may be signed as one text and read as another. `undefined`
 * for a broken text, of which nobody knows what bytes it was.
 */
export function rawBody({ body = '', isBase64Encoded }: WebhookRequest) {
  if (!isBase64Encoded) return body.isWellFormed() ? body : undefined;
  const bytes = Buffer.from(body, 'base64');
  return utf8Text(bytes) ?? bytes;
}

function utf8Text(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * In bytes. Nothing larger is hashed, which costs most of what a stranger's request costs. It would not fit into a
 * message of 1 MiB: packed, JSON such as Polar's takes about a third of its size.
 */
export const largestBody = 3 * 1_048_576;

function sizeOf({ body = '', isBase64Encoded }: WebhookRequest): number {
  return Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8');
}

export type Ingest = Readonly<{
  /** The only one that webhooks come to. */
  path: string;
  verify: Verify;
  /** Resolves once the queue has the message. */
  send: (message: EventMessage) => Promise<unknown>;
  now: () => Date;
  log: Log;
}>;

type Outcome = Readonly<{
  answer: AnswerName;
  webhookId?: string;
  type?: string;
  error?: string;
}>;

type Response = Readonly<{ statusCode: number; headers: Record<string, string>; body: string }>;

/** Answers one webhook, and never throws: whatever fails on our side is a 503, and Polar tries again. */
export function ingest(deps: Ingest): (request: WebhookRequest) => Promise<Response> {
  return async (request) => {
    const outcome = await outcomeOf(request, deps).catch(failed('unexpected'));
    record(outcome, deps.log);
    return response(outcome.answer);
  };
}

async function outcomeOf(request: WebhookRequest, deps: Ingest): Promise<Outcome> {
  const misdirected = misdirection(request, deps.path);
  if (misdirected) return { answer: misdirected };
  const headers = signedHeaders(headerReader(request));
  if (typeof headers === 'string') return { answer: headers };
  if (sizeOf(request) > largestBody) return { answer: 'too-large' };
  const body = rawBody(request);
  if (body === undefined) return { answer: 'mismatch' };
  const unproven = await deps
    .verify(headers, body)
    .then(
      (verdict) => (verdict === 'valid' ? undefined : { answer: verdict }),
      failed('secret-unreadable'),
    );
  return unproven ?? { webhookId: headers.id, ...(await genuine(headers.id, body, deps)) };
}

async function genuine(webhookId: string, body: string | Buffer, deps: Ingest): Promise<Outcome> {
  if (typeof body !== 'string') return { answer: 'not-utf8' };
  const type = eventType(body);
  if (type === undefined) return { answer: 'no-type' };
  if (!isSupportedEventType(type)) return { answer: 'ignored', ...printable(type) };
  const receivedAt = deps.now().toISOString();
  const message = encodeEventMessage({ webhookId, type, receivedAt, body });
  if (message === 'too-large') return { answer: 'too-large', type };
  const sent = await deps.send(message).then(() => undefined, failed('queue-unavailable'));
  return { type, ...(sent ?? { answer: 'accepted' }) };
}

function printable(type: string): { type?: string } {
  return /^[a-z_.]{1,64}$/.test(type) ? { type } : {};
}

function failed(answer: AnswerName): (error: unknown) => Outcome {
  return (error) => ({
    answer,
    error: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : 'unknown',
  });
}

// Nothing that an unsigned request says is logged.
function record({ answer, ...facts }: Outcome, log: Log): void {
  const { code } = answers[answer];
  const level = code >= 500 ? 'error' : code >= 400 ? 'warn' : 'info';
  log[level]('webhook answered', { status: code, reason: answer, ...facts });
}

function response(name: AnswerName): Response {
  const { code, status, message } = answers[name];
  return {
    statusCode: code,
    headers: {
      'content-type': 'application/json',
      ...(name === 'method-not-allowed' && { allow: 'POST' }),
    },
    body: JSON.stringify({ status, message }),
  };
}
