import { encodeEventMessage } from '#shared/aws/encode-event-message.ts';
import type { EventMessage } from '#shared/aws/event-message.ts';
import type { Log } from '#shared/log.ts';
import { type AnswerName, answers } from '#shared/polar/answers.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { signedHeaders } from '#shared/polar/webhook-signature.ts';
import { eventType } from './event-type.ts';
import type { Verify } from './verifier.ts';
import { bodyText, headerReader, misdirection, type WebhookRequest } from './webhook-request.ts';

export type Ingest = Readonly<{
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
  const misdirected = misdirection(request);
  if (misdirected) return { answer: misdirected };
  const headers = signedHeaders(headerReader(request));
  if (typeof headers === 'string') return { answer: headers };
  const body = bodyText(request);
  if (body === undefined) return { answer: 'mismatch' };
  const unproven = await deps
    .verify(headers, body)
    .then(
      (verdict) => (verdict === 'valid' ? undefined : { answer: verdict }),
      failed('secret-unreadable'),
    );
  return unproven ?? { webhookId: headers.id, ...(await genuine(headers.id, body, deps)) };
}

async function genuine(webhookId: string, body: string, deps: Ingest): Promise<Outcome> {
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
