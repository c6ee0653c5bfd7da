import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { OAuthAccess } from '#shared/polar/access.ts';
import { polarApi } from '#shared/polar/api.ts';
import { PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { bearerOf } from '#shared/store/polar/access.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startPolarConnection(dynamo.client);
  onTestFinished(() => at.stop());
});

const failure = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );
const refreshes = () =>
  at.polar.requests.filter((line) => line.endsWith('/v1/oauth2/token')).length;
const hourMs = 3_600_000;

async function signedIn(): Promise<OAuthAccess> {
  const access = await at.signedIn();
  await at.access.save(access);
  at.polar.requests.length = 0;
  if (access.kind !== 'oauth') throw new Error('not by OAuth');
  return access;
}

describe('the access to Polar', () => {
  it('that is an organization access token is given as it is', async () => {
    const access = at.token();
    await at.access.save(access);
    expect(access).toHaveProperty('token', await at.access.token());
    expect(await at.access.token(await at.access.token())).toBe(await at.access.token());
  });

  it('that was never given, or forgotten, is a sentence', async () => {
    expect(await failure(at.access.token())).toBeInstanceOf(PolarRefused);
    await at.access.save(at.token());
    await at.access.forget();
    expect(String(await failure(at.access.token()))).toContain(
      'Connect Polar, or disconnect again.',
    );
    await at.values.put('PolarAccess', 'not JSON');
    expect(await failure(at.access.token())).toBeInstanceOf(PolarRefused);
  });

  it('by OAuth is given as it is until a minute before its end', async () => {
    const access = await signedIn();
    at.clock.ms += hourMs - 90_000;
    expect(await at.access.token()).toBe(access.accessToken);
    expect(refreshes()).toBe(0);
    at.clock.ms += 40_000;
    expect(await at.access.token()).not.toBe(access.accessToken);
    expect(refreshes()).toBe(1);
  });

  it('stores both new tokens before it gives one away', async () => {
    const old = await signedIn();
    const token = await at.access.token(old.accessToken);
    const { access } = at.accessDocument();
    expect(access).toMatchObject({ kind: 'oauth', accessToken: token });
    expect(access).not.toHaveProperty('refreshToken', old.refreshToken);
    expect(await at.access.token()).toBe(token);
  });

  it('is renewed when Polar does not accept it although it should still be valid', async () => {
    const old = await signedIn();
    at.polar.state.tokens.delete(old.accessToken);
    const api = polarApi({ baseUrl: at.polar.url, token: at.access.token });
    expect(await api.organizations()).toHaveLength(1);
    expect(refreshes()).toBe(1);
  });

  it('is renewed once by many that need it at once, in processes of their own', async () => {
    const old = await signedIn();
    at.polar.setDelay(50);
    const others = Array.from({ length: 5 }, () => at.process().access.token(old.accessToken));
    const tokens = new Set(await Promise.all([at.access.token(old.accessToken), ...others]));
    expect(tokens.size).toBe(1);
    expect(refreshes()).toBe(1);
    at.polar.setDelay(0);
    at.clock.ms += hourMs;
    expect(tokens.has(await at.access.token())).toBe(false);
  });

  it('that a person took back in Polar can only be given anew', async () => {
    const old = await signedIn();
    at.polar.revokeAll();
    const error = await failure(at.access.token(old.accessToken));
    expect(error).toBeInstanceOf(PolarRefused);
    expect(String(error)).toContain('Connect Polar again');
    expect(at.accessDocument().access).toEqual(old);
  });

  it('is not renewed while Polar is down, and is afterwards', async () => {
    const old = await signedIn();
    at.polar.goDown();
    expect(await failure(at.access.token(old.accessToken))).toBeInstanceOf(PolarUnavailable);
    at.polar.comeBack();
    expect(await at.access.token(old.accessToken)).not.toBe(old.accessToken);
  });

  it('whose new tokens cannot be stored is not used, and stored by the next call', async () => {
    const old = await signedIn();
    at.failPuts(true, true, true);
    const error = await failure(at.access.token(old.accessToken));
    expect(error).toBeInstanceOf(PolarUnavailable);
    expect(String(error)).toContain('they could not be stored, and the old ones are used up');
    expect(at.accessDocument().access).toEqual(old);
    const token = await at.access.token(old.accessToken);
    expect(refreshes()).toBe(1);
    expect(at.accessDocument().access).toHaveProperty('accessToken', token);
  });

  it('survives one write of the secret that fails', async () => {
    const old = await signedIn();
    at.failPuts(true);
    const token = await at.access.token(old.accessToken);
    expect(at.accessDocument().access).toHaveProperty('accessToken', token);
  });

  it('is renewed although another process died while it held the lease', async () => {
    const old = await signedIn();
    const lease = dynamoLease(at.db, {
      table: at.table,
      name: 'polar-access-refresh',
      leaseMs: 45_000,
      now: () => new Date(at.clock.ms),
    });
    expect(await lease.take('a process that died')).toEqual({});
    at.clock.ms += 46_000;
    expect(await at.access.token(old.accessToken)).not.toBe(old.accessToken);
    await lease.giveBack('a process that died');
    expect(await lease.take('the next')).toHaveProperty('note');
  });

  it('of a process that slept through its lease does not overwrite what was connected meanwhile', async () => {
    const old = await signedIn();
    const chosen = at.token();
    const sleeper = at.process({
      fetch: async (...request) => {
        const answer = await fetch(...request);
        at.clock.ms += 60_000;
        await at.access.save(chosen);
        return answer;
      },
    });
    expect(await failure(sleeper.access.token(old.accessToken))).toBeInstanceOf(PolarUnavailable);
    expect(at.accessDocument().access).toEqual(chosen);
    expect(await sleeper.access.token(old.accessToken)).toBe(bearerOf(chosen));
  });

  it('says when no refresh is under way anymore, so that no function is frozen in one', async () => {
    const old = await signedIn();
    const polar = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { access } = at.process({
      fetch: async (...request) => {
        asked.resolve();
        await polar.promise;
        return fetch(...request);
      },
    });
    await access.settled();
    const token = access.token(old.accessToken);
    await asked.promise;
    let isSettled = false;
    const settled = access.settled().then(() => {
      isSettled = true;
    });
    await access.read();
    expect(isSettled).toBe(false);
    polar.resolve();
    await settled;
    expect(at.accessDocument().access).toHaveProperty('accessToken', await token);
    expect(await token).not.toBe(old.accessToken);
  });

  it('that is read in an old version is read again, for its refresh token is used up', async () => {
    const old = await signedIn();
    const stale = at.values.get('PolarAccess') ?? '';
    await at.access.token(old.accessToken);
    const fresh = at.values.get('PolarAccess') ?? '';
    await at.values.put('PolarAccess', stale);
    const late = at.process().access.token(old.accessToken);
    setTimeout(() => void at.values.put('PolarAccess', fresh), 400);
    expect(fresh).toContain(await late);
    expect(refreshes()).toBe(1);
  });

  it('that is read in an old version is not written back by a sign-in that begins then', async () => {
    const old = await signedIn();
    const stale = at.values.get('PolarAccess') ?? '';
    const token = await at.access.token(old.accessToken);
    const fresh = at.values.get('PolarAccess') ?? '';
    await at.values.put('PolarAccess', stale);
    const begun = at.process().access.change((document) => document);
    setTimeout(() => void at.values.put('PolarAccess', fresh), 400);
    await begun;
    expect(at.accessDocument().access).toHaveProperty('accessToken', token);
  });
});

describe('signing in', () => {
  const redirectUri = 'http://localhost:4747/console/polar/callback';
  const start = () => at.signIn.start({ server: 'production', redirectUri });
  async function back(url: string) {
    const response = await fetch(url, { redirect: 'manual' });
    return new URL(response.headers.get('location') ?? '').searchParams;
  }

  it('registers once for a server and redirect URI', async () => {
    await start();
    await start();
    await at.signIn.start({ server: 'production', redirectUri: 'http://localhost:4748/' });
    expect(at.polar.requests.filter((line) => line.endsWith('/register'))).toHaveLength(2);
  });

  it('with given credentials registers nothing and keeps what was registered', async () => {
    await start();
    const client = at.polar.confidentialClient(redirectUri);
    const { url, state } = await at.signIn.start({ server: 'sandbox', redirectUri, client });
    const candidate = await at.signIn.finish(await back(url), state);
    expect(candidate).toMatchObject({ server: 'sandbox', ...client });
    expect(at.accessDocument().registration?.clientId).not.toBe(client.clientId);
    expect(at.polar.requests.filter((line) => line.endsWith('/register'))).toHaveLength(1);
  });

  it.each([
    ['in another browser', (state: string) => `${state}x`, 0],
    ['without the cookie', () => undefined, 0],
    ['after a quarter of an hour', (state: string) => state, 16 * 60_000],
  ])('that ends %s changes nothing', async (_, cookie, laterMs) => {
    await at.access.save(at.token());
    const before = at.accessDocument().access;
    const { url, state } = await start();
    const parameters = await back(url);
    at.clock.ms += laterMs;
    const error = await failure(at.signIn.finish(parameters, cookie(state)));
    expect(String(error)).toContain('Nothing was changed. Sign in again.');
    expect(at.accessDocument().access).toEqual(before);
  });

  it('leaves the access in use alone until the new one is connected with', async () => {
    await at.access.save(at.token());
    const before = at.accessDocument().access;
    const { url, state } = await start();
    const candidate = await at.signIn.finish(await back(url), state);
    expect(at.accessDocument()).toMatchObject({ access: before, candidate });
    expect(at.accessDocument().signIn).toBeUndefined();
  });
});
