import { ingest, type WebhookRequest } from '#functions/ingest/ingest.ts';
import { verifier } from '#functions/ingest/verifier.ts';
import { jsonLog } from '#shared/log.ts';
import type { EventMessage } from '#shared/queue/events-queue.ts';
import { newSecret, signedRequest } from '../polar/signed-request.ts';

export const secret = newSecret();
export const body = '{"type":"order.paid","data":{"customer":{"email":"ada@example.com"}}}';
export const now = new Date('2026-11-14T22:03:01.250Z');

export type Services = Partial<{
  readDocument: () => Promise<string>;
  send: (message: EventMessage) => Promise<unknown>;
  path: string;
}>;

/** The ingest function with what it put on the queue and what it logged. */
export function ingestAtWork(services: Services = {}) {
  const sent: EventMessage[] = [];
  const lines: string[] = [];
  const {
    readDocument = async () => JSON.stringify({ current: secret }),
    send = async (message) => sent.push(message),
    path = '/webhooks/polar',
  } = services;
  const log = jsonLog((line) => lines.push(line));
  const ask = ingest({
    path,
    verify: verifier(readDocument, Date.now, log),
    send,
    now: () => now,
    log,
  });
  return { ask, sent, lines, logged: () => lines.map((line): unknown => JSON.parse(line)) };
}

export async function down(): Promise<never> {
  throw new Error('The service is down');
}

export function signed(text: string | Buffer) {
  return signedRequest(text, { secret });
}

export function having(headers: Record<string, string | undefined>) {
  const request = signed(body);
  return { ...request, headers: { ...request.headers, ...headers } };
}

export function routed(method: string, rawPath: string, stage = '$default'): WebhookRequest {
  return { ...signed(body), rawPath, requestContext: { stage, http: { method } } };
}
