import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { Log } from '#shared/log.ts';
import { plainText } from '#shared/safe-text.ts';
import {
  type PolarApiError,
  PolarInvalid,
  PolarMissing,
  PolarRefused,
  PolarUnavailable,
  tryLater,
} from './api-error.ts';

type Fetch = typeof globalThis.fetch;

/** `fetch`, except that reading an answer ends with a `RangeError` where it is longer than `mostBytes`, unpacked. */
export function boundedFetch(fetch: Fetch, mostBytes: number): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body) return response;
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > mostBytes) throw new RangeError(`The answer is longer than ${mostBytes} bytes`);
        controller.enqueue(chunk);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
  };
}

/** What a call wants, for the sentence about its failure. */
type Purpose = Readonly<{
  /** After "Polar did not": `list the webhook endpoints`. */
  doing: string;
  /** What the token must be allowed. */
  scope: string;
  /** Where to give that scope; absent: wherever Polar is connected. */
  whereGiven?: string;
}>;

const problem = z.object({ loc: z.optional(z.array(z.unknown())), msg: z.string() });
const answerSchema = z.object({
  detail: z.catch(z.optional(z.union([z.string(), z.array(problem)])), undefined),
  error_description: z.catch(z.optional(z.string()), undefined),
});

/** The failure that an answer other than 2xx stands for, with a sentence that ends in what to do next. */
function failureOf(status: number, body: string, purpose: Purpose): PolarApiError {
  const { doing, scope, whereGiven = 'Connect Polar again with both.' } = purpose;
  const said = wordsOf(body);
  const words = said === '' ? '' : ` Polar says: “${said}”.`;
  if (status === 401) {
    return new PolarRefused(
      `Polar does not accept the access: the token is wrong, expired or revoked, or belongs to the other server (production and sandbox have tokens of their own). Connect Polar again.${words}`,
    );
  }
  if (status === 403) {
    return new PolarRefused(
      `Polar does not let this access ${doing}. It needs the scope ${scope}, and the person who gave it must be owner or admin of the organization. ${whereGiven}${words}`,
    );
  }
  if (status === 404 || status === 410) {
    return new PolarMissing(`Polar did not ${doing}: it is not there (any more).${words}`);
  }
  if (status >= 500 || status === 408 || status === 429) {
    return new PolarUnavailable(`Polar did not ${doing}: it answered ${status}. ${tryLater}`);
  }
  return new PolarInvalid(
    `Polar did not ${doing}: it answered ${status}.${words || ' It said nothing more.'}`,
  );
}

/** What Polar said of the failure, in one line that fits into a sentence. */
function wordsOf(body: string): string {
  const { data } = answerSchema.safeParse(parsed(body));
  const { detail, error_description } = data ?? {};
  const text =
    typeof detail === 'string'
      ? detail
      : (detail?.slice(0, 5).map(problemText).join('; ') ?? error_description);
  return plainText(text ?? '', 300).replace(/\.$/, '');
}

function problemText({ loc = [], msg }: z.infer<typeof problem>): string {
  const field = loc.filter((part) => part !== 'body').join('.');
  return field === '' ? msg : `${field}: ${msg}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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

type PolarRequest = (call: PolarCall) => Promise<unknown>;

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
    /** To get a token may mean to refresh it. Another try must wait for that, too; the first has all its time. */
    let tokenMs = 0;
    const tokenAfter = async (refused?: string): Promise<string> => {
      const begunMs = performance.now();
      const token = await options.token(refused);
      tokenMs += performance.now() - begunMs;
      return token;
    };
    let token = await tokenAfter();
    let isRenewed = false;
    for (let tries = 1; ; tries += 1) {
      const begunMs = performance.now();
      const { answer, error } = await attempt(call, token, patienceMs - spentMs);
      spentMs += performance.now() - begunMs;
      if (answer?.ok) return answer.content;
      if (answer?.status === 401 && !isRenewed) {
        const refused = token;
        token = await tokenAfter(refused);
        isRenewed = true;
        if (token !== refused) continue;
      }
      const failure = error ?? failureOf(answer?.status ?? 0, answer?.body ?? '', call);
      const waitMs = answer?.status === 429 ? askedWaitMs(answer.retryAfter, now()) : 0;
      const mayRetry = failure instanceof PolarUnavailable && (call.repeatable || waitMs > 0);
      if (!mayRetry || tries >= maxTries) throw failure;
      const delayMs = Math.max(waitMs, 500 * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
      if (spentMs + tokenMs + delayMs > patienceMs)
        throw waitMs > 0 ? askedTooOften(call, waitMs) : failure;
      log?.warn('Polar is asked again', { path: call.path, tries, delayMs: Math.round(delayMs) });
      const pausedMs = performance.now();
      await pause(delayMs);
      // A process may be halted while it waits: what is late must not be sent any more.
      spentMs += Math.max(delayMs, performance.now() - pausedMs);
      if (spentMs + tokenMs >= patienceMs) throw failure;
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
  return new PolarUnavailable(`Polar did not ${doing}: ${why}. ${tryLater}`);
}

/** Polar says itself when it may be asked again, which is later than anybody waits here. */
function askedTooOften({ doing }: Purpose, waitMs: number): PolarUnavailable {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new PolarUnavailable(
    `Polar did not ${doing}: it was asked too often. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  );
}

/** What an answer says, by its schema. Throws `PolarUnavailable` naming the fields that are not as they should be. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, content: unknown, call: PolarCall): T {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.join('.') || 'the whole');
  throw unreadableAnswer(call, fields.join(', '));
}

export function unreadableAnswer({ doing }: PolarCall, what: string): PolarUnavailable {
  return new PolarUnavailable(
    `Polar's answer when asked to ${doing} is not as its version 2026-10 says. Look at: ${what}. Polar Audience may have to be updated.`,
  );
}
