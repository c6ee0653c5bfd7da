import { setTimeout } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { failureOf, type Purpose } from './polar-answer.ts';
import { PolarUnavailable } from './polar-api-error.ts';

/** The version of Polar's API, and of the payloads of its webhooks, that this program is written for. */
export const polarApiVersion = '2026-10';

export type PolarAccessOptions = Readonly<{
  baseUrl: string;
  /** A bearer token. `refused`: the one that Polar has just not accepted; the same again means there is no other. */
  token: (refused?: string) => Promise<string>;
  fetch?: typeof globalThis.fetch;
  pause?: (ms: number) => Promise<unknown>;
  /** How long one call may take in all, with its waiting; a function that must answer soon sets less. */
  patienceMs?: number;
  log?: Log;
  now?: () => Date;
}>;

export type PolarCall = Purpose &
  Readonly<{
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    path: string;
    query?: Readonly<Record<string, string | number | boolean | undefined>>;
    body?: Readonly<Record<string, unknown>>;
    /** Doing it twice is as good as once, so it is tried again when the answer is lost or a failure of Polar's. */
    repeatable: boolean;
  }>;

export type PolarRequest = (call: PolarCall) => Promise<unknown>;

const timeoutMs = 10_000;
/** A page of a hundred deliveries with their payloads has room in it. */
const mostBytes = 32 * 1_024 * 1_024;
const maxTries = 5;
const longestWaitMs = 60_000;

/**
 * Sends calls to Polar's API. Obeys 429, waiting at most a minute each time; failures of Polar's and lost answers are
 * tried again with growing delay where that is safe. Throws a `PolarApiError` for everything else.
 */
export function polarRequest(options: PolarAccessOptions): PolarRequest {
  const { pause = setTimeout, patienceMs = 180_000, log, now = () => new Date() } = options;
  const attempt = attempts(options);

  return async (call) => {
    let spentMs = 0;
    let token = await options.token();
    let isRenewed = false;
    for (let tries = 1; ; tries += 1) {
      const begunMs = performance.now();
      const { answer, error } = await attempt(call, token, patienceMs - spentMs);
      spentMs += performance.now() - begunMs;
      if (answer?.ok) return answer.content;
      if (answer?.status === 401 && !isRenewed) {
        const refused = token;
        token = await options.token(refused);
        isRenewed = true;
        if (token !== refused) continue;
      }
      const failure = error ?? failureOf(answer?.status ?? 0, answer?.body ?? '', call);
      const waitMs = answer?.status === 429 ? askedWaitMs(answer.retryAfter, now()) : 0;
      const mayRetry = failure instanceof PolarUnavailable && (call.repeatable || waitMs > 0);
      if (!mayRetry || tries >= maxTries) throw failure;
      const delayMs = Math.max(waitMs, 500 * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
      if (spentMs + delayMs > patienceMs) throw tooLong(call, delayMs, failure);
      log?.warn('Polar is asked again', { path: call.path, tries, delayMs: Math.round(delayMs) });
      const pausedMs = performance.now();
      await pause(delayMs);
      // A process may be halted while it waits: what is late must not be sent any more.
      spentMs += Math.max(delayMs, performance.now() - pausedMs);
      if (spentMs >= patienceMs) throw tooLong(call, 0, failure);
    }
  };
}

type Answer =
  | { ok: true; status: number; content: unknown; body?: undefined; retryAfter?: undefined }
  | { ok: false; status: number; body: string; retryAfter: string | null };

function attempts({ baseUrl, fetch = globalThis.fetch }: PolarAccessOptions) {
  const bounded = boundedFetch(fetch, mostBytes);
  return async (
    call: PolarCall,
    token: string,
    leftMs: number,
  ): Promise<{ answer?: Answer; error?: PolarUnavailable }> => {
    try {
      const response = await bounded(urlOf(baseUrl, call), {
        method: call.method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          'polar-version': polarApiVersion,
          ...(call.body && { 'content-type': 'application/json' }),
        },
        ...(call.body && { body: JSON.stringify(call.body) }),
        // A redirect would carry the token to another host.
        redirect: 'manual',
        signal: AbortSignal.timeout(Math.ceil(Math.min(timeoutMs, Math.max(1, leftMs)))),
      });
      return { answer: await answerOf(response) };
    } catch (error) {
      // The error itself is not passed on: it may quote the request.
      return { error: unreachable(call, error) };
    }
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const { status } = response;
  const body = await response.text();
  if (!response.ok) {
    return { ok: false, status, body, retryAfter: response.headers.get('retry-after') };
  }
  return { ok: true, status, content: body === '' ? undefined : JSON.parse(body) };
}

function urlOf(baseUrl: string, { path, query = {} }: PolarCall): URL {
  const url = new URL(`${baseUrl}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** Retry-After in seconds or as a date, bounded; a second where there is none. */
function askedWaitMs(retryAfter: string | null, now: Date): number {
  const seconds = Number(retryAfter ?? 1);
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter ?? '') - now.getTime() : seconds * 1_000;
  return Number.isNaN(ms) ? 1_000 : Math.min(Math.max(ms, 100), longestWaitMs);
}

function unreachable({ doing }: Purpose, error: unknown): PolarUnavailable {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const isGarbled = error instanceof SyntaxError;
  const isEndless = error instanceof RangeError;
  const why = isLate
    ? 'it did not answer in time'
    : isGarbled
      ? 'its answer was not JSON'
      : isEndless
        ? 'its answer was too long'
        : 'it could not be reached';
  return new PolarUnavailable(
    `Polar did not ${doing}: ${why}. Try again in a few minutes; https://status.polar.sh shows whether it has an outage.`,
  );
}

function tooLong({ doing }: Purpose, delayMs: number, failure: PolarUnavailable): PolarUnavailable {
  const seconds = Math.max(1, Math.ceil(delayMs / 1_000));
  return new PolarUnavailable(
    `Polar did not ${doing} in the time there was. It may be ready in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}: try again then. (${failure.message})`,
  );
}
