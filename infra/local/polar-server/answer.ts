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

export function invalid(field: string, msg: string): Answer {
  return {
    status: 422,
    body: {
      error: 'RequestValidationError',
      detail: [{ type: 'value_error', loc: ['body', field], msg, input: null }],
    },
  };
}

/** An error of OAuth (RFC 6749). */
export function oauthError(error: string, error_description: string, status = 400): Answer {
  return { status, body: { error, error_description } };
}
