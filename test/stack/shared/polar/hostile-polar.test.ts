import type { RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { type PolarApi, polarApi } from '#shared/polar/api.ts';
import { isPolarApiError, PolarUnavailable } from '#shared/polar/api-error.ts';
import { refreshTokens, registerClient } from '#shared/polar/oauth.ts';
import type { PolarAccessOptions } from '#shared/polar/request.ts';

const token = 'polar_oat_a-token-of-this-test';

async function hostile(answer: RequestListener) {
  const asked: string[] = [];
  const server = await serveOnLoopback(
    async (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      request.resume();
      answer(request, response);
    },
    0,
    'a hostile Polar',
  );
  onTestFinished(() => server.stop());
  const pause = async () => undefined;
  const api = (options: Partial<PolarAccessOptions> = {}) =>
    polarApi({ baseUrl: server.address, token: async () => token, pause, ...options });
  const addresses = { apiUrl: server.address, authorizeUrl: `${server.address}/authorize` };
  return { asked, api, addresses };
}

const saying =
  (body: unknown, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

async function failure(doing: Promise<unknown>): Promise<Error> {
  const error: unknown = await doing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isPolarApiError(error)) throw new Error('No error of the API', { cause: error });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token);
  expect(error.message.length).toBeLessThan(800);
  return error;
}

/** Sends on until whoever asked has had enough. */
const endless: RequestListener = async (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const part = Buffer.alloc(1_024 * 1_024, ' ');
  while (!response.destroyed) {
    if (!response.write(part)) await setTimeout(1);
  }
};

/** Forty megabytes of spaces: what is packed a megabyte at a time follows one another in one answer. */
const packed = Buffer.concat(Array(40).fill(gzipSync(Buffer.alloc(1_024 * 1_024, ' '))));

describe('an answer of Polar', () => {
  it.each([
    ['without end', endless],
    [
      'that is small until it is unpacked',
      (_, response) => {
        const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
        response.writeHead(200, headers).end(packed);
      },
    ],
  ] satisfies [string, RequestListener][])('%s is not read to its end', async (_, answer) => {
    const { api } = await hostile(answer);
    const error = await failure(api().redeliver('evt'));
    expect(String(error)).toContain('its answer was too long');
  });

  it('that comes byte by byte is not waited for', async () => {
    const { api } = await hostile(async (_, response) => {
      response.writeHead(200);
      while (!response.destroyed) {
        response.write(' ');
        await setTimeout(20);
      }
    });
    const error = await failure(api({ patienceMs: 300 }).organizations());
    expect(String(error)).toContain('did not answer in time');
  });

  it.each([
    ['null'],
    ['[]'],
    ['"a text"'],
    ['{"items":{},"pagination":{}}'],
    ['{"items":[],"pagination":{"total_count":"1","max_page":1}}'],
    ['{"items":[],"pagination":{"total_count":1,"max_page":1e308}}'],
    ['{"items":[null],"pagination":{"total_count":1,"max_page":1}}'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('of another form is an error with a sentence: %.60s', async (body) => {
    const { api } = await hostile(saying(body));
    for (const ask of [
      (client: PolarApi) => client.organizations(),
      (client: PolarApi) => client.endpoints(),
      (client: PolarApi) => client.deliveries({ endpointId: 'e' }),
      (client: PolarApi) => client.customers().next(),
    ]) {
      expect(await failure(ask(api()))).toBeInstanceOf(PolarUnavailable);
    }
  });

  it('that always promises one more page is not followed for ever', async () => {
    const item = { id: 'o', name: 'O', slug: 'o' };
    const pagination = { total_count: 1e9, max_page: 1e9 };
    const { api, asked } = await hostile(saying({ items: [item], pagination }));
    expect(String(await failure(api().organizations()))).toContain('more than 50 pages');
    expect(asked).toHaveLength(50);
  });

  it('that shows an endpoint without a secret is not taken for one', async () => {
    const endpoint = { id: 'e', url: 'https://example.com/', name: '', format: 'raw', events: [] };
    const rest = { secret: '', organization_id: 'o', enabled: true, api_version: '2026-10' };
    const { api } = await hostile(saying({ ...endpoint, ...rest }));
    expect(String(await failure(api().endpoint('e')))).toContain('Look at: secret.');
  });

  it.each([400, 401, 403, 404, 422])(
    'with status %i that repeats the token and steers terminals is quoted without both',
    async (status) => {
      const detail = `\u001b[2J\u202eno\r\n"Bearer ${token}" whsec_c2VjcmV0 ${'x'.repeat(100_000)}`;
      const { api } = await hostile(saying({ detail }, status));
      const { message } = await failure(api().organizations());
      expect(message).toContain('Bearer polar_oat_…');
      expect(message).toContain('whsec_…');
      expect(message).not.toMatch(/[\p{Cc}\u202e]|c2VjcmV0/u);
    },
  );

  it('is shown on one line: the name of an organization cannot steer a terminal', async () => {
    const item = { id: 'o', name: 'North\u001b[2J\n\u202elight', slug: 's'.repeat(5_000) };
    const pagination = { total_count: 1, max_page: 1 };
    const { api } = await hostile(saying({ items: [item], pagination }));
    expect(await api().organizations()).toEqual([
      { id: 'o', name: 'North [2J light', slug: 's'.repeat(200) },
    ]);
  });
});

it('a call is not sent again after a halt that was longer than its caller has patience', async () => {
  const { api, asked } = await hostile(saying('', 503));
  const halted = api({ patienceMs: 400, pause: () => setTimeout(500) });
  expect(await failure(halted.removeEndpoint('e'))).toBeInstanceOf(PolarUnavailable);
  expect(asked).toHaveLength(1);
});

describe('an answer of Polar to a sign-in', () => {
  const client = { clientId: 'polar_ci_1' };
  const now = new Date('2026-11-23T12:00:00Z');

  it('without end is not read to its end', async () => {
    const { addresses } = await hostile(endless);
    expect(await failure(refreshTokens({ addresses }, client, token, now))).toBeInstanceOf(
      PolarUnavailable,
    );
    const redirectUri = 'http://localhost:4747/';
    expect(await failure(registerClient({ addresses, redirectUri }))).toBeInstanceOf(
      PolarUnavailable,
    );
  });

  it('that sends elsewhere is not followed, for the refresh token would go along', async () => {
    const elsewhere = await hostile(saying({}));
    const { addresses } = await hostile((_, response) => {
      response.writeHead(307, { location: `${elsewhere.addresses.apiUrl}/` }).end();
    });
    await failure(refreshTokens({ addresses }, client, token, now));
    expect(elsewhere.asked).toEqual([]);
  });

  it.each([1e300, 1e12, 86_401])(
    'whose tokens are to live for %d seconds keeps them, for a day at most',
    async (expires_in) => {
      const tokens = { access_token: 'a', refresh_token: 'r', token_type: 'Bearer' };
      const { addresses } = await hostile(saying({ ...tokens, expires_in }));
      expect(await refreshTokens({ addresses }, client, token, now)).toEqual({
        accessToken: 'a',
        refreshToken: 'r',
        expiresAt: '2026-11-24T12:00:00.000Z',
      });
    },
  );
});
