import type { IncomingMessage } from 'node:http';

export type Answer = Readonly<{
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}>;

export type Asked = Readonly<{
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}>;

export const notFound: Answer = {
  status: 404,
  body: { error: 'ResourceNotFound', detail: 'Not found' },
};

/** No access token was given. */
export const unauthorized: Answer = {
  status: 401,
  body: { error: 'Unauthorized', detail: 'Unauthorized' },
};

export const invalidToken: Answer = {
  status: 401,
  body: {
    error: 'invalid_token',
    error_description: 'The access token provided is expired, revoked, malformed, or invalid.',
  },
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
};

export function insufficientScope(scope: string): Answer {
  return {
    status: 403,
    body: {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided.',
    },
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  };
}

export const notPermitted: Answer = {
  status: 403,
  body: { error: 'NotPermitted', detail: 'You need to be an admin of this organization.' },
};

/** `field`: its name, dotted where it is within another. */
export function invalid(
  field: string,
  msg: string,
  where: 'body' | 'query' | 'path' = 'body',
): Answer {
  return {
    status: 422,
    body: {
      error: 'RequestValidationError',
      detail: [{ type: 'value_error', loc: [where, ...field.split('.')], msg, input: null }],
    },
  };
}

/** Polar takes parameters here that its stand-in does not, which must not pass as taken. */
export function notHere(what: string): Answer {
  return {
    status: 501,
    body: { error: 'NotHere', detail: `The local Polar does not know ${what}.` },
  };
}

/** An error of OAuth (RFC 6749). */
export function oauthError(error: string, error_description: string, status = 400): Answer {
  return { status, body: { error, error_description } };
}
