import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import {
  allScopes,
  type FakePolar,
  startFakePolar,
} from '#infra/local/polar-server/polar-server.ts';
import { type PolarApi, polarApi } from '#shared/polar/api.ts';
import {
  PolarInvalid,
  PolarMissing,
  PolarRefused,
  PolarUnavailable,
} from '#shared/polar/api-error.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { polarScopes } from '#shared/polar/oauth.ts';
import type { PolarAccessOptions } from '#shared/polar/request.ts';

let polar: FakePolar;
let token: string;
let api: PolarApi;
let pauses: number[];

const pause = async (ms: number) => void pauses.push(ms);
const apiWith = (options: Partial<PolarAccessOptions> = {}) =>
  polarApi({ baseUrl: polar.url, token: async () => token, pause, ...options });

beforeEach(async () => {
  polar = await startFakePolar();
  onTestFinished(() => polar.stop());
  token = polar.organizationToken();
  pauses = [];
  api = apiWith();
});

const fields = {
  url: 'https://hooks.example.com/webhooks/polar',
  name: 'Polar Audience',
  format: 'raw',
  api_version: '2026-10',
  events: standardEventTypes,
} as const;

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the client of the API', () => {
  it('creates, shows, changes, lists and removes an endpoint', async () => {
    const made = await api.createEndpoint(fields);
    expect(made).toMatchObject({ url: fields.url, enabled: true, api_version: '2026-10' });
    expect(await api.endpoint(made.id)).toEqual(made);
    await api.updateEndpoint(made.id, { enabled: false });
    expect(await api.endpoints()).toMatchObject([{ id: made.id, enabled: false }]);
    const reset = await api.resetSecret(made.id);
    expect(reset.secret).not.toBe(made.secret);
    await api.removeEndpoint(made.id);
    expect(await api.endpoints()).toEqual([]);
  });

  it('names the version of the API and the token on every call', async () => {
    const headers: Headers[] = [];
    const spy: typeof fetch = (url, init) => {
      headers.push(new Headers(init?.headers));
      return fetch(url, init);
    };
    await apiWith({ fetch: spy }).organizations();
    expect(headers[0]?.get('polar-version')).toBe('2026-10');
    expect(headers[0]?.get('authorization')).toBe(`Bearer ${token}`);
  });

  it('follows no redirect, which would carry the token elsewhere', async () => {
    const elsewhere = createServer((_, response) => {
      response.writeHead(307, { location: `${polar.url}/v1/organizations/` }).end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const redirected = apiWith({ baseUrl: `http://127.0.0.1:${port}` });
    expect(String(await failure(redirected.organizations()))).toContain('it answered 307');
    expect(polar.requests).toEqual([]);
  });

  it('lists more endpoints than fit on a page', async () => {
    for (let made = 0; made < 101; made += 1) await api.createEndpoint(fields);
    expect(new Set((await api.endpoints()).map(({ id }) => id)).size).toBe(101);
  });
});

describe('a call that fails', () => {
  it.each([
    [
      'a wrong token',
      () => (token = 'polar_oat_wrong'),
      PolarRefused,
      /does not accept the access.*Connect Polar again/,
    ],
    [
      'a missing scope',
      () => (token = polar.organizationToken(['organizations:read'])),
      PolarRefused,
      /list the webhook endpoints\. It needs the scope webhooks:write/,
    ],
    [
      'a role that is not enough',
      () => polar.setRole('member'),
      PolarRefused,
      /owner or admin.*“You need to be an admin/,
    ],
    ['an outage', () => polar.goDown(502), PolarUnavailable, /it answered 502\. Try again/],
  ])('by %s says so in a sentence', async (_, arrange, kind, sentence) => {
    arrange();
    const error = await failure(api.endpoints());
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(sentence);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token);
  });

  it('by its content says which field Polar minds', async () => {
    const error = await failure(api.createEndpoint({ ...fields, url: 'http://example.com/' }));
    expect(error).toBeInstanceOf(PolarInvalid);
    expect(String(error)).toMatch(/answered 422\. Polar says: “url: URL scheme should be 'https'/);
    const named = await failure(api.createEndpoint(fields, 'an-organization'));
    expect(String(named)).toContain('organization_id: Setting organization_id is disallowed');
  });

  it('by what is not there says so', async () => {
    expect(await failure(api.endpoint(randomUUID()))).toBeInstanceOf(PolarMissing);
  });

  it('by a server that cannot be reached, or does not speak JSON, says to try later', async () => {
    const gone = apiWith({ baseUrl: 'http://127.0.0.1:1' });
    expect(String(await failure(gone.organizations()))).toContain('it could not be reached');
    const garbled = apiWith({ fetch: async () => new Response('<html>') });
    expect(String(await failure(garbled.organizations()))).toContain('its answer was not JSON');
    const other = apiWith({ fetch: async () => new Response('{"items":[{}]}') });
    expect(String(await failure(other.organizations()))).toContain('items.0.id');
  });

  it.each([
    [{ total_count: 0.5, max_page: 1 }, 'pagination.total_count'],
    [{ total_count: 1, max_page: 1e300 }, 'pagination.max_page'],
  ])('by a list that is as long as %j names what is wrong', async (pagination, field) => {
    const list = JSON.stringify({ items: [], pagination });
    const hostile = apiWith({ fetch: async () => new Response(list) });
    expect(String(await failure(hostile.organizations()))).toContain(field);
  });
});

describe('a call that may work later', () => {
  it('waits as long as Polar asks, in seconds or until a date, a minute at most', async () => {
    const now = () => new Date('2026-11-23T12:00:00Z');
    const asks = ['7', 'Mon, 23 Nov 2026 12:00:30 GMT', '3600'];
    for (const retryAfter of asks) {
      polar.setRateLimit({ every: 2, retryAfter });
      await apiWith({ now }).organizations();
      await apiWith({ now }).organizations();
    }
    expect(pauses).toEqual([7_000, 30_000, 60_000]);
  });

  it('is not waited for longer than its caller has patience', async () => {
    polar.setRateLimit({ every: 1, retryAfter: '20' });
    const error = await failure(apiWith({ patienceMs: 15_000 }).organizations());
    expect(error).toBeInstanceOf(PolarUnavailable);
    expect(String(error)).toContain('Try again in 20 seconds');
    expect(pauses).toEqual([]);
  });

  it('is not tried again once getting a token has used its time up', async () => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    onTestFinished(() => void vi.mocked(performance.now).mockRestore());
    const slowToken = async () => {
      nowMs += 14_900;
      return token;
    };
    polar.goDown();
    await failure(apiWith({ token: slowToken, patienceMs: 15_000 }).organizations());
    expect(polar.requests).toHaveLength(1);
  });

  it('has all its time at the first try, however long getting a token took', async () => {
    polar.setDelay(100);
    const slowToken = () => setTimeout(60, token);
    const late = apiWith({ token: slowToken, patienceMs: 60_000 });
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 60_000));
    onTestFinished(() => void vi.mocked(performance.now).mockRestore());
    expect(await late.createEndpoint(fields)).toMatchObject({ url: fields.url });
  });

  it('ends in its time although Polar does not answer at all', async () => {
    polar.setDelay(2_000);
    const error = await failure(apiWith({ patienceMs: 200 }).organizations());
    expect(error).toBeInstanceOf(PolarUnavailable);
    expect(String(error)).toContain('did not answer in time');
  });

  it('is given up after five tries, with growing delay', async () => {
    polar.goDown();
    await failure(api.organizations());
    expect(polar.requests).toHaveLength(5);
    expect(pauses).toHaveLength(4);
    expect(pauses[3]).toBeGreaterThan(pauses[0] ?? Number.POSITIVE_INFINITY);
  });

  it('works once the outage is over', async () => {
    polar.goDown();
    const patient = apiWith({ pause: async () => polar.comeBack() });
    expect(await patient.organizations()).toMatchObject([{ slug: 'northlight' }]);
  });

  it('is not repeated where Polar might do it twice', async () => {
    polar.loseAnswer('POST', /endpoints/);
    expect(await failure(api.createEndpoint(fields))).toBeInstanceOf(PolarUnavailable);
    expect(polar.endpoints).toHaveLength(1);
    const { id } = polar.endpoints[0] ?? { id: '' };
    polar.loseAnswer('PATCH', /secret/);
    expect(await failure(api.resetSecret(id))).toBeInstanceOf(PolarUnavailable);
    polar.loseAnswer('PATCH', /endpoints/);
    expect(await api.updateEndpoint(id, { enabled: false })).toMatchObject({ enabled: false });
    expect(polar.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('is repeated after 429 even where it must not be done twice, for it was not done', async () => {
    polar.setRateLimit({ every: 2, retryAfter: '1' });
    await api.organizations();
    await api.createEndpoint(fields);
    expect(polar.endpoints).toHaveLength(1);
  });
});

describe('a token that Polar does not accept anymore', () => {
  it('is renewed once, and the call is made again', async () => {
    const asked: (string | undefined)[] = [];
    const renewing = apiWith({
      token: async (refused) => {
        asked.push(refused);
        return refused === undefined ? 'old' : token;
      },
    });
    expect(await renewing.organizations()).toHaveLength(1);
    expect(asked).toEqual([undefined, 'old']);
  });

  it('is an error when the new one is not accepted either', async () => {
    const renewing = apiWith({ token: async (refused = '') => `${refused}wrong` });
    expect(await failure(renewing.organizations())).toBeInstanceOf(PolarRefused);
    expect(polar.requests).toHaveLength(2);
  });
});

test('every scope that a call names is one that is asked for at sign-in', () => {
  expect([...polarScopes].sort()).toEqual([...allScopes].sort());
});
