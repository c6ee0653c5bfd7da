import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { InvocationResult } from '#infra/local/lambda/runtime-api.ts';
import { localAccount } from '#infra/local/local-account.ts';
import type { Match } from './routes.ts';

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
