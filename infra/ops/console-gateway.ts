import type { IncomingMessage } from 'node:http';
import { nextPageHeader } from '#infra/local/joined-pages.ts';
import { type DoorAnswer, doorPage } from './console-page.ts';
import { failurePage, type Person, refusalOfGateway, refusalPage } from './console-refusal.ts';
import { type Signing, signedFetch } from './signed-fetch.ts';

export type ConsoleGateway = Readonly<{
  /** Passes a request to the console on in this person's name. Whatever happens, it gives an answer for them. */
  pass: (request: IncomingMessage, url: URL, body: Buffer<ArrayBuffer>) => Promise<DoorAnswer>;
}>;

export type GatewayOptions = Person &
  Readonly<{
    /** Of the console, as API Gateway has it. */
    consoleUrl: string;
    signing: Omit<Signing, 'service'>;
    /** How the browser sees the console. */
    browserOrigin: string;
    timeoutMs?: number;
  }>;

const sentOn = ['accept', 'accept-language', 'content-type', 'origin'] as const;

/** API Gateway cuts a request off after thirty seconds. */
const usualTimeoutMs = 35_000;

/** The console behind API Gateway, which lets in requests that are signed with AWS credentials. */
export function consoleGateway(options: GatewayOptions): ConsoleGateway {
  const { consoleUrl, signing, browserOrigin, timeoutMs = usualTimeoutMs } = options;
  const cookies = ownCookies();
  return {
    pass: async (request, url, body) => {
      const path = decoded(url.pathname);
      if (path === undefined) return doorPage(400, 'Bad address', 'This address cannot be read.');
      const cookie = cookies.among(request.headers.cookie);
      const outgoing = {
        method: String(request.method),
        baseUrl: consoleUrl,
        path,
        query: url.searchParams,
        headers: {
          ...headersFrom(request),
          ...(cookie && { cookie }),
          'x-console-origin': browserOrigin,
        },
        ...(body.length > 0 && { body }),
      };
      try {
        const service = 'execute-api';
        const answer = await signedFetch({ ...signing, service }, outgoing, timeoutMs);
        cookies.learn(answer);
        return await answerFrom(answer, options);
      } catch (error) {
        return failurePage(error);
      }
    },
  };
}

/** A browser sends the cookies of every program on localhost: only those that the console set go to it. */
function ownCookies() {
  const names = new Set<string>();
  return {
    learn: (answer: Response) => {
      for (const cookie of answer.headers.getSetCookie()) names.add(nameOf(cookie));
    },
    among: (header = '') =>
      header
        .split(/; */)
        .filter((cookie) => names.has(nameOf(cookie)))
        .join('; '),
  };
}

function nameOf(cookie: string): string {
  return cookie.split('=')[0]?.trim() ?? '';
}

function headersFrom({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    sentOn.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** `undefined` also for a path that would lead somewhere else once it is decoded. */
function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.split('/').some((part) => part === '.' || part === '..') ? undefined : text;
  } catch {
    return undefined;
  }
}

const handedBack = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'etag',
  'expires',
  'last-modified',
  'location',
  'permissions-policy',
  'referrer-policy',
  'refresh',
  'retry-after',
  'vary',
  'x-content-type-options',
  'x-frame-options',
  nextPageHeader,
];

async function answerFrom(answer: Response, options: GatewayOptions): Promise<DoorAnswer> {
  const body = Buffer.from(await answer.arrayBuffer());
  const refusal = refusalOfGateway(answer, body);
  if (refusal !== undefined) return refusalPage(answer.status, refusal, options);
  const headers = handedBack.flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const cookies = answer.headers.getSetCookie();
  return {
    status: answer.status,
    headers: {
      ...Object.fromEntries(headers),
      ...(cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body,
  };
}
