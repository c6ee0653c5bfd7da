import { createHash, randomUUID } from 'node:crypto';
import { PolarClientError, PolarRateLimitError, PolarServerError } from '@polar-sh/sdk';
import { errors } from '@polar-sh/sdk/2026-10';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { type DrivenPolar, published, startDrivenPolar } from './driven-polar.ts';

/* What the local Polar refuses, and how somebody signs in there, by Polar's own SDK and the types that it declares. */
let driven: DrivenPolar;
let polar: DrivenPolar['polar'];
let sdk: DrivenPolar['sdk'];
let sdkWith: DrivenPolar['sdkWith'];

beforeAll(async () => {
  driven = await startDrivenPolar();
  ({ polar, sdk, sdkWith } = driven);
});

afterAll(() => driven.stop());

type Refusal = Readonly<{
  call: () => Promise<unknown>;
  status: number;
  thrown: abstract new (...given: never) => Error;
  /** Polar publishes no type for errors of OAuth: they are those of RFC 6749 and 6750. */
  type?: string;
}>;

describe('a refusal is what the SDK expects:', () => {
  test.each<[string, Refusal]>([
    [
      'no such customer',
      {
        call: () => sdk.customers.get(randomUUID()),
        status: 404,
        thrown: errors.ResourceNotFound,
        type: 'ResourceNotFound',
      },
    ],
    [
      'an id that is none',
      {
        call: () => sdk.customers.get('none'),
        status: 422,
        thrown: errors.HTTPValidationError,
        type: 'HTTPValidationError',
      },
    ],
    [
      'a page that is none',
      {
        call: () => sdk.orders.list({ page: 0 }),
        status: 422,
        thrown: errors.HTTPValidationError,
        type: 'HTTPValidationError',
      },
    ],
    [
      'an address that is not public',
      {
        call: () =>
          sdk.webhooks.createWebhookEndpoint({ url: 'ftp://x', format: 'raw', events: [] }),
        status: 422,
        thrown: errors.HTTPValidationError,
        type: 'HTTPValidationError',
      },
    ],
    [
      'a part of the switches of an organization’s emails',
      {
        call: () =>
          sdk.organizations.update(northlight.id, {
            customer_email_settings: { order_confirmation: true } as never,
          }),
        status: 422,
        thrown: errors.HTTPValidationError,
        type: 'HTTPValidationError',
      },
    ],
    [
      'an unknown token',
      {
        call: () => sdkWith('polar_oat_unknown').customers.list(),
        status: 401,
        thrown: PolarClientError,
      },
    ],
    [
      'a scope that was not given',
      {
        call: () => sdkWith(polar.organizationToken(['webhooks:read'])).customers.list(),
        status: 403,
        thrown: PolarClientError,
      },
    ],
  ])('%s', async (_what, { call, status, thrown, type }) => {
    const error = await call().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(thrown);
    if (!(error instanceof PolarClientError)) throw error;
    expect(error.statusCode).toBe(status);
    if (type === undefined) expect(oauthErrorIn(error.error)).toBe(true);
    else expect(published.departures(type, withoutName(error.error, type))).toEqual([]);
  });

  test('somebody who is neither owner nor admin', async () => {
    polar.setRole('member');
    const refused = await sdk.organizations
      .update(northlight.id, {})
      .catch((error: unknown) => error)
      .finally(() => polar.setRole('admin'));
    if (!(refused instanceof PolarClientError)) throw refused;
    expect(refused.statusCode).toBe(403);
    expect(published.departures('NotPermitted', refused.error)).toEqual([]);
  });

  test('no token at all', async () => {
    const answer = await fetch(`${polar.url}/v1/customers/`);
    expect(answer.status).toBe(401);
    expect(published.departures('Unauthorized', await answer.json())).toEqual([]);
  });

  test('too many calls, with the seconds to wait', async () => {
    polar.setRateLimit({ every: 1, retryAfter: '7' });
    const limited = await sdk.orders
      .list()
      .catch((error: unknown) => error)
      .finally(() => polar.setRateLimit(undefined));
    expect(limited).toBeInstanceOf(PolarRateLimitError);
    expect(limited).toMatchObject({ statusCode: 429, retryAfter: 7 });
  });

  test('an outage', async () => {
    polar.goDown();
    const down = sdk.orders.list().finally(() => polar.comeBack());
    await expect(down).rejects.toThrow(PolarServerError);
  });
});

describe('signing in', () => {
  const redirectUri = 'https://example.com/back';
  const registeredSchema = z.object({ client_id: z.string() });
  const tokensSchema = z.object({ access_token: z.string(), refresh_token: z.string() });

  async function authorized() {
    const registered = await post('/v1/oauth2/register', {
      type: 'application/json',
      body: JSON.stringify({
        ...{ client_name: 'Polar Audience', redirect_uris: [redirectUri] },
        token_endpoint_auth_method: 'none',
      }),
    });
    const { client_id } = registeredSchema.parse(await registered.json());
    const code_verifier = 'a'.repeat(43);
    const url = new URL(polar.authorizeUrl);
    url.search = new URLSearchParams({
      ...{ client_id, redirect_uri: redirectUri, response_type: 'code', state: 's' },
      ...{ scope: 'customers:read', sub_type: 'organization', code_challenge_method: 'S256' },
      code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    }).toString();
    const back = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '');
    const code = back.searchParams.get('code') ?? '';
    return { client_id, code_verifier, code, redirect_uri: redirectUri };
  }

  const token = (form: Readonly<{ [name: string]: string }>) =>
    post('/v1/oauth2/token', {
      type: 'application/x-www-form-urlencoded',
      body: new URLSearchParams(form).toString(),
    });

  test('gives tokens as Polar publishes them, and again for the refresh token', async () => {
    const { client_id, ...given } = await authorized();
    const first = await (
      await token({ grant_type: 'authorization_code', client_id, ...given })
    ).json();
    expect(published.departures('TokenResponse', first)).toEqual([]);
    const { access_token, refresh_token } = tokensSchema.parse(first);
    const second = await token({ grant_type: 'refresh_token', client_id, refresh_token });
    expect(published.departures('TokenResponse', await second.json())).toEqual([]);
    expect((await sdkWith(access_token).customers.list()).items).toHaveLength(10);
  });

  test('is refused with the errors of OAuth', async () => {
    const { client_id, code_verifier, redirect_uri } = await authorized();
    const form = { client_id, code_verifier, redirect_uri, code: 'polar_ac_unknown' };
    const refused = await token({ grant_type: 'authorization_code', ...form });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({
      error: 'invalid_grant',
      error_description: expect.any(String),
    });
  });
});

function post(path: string, { type, body }: Readonly<{ type: string; body: string }>) {
  return fetch(`${polar.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
}

/** Polar names the error of a request that is not valid, too, which its types leave out. */
function withoutName(answer: unknown, type: string): unknown {
  if (type !== 'HTTPValidationError') return answer;
  const { error, ...declared } = z.looseObject({ error: z.string() }).parse(answer);
  expect(error).toBe('RequestValidationError');
  return declared;
}

/** The SDK keeps it as text where Polar publishes no type for it. */
function oauthErrorIn(text: unknown): boolean {
  const error = JSON.parse(String(text));
  return typeof error.error === 'string' && typeof error.error_description === 'string';
}
