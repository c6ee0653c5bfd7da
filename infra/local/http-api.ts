import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { realClock } from './clock/local-clock.ts';
import { withTimeShown } from './clock/shown-time.ts';
import { sendJoined } from './joined-pages.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { localAccount } from './local-account.ts';
import {
  bodyOf,
  isFromAnotherSite,
  type LoopbackServer,
  refusalOfAnotherSite,
  serveOnLoopback,
} from './loopback-server.ts';
import type { InvocationResult } from './runtime-api.ts';

/** The event that API Gateway's HTTP API gives a function, in payload format 2.0. */
export function httpEvent(
  request: IncomingMessage,
  body: Buffer,
  { routeKey, path: rawPath, pathParameters }: Match<unknown>,
  now: Date,
  url = String(request.url),
) {
  const { cookie, ...headers } = joinedHeaders(request);
  const [, ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const parameters = queryParameters(rawQueryString);
  const isText = isTextBody(headers) && isUtf8(body);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: localAccount,
      apiId: 'local',
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function joinedHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === 'cookie' ? '; ' : ','),
    ]),
  );
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

/** API Gateway hands over as text what says that it is text and is UTF-8, and everything else in base64. */
function isTextBody(headers: Record<string, string>): boolean {
  if (headers['content-encoding'] !== undefined) return false;
  const type = headers['content-type'] ?? '';
  return /^(text\/|application\/(json|javascript|xml|[^;]+\+(json|xml))(;|$| ))/i.test(type);
}

export type HttpAnswer = Readonly<{
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}>;

const responseSchema = z.object({
  statusCode: z.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** What the client gets for a function's result; a failure of the function is a 500 without details. */
export function httpAnswer(result: InvocationResult): HttpAnswer {
  if (result.kind === 'error') return jsonAnswer(500, { message: 'Internal Server Error' });
  const { payload } = result;
  const isStructured = typeof payload === 'object' && payload !== null && 'statusCode' in payload;
  if (!isStructured) return jsonAnswer(200, payload);
  const response = responseSchema.safeParse(payload);
  if (!response.success) return jsonAnswer(500, { message: 'Internal Server Error' });
  const { statusCode, headers, cookies, body, isBase64Encoded } = response.data;
  const given = Object.entries(headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(given),
      ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

export function jsonAnswer(status: number, content: unknown): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content ?? null)),
  };
}

export function textAnswer(status: number, text: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from(text),
  };
}

/** Which of an HTTP API's route keys answers a request, and what its path parameters are. */
export type Match<T> = Readonly<{
  target: T;
  routeKey: string;
  path: string;
  pathParameters: Record<string, string>;
}>;

/**
 * The path of a URL as API Gateway hands it to routes and functions: decoded, and cut off at a
 * question mark that was encoded, too. `undefined`: it cannot be decoded.
 */
export function decodedPath(url: string): string | undefined {
  const [path = '/'] = url.split('?');
  try {
    return decodeURIComponent(path).split('?')[0];
  } catch {
    return undefined;
  }
}

/**
 * Finds the route as API Gateway does: whole paths before those with parameters, these before greedy
 * ones (`{proxy+}`), the method itself before ANY, `$default` last.
 */
export function matchRoute<T>(
  routes: ReadonlyMap<string, T>,
  method: string,
  path: string,
): Match<T> | undefined {
  const matches = [...routes].flatMap(([routeKey, target]) => {
    const [routeMethod = '', pattern] = routeKey.split(' ');
    if (routeKey === '$default') return [{ target, routeKey, path, pathParameters: {}, rank: 9 }];
    if (pattern === undefined || (routeMethod !== method && routeMethod !== 'ANY')) return [];
    const groups = new RegExp(`^${expressionOf(pattern)}$`).exec(path)?.groups;
    const isMatch = groups !== undefined || pattern === path;
    const rank = (routeMethod === 'ANY' ? 1 : 0) + (pattern.includes('{') ? 2 : 0);
    const greedy = pattern.includes('+}') ? 2 : 0;
    return isMatch
      ? [{ target, routeKey, path, pathParameters: { ...groups }, rank: rank + greedy }]
      : [];
  });
  return matches.sort((one, other) => one.rank - other.rank)[0];
}

function expressionOf(pattern: string): string {
  return pattern
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(part) ?? [];
      if (name === undefined) return part.replaceAll(/[.*+?^$()[\]\\|]/g, '\\$&');
      return `(?<${name}>${greedy ? '.+' : '[^/]+'})`;
    })
    .join('');
}

export type HttpRoute = Readonly<{
  lambda: LambdaFunction;
  /** In AWS anyone may call it, so here, too; any other is for the pages of this machine only. */
  isPublic: boolean;
}>;

/** A request that no page of our own made, and its answer, for showing it to the person at the keyboard. */
export type Exchange = Readonly<{
  method: string;
  path: string;
  webhookId: string | undefined;
  body: Buffer;
  status: number;
  answer: Buffer;
}>;

type Routes = ReadonlyMap<string, HttpRoute>;

const maxBodyBytes = 10 * 1_048_576;

/** Those that are public, or all others. */
function routesThat(isPublic: boolean, routes: Routes): Routes {
  return new Map([...routes].filter(([, route]) => route.isPublic === isPublic));
}

/** Serves the public routes of the stack's HTTP API to anyone, by route key (`POST /webhooks/polar`), and no others. */
export function startHttpApi(
  allRoutes: Routes,
  port: number,
  onExchange: (exchange: Exchange) => void,
  clock = realClock,
): Promise<LoopbackServer> {
  const routes = routesThat(true, allRoutes);
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request, maxBodyBytes);
      const url = String(request.url);
      const match = matchFor(request, url, routes);
      const {
        status,
        headers,
        body: answer,
      } = await answerTo({ request, url, body, clock }, match);
      response.writeHead(status, { ...headers, 'content-length': answer.length });
      response.end(answer);
      const webhookId = request.headers['webhook-id'];
      onExchange({
        method: String(request.method),
        path: url.split('?')[0] ?? '/',
        webhookId: typeof webhookId === 'string' ? webhookId : undefined,
        body: body === 'too-large' ? Buffer.alloc(0) : body,
        status,
        answer,
      });
    },
    port,
    'the HTTP API',
    // Public in AWS too; Polar reaches it by the name of a tunnel.
    'anyone',
  );
}

/** Serves the other routes, the pages of the console, to the person at this machine: on a port that no tunnel leads to. */
export function startPages(
  allRoutes: Routes,
  port: number,
  clock = realClock,
): Promise<LoopbackServer> {
  const routes = routesThat(false, allRoutes);
  return serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request, maxBodyBytes);
      const pageAt = (url: string) =>
        answerTo({ request, url, body, clock }, matchFor(request, url, routes));
      const first = isFromAnotherSite(request)
        ? textAnswer(403, refusalOfAnotherSite)
        : await pageAt(String(request.url));
      await sendJoined(response, withTimeShown(first, clock), pageAt);
    },
    port,
    'the console',
    // Who calls is asked here, where the return from Polar is let in.
    'anyone',
  );
}

function matchFor(
  { method }: IncomingMessage,
  url: string,
  routes: Routes,
): Match<HttpRoute> | undefined {
  const path = decodedPath(url);
  return path === undefined ? undefined : matchRoute(routes, String(method), path);
}

type Asked = Readonly<{
  request: IncomingMessage;
  url: string;
  body: Buffer | 'too-large';
  clock: typeof realClock;
}>;

async function answerTo(
  { request, url, body, clock }: Asked,
  match: Match<HttpRoute> | undefined,
): Promise<HttpAnswer> {
  if (!match) return jsonAnswer(404, { message: 'Not Found' });
  if (body === 'too-large') return jsonAnswer(413, { message: 'Request Entity Too Large' });
  return httpAnswer(
    await match.target.lambda.invoke(httpEvent(request, body, match, clock.now(), url)),
  );
}
