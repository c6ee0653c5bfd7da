import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { type Signing, signedFetch } from '#infra/commands/deployment/signed-fetch.ts';
import { nextPageHeader } from '#infra/local/http/joined-pages.ts';
import { escapeHtml } from '#shared/safe-text.ts';

export type DoorAnswer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: Uint8Array;
}>;

const doorStyle =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.25rem;overflow-wrap:anywhere}h1{font-size:1.375rem;line-height:1.3}';

/** A page of the proxy's own, where the console itself cannot answer. Its text is a sentence or more. */
export function doorPage(status: number, title: string, text: string): DoorAnswer {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Polar Audience</title>
<style>${doorStyle}</style>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</main>
</html>
`;
  return { status, headers: pageHeaders, body: Buffer.from(html) };
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(doorStyle).digest('base64')}'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
};

export function doorRedirect(location: string, headers: DoorAnswer['headers'] = {}): DoorAnswer {
  const all = { location, 'cache-control': 'no-store', ...headers };
  return { status: 303, headers: all, body: Buffer.alloc(0) };
}

const refusalSchema = z.union([
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ Message: z.string() }).transform(({ Message }) => Message),
]);

/** What API Gateway says where it answers by itself. Every answer of the console has a policy for its content. */
function refusalOfGateway({ status, headers }: Response, body: Buffer): string | undefined {
  if (status < 400 || headers.has('content-security-policy')) return undefined;
  try {
    return refusalSchema.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}

type Person = Readonly<{
  /** What has to be attached to those who are to use the console. */
  policyArn: string | undefined;
  /** The ARN of whose credentials sign, where it can be found out. */
  whoAmI: () => Promise<string | undefined>;
}>;

/** Says to the person what to do about it. */
async function refusalPage(
  status: number,
  refusal: string,
  { policyArn, whoAmI }: Person,
): Promise<DoorAnswer> {
  if (status !== 403) {
    return doorPage(
      status,
      "The console didn't answer",
      `API Gateway says: ${ended(refusal)} Try again. If it keeps happening, check the log of the function console.`,
    );
  }
  if (/token.*expired/i.test(refusal)) {
    return doorPage(
      403,
      'Your credentials have expired',
      `AWS says: ${ended(refusal)} ${logInAgain}`,
    );
  }
  if (/signature|security token/i.test(refusal)) {
    return doorPage(
      403,
      'AWS rejected your credentials',
      `AWS says: ${ended(refusal)} ${logInAgain} Also check that this machine's clock is right.`,
    );
  }
  const person = (await whoAmI()) ?? 'the person whose AWS credentials are used here';
  const policy = policyArn ?? 'in the output ConsolePolicyArn';
  return doorPage(
    403,
    "You don't have access to this console",
    `AWS denied access to ${person}. Ask an administrator of the account to attach the policy ${policy} to that user or role, then reload this page.`,
  );
}

function ended(sentence: string): string {
  return sentence.replace(/[.\s]*$/, '.');
}

const logInAgain =
  'Log in again, for example with "aws sso login", then reload this page. If it still fails, restart "npm run console". Nothing was changed.';

/** For what `signedFetch` throws. */
function failurePage(error: unknown): DoorAnswer {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError') {
    return doorPage(
      504,
      "The console didn't answer in time",
      'It may or may not have done what you asked. Check before you try again.',
    );
  }
  if (/Provider|Token|Credential/.test(name)) {
    const [firstLine] = message.split('\n');
    return doorPage(401, 'No usable AWS credentials', `${firstLine} ${logInAgain}`);
  }
  return doorPage(
    502,
    "Can't reach the console",
    "API Gateway didn't answer. Check your network, and check what happened before you repeat your last action.",
  );
}

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
      if (path === undefined) return doorPage(400, 'Bad address', "This address can't be read.");
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
