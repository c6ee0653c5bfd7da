import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { polarApi } from '#shared/polar/api.ts';
import { PolarRefused, PolarUnavailable } from '#shared/polar/api-error.ts';
import {
  authorizeRequest,
  exchangeCode,
  type OAuthClient,
  refreshTokens,
  registerClient,
  SignInFailed,
} from '#shared/polar/oauth.ts';

const redirectUri = 'http://localhost:4747/console/polar/callback';
const now = () => new Date();
const southwind = {
  id: 'b0a1c2d3-0000-4000-8000-000000000002',
  name: 'Southwind',
  slug: 'southwind',
};

let polar: FakePolar;
beforeEach(async () => {
  polar = await startFakePolar({ organizations: [northlight, southwind] });
  onTestFinished(() => polar.stop());
});

const call = () => ({ addresses: polar.addresses });
const failure = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Follows the browser to Polar, and back as far as the redirect. */
async function visit(url: string): Promise<URLSearchParams> {
  const response = await fetch(url, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '').searchParams;
}

async function begun(client?: OAuthClient) {
  const known = client ?? (await registerClient({ ...call(), redirectUri }));
  const request = await authorizeRequest(polar.addresses, known, redirectUri);
  return { client: known, redirectUri, ...request };
}

async function signedIn(client?: OAuthClient) {
  const begin = await begun(client);
  const parameters = await visit(begin.url);
  return {
    client: begin.client,
    tokens: await exchangeCode(call(), { ...begin, parameters }, now()),
  };
}

const organizationsOf = (token: string) =>
  polarApi({ baseUrl: polar.url, token: async () => token }).organizations();

describe('signing in', () => {
  it('registers a public client, proves itself by PKCE, and covers the chosen organization', async () => {
    const { client, tokens } = await signedIn();
    expect(client).toEqual({ clientId: expect.stringMatching(/^polar_ci_/) });
    expect(await organizationsOf(tokens.accessToken)).toEqual([northlight]);
    const lifetimeMs = Date.parse(tokens.expiresAt) - Date.now();
    expect(lifetimeMs).toBeGreaterThan(3_500_000);
    expect(lifetimeMs).toBeLessThanOrEqual(3_600_000);
  });

  it('works with a client that a person made in Polar, and with its secret only', async () => {
    const client = polar.confidentialClient(redirectUri);
    expect(await organizationsOf((await signedIn(client)).tokens.accessToken)).toHaveLength(1);
    const wrong = { ...client, clientSecret: 'polar_cs_wrong' };
    expect(String(await failure(signedIn(wrong)))).toContain('does not know the OAuth client');
  });

  it('asks for one organization, an S256 challenge and what it needs, and shows no secret', async () => {
    const { url, codeVerifier, state } = await begun();
    const { searchParams } = new URL(url);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      sub_type: 'organization',
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      state,
    });
    expect(searchParams.get('scope')?.split(' ')).toContain('webhooks:write');
    expect(url).not.toContain(codeVerifier);
  });

  it('on a page of Polar lets a person choose another organization, or decline', async () => {
    polar.setConsent({ consent: 'form' });
    const begin = await begun();
    const page = await (await fetch(begin.url)).text();
    expect(page).toContain('Southwind');
    const answer = async (choice: Record<string, string>) => {
      const body = new URLSearchParams([...new URL(begin.url).searchParams]);
      for (const [name, value] of Object.entries(choice)) body.set(name, value);
      const post = { method: 'POST', body, redirect: 'manual' } as const;
      const response = await fetch(`${polar.url}/oauth2/consent`, post);
      return new URL(response.headers.get('location') ?? '').searchParams;
    };
    const denied = await answer({ action: 'deny' });
    const error = await failure(exchangeCode(call(), { ...begin, parameters: denied }, now()));
    expect(error).toBeInstanceOf(SignInFailed);
    expect(String(error)).toContain('You declined at Polar, so nothing was changed.');
    const parameters = await answer({ action: 'allow', organization: southwind.id });
    const tokens = await exchangeCode(call(), { ...begin, parameters }, now());
    expect(await organizationsOf(tokens.accessToken)).toEqual([southwind]);
  });
});

describe('a sign-in that does not work', () => {
  it.each([
    ['with another state', { state: 'another' }, /does not belong to the sign-in/],
    ['with another verifier', { codeVerifier: 'v'.repeat(43) }, /does not accept the code/],
    [
      'with another redirect URI',
      { redirectUri: 'http://localhost:1/' },
      /does not accept the code/,
    ],
  ])('%s is refused with a sentence', async (_, change, sentence) => {
    const begin = await begun();
    const parameters = await visit(begin.url);
    const error = await failure(exchangeCode(call(), { ...begin, parameters, ...change }, now()));
    expect(error).toBeInstanceOf(SignInFailed);
    expect(String(error)).toMatch(sentence);
  });

  it('does not work with the code of before', async () => {
    const begin = await begun();
    const parameters = await visit(begin.url);
    await exchangeCode(call(), { ...begin, parameters }, now());
    const again = await failure(exchangeCode(call(), { ...begin, parameters }, now()));
    expect(String(again)).toContain('too old or was used already');
  });

  it('shows what another error says in one short line', async () => {
    const begin = await begun();
    const parameters = new URLSearchParams({
      state: begin.state,
      error: 'server_error',
      error_description: `first\r\nsecond ${'x'.repeat(500)}`,
    });
    const error = String(await failure(exchangeCode(call(), { ...begin, parameters }, now())));
    expect(error).toContain('(server_error: first second x');
    expect(error.length).toBeLessThan(350);
    expect(error).not.toContain('\n');
  });

  it('may work later where Polar is down, and tells nothing of the tokens', async () => {
    const begin = await begun();
    const parameters = await visit(begin.url);
    polar.goDown();
    expect(await failure(exchangeCode(call(), { ...begin, parameters }, now()))).toBeInstanceOf(
      PolarUnavailable,
    );
    expect(await failure(registerClient({ ...call(), redirectUri }))).toBeInstanceOf(
      PolarUnavailable,
    );
    const half = new Response('{"access_token":"polar_at_secret","token_type":7}');
    const bad = { ...call(), fetch: async () => half };
    const error = await failure(exchangeCode(bad, { ...begin, parameters }, now()));
    expect(error).toBeInstanceOf(PolarUnavailable);
    expect(error).not.toHaveProperty('cause');
  });

  it('is refused where the client may not return', async () => {
    const insecure = registerClient({ ...call(), redirectUri: 'http://example.com/callback' });
    expect(String(await failure(insecure))).toContain('An HTTPS URL is required');
  });
});

describe('refreshing', () => {
  it('gives new tokens, and uses the old refresh token up for all', async () => {
    const { client, tokens } = await signedIn();
    const next = await refreshTokens(call(), client, tokens.refreshToken, now());
    expect(next.refreshToken).not.toBe(tokens.refreshToken);
    expect(await organizationsOf(next.accessToken)).toEqual([northlight]);
    const again = await failure(refreshTokens(call(), client, tokens.refreshToken, now()));
    expect(again).toBeInstanceOf(PolarRefused);
    expect(String(again)).toContain('Connect Polar again; webhooks keep coming in meanwhile.');
    const family = await failure(refreshTokens(call(), client, next.refreshToken, now()));
    expect(family).toBeInstanceOf(PolarRefused);
  });

  it('may work later where Polar is down', async () => {
    const { client, tokens } = await signedIn();
    polar.goDown();
    const refresh = () => refreshTokens(call(), client, tokens.refreshToken, now());
    expect(await failure(refresh())).toBeInstanceOf(PolarUnavailable);
    polar.comeBack();
    expect(await refresh()).toHaveProperty('refreshToken');
  });
});
