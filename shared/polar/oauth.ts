import * as oauth from 'oauth4webapi';
import { plainText } from '#shared/safe-text.ts';
import { isLoopbackUrl, type PolarAddresses } from './access.ts';
import {
  isPolarApiError,
  type PolarApiError,
  PolarRefused,
  PolarUnavailable,
  tryLater,
} from './api-error.ts';
import { boundedFetch } from './request.ts';

/** Signing in came to nothing; nothing was changed. The message is a sentence for the person who tried. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
}

/** The person pressed *Deny*: nothing is wrong. */
export class SignInDeclined extends SignInFailed {}

/**
 * What went wrong in a call of OAuth, as a sentence. The library's own error is not passed on as the cause: it may hold
 * the answer with its tokens.
 */
function oauthFailure(
  error: unknown,
  doing: string,
  step: 'sign-in' | 'refresh' = 'sign-in',
): SignInFailed | PolarApiError {
  if (error instanceof SignInFailed || isPolarApiError(error)) return error;
  if (error instanceof oauth.AuthorizationResponseError) return refusedByPerson(error);
  if (error instanceof oauth.ResponseBodyError && error.status < 500) {
    return step === 'refresh' ? refusedRefresh(error.error) : refusedCall(error, doing);
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return step === 'refresh' ? refusedRefresh('invalid_client') : unknownClient();
  }
  if (error instanceof oauth.OperationProcessingError && error.message.includes('"state"')) {
    return new SignInFailed(
      'This answer of Polar does not belong to the sign-in that was begun here. Nothing was changed. Begin again, in one browser, and do not use the back button.',
    );
  }
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return new PolarUnavailable(
    `Polar did not ${doing}: ${isLate ? 'it did not answer in time' : 'it could not be reached, or its answer could not be read'}. ${tryLater}`,
  );
}

/** Its texts come with the browser: anybody could have written them. */
function refusedByPerson({ error, error_description }: oauth.AuthorizationResponseError) {
  if (error === 'access_denied') {
    return new SignInDeclined(
      'You declined at Polar, so nothing was changed. Sign in again and allow the access, or use an organization access token.',
    );
  }
  return new SignInFailed(
    `Polar ended the sign-in (${plainText(error)}${error_description ? `: ${plainText(error_description)}` : ''}). Nothing was changed. Sign in again.`,
  );
}

function refusedRefresh(error: string) {
  return new PolarRefused(
    `Polar no longer accepts the sign-in (${plainText(error)}): it was taken back, or its refresh token was used up elsewhere. Connect Polar again; webhooks keep coming in meanwhile.`,
  );
}

function refusedCall({ error, error_description }: oauth.ResponseBodyError, doing: string) {
  if (error === 'invalid_grant') {
    return new SignInFailed(
      'Polar does not accept the code of this sign-in: it is too old or was used already. Nothing was changed. Sign in again.',
    );
  }
  if (error === 'invalid_client') return unknownClient();
  return new SignInFailed(
    `Polar did not ${doing} (${plainText(error)}${error_description ? `: ${plainText(error_description)}` : ''}). Nothing was changed. Sign in again.`,
  );
}

function unknownClient() {
  return new SignInFailed(
    'Polar does not know the OAuth client, or its secret is wrong. Nothing was changed. Check both in the settings of Polar, or leave them out so that Polar Audience registers itself.',
  );
}

/** Without a secret it is a public client, which proves itself by PKCE alone. */
export type OAuthClient = Readonly<{ clientId: string; clientSecret?: string | undefined }>;

export type OAuthTokens = Readonly<{
  accessToken: string;
  refreshToken: string;
  /** ISO 8601. */
  expiresAt: string;
}>;

type Call = Readonly<{ addresses: PolarAddresses; fetch?: typeof globalThis.fetch }>;

export const polarScopes = [
  'organizations:read',
  'webhooks:read',
  'webhooks:write',
  'customers:read',
  'orders:read',
  'subscriptions:read',
] as const;

const timeoutMs = 10_000;
const mostBytes = 1_024 * 1_024;

/** Registers a public client that may return to `redirectUri`: no login, no secret. Throws `SignInFailed` or `PolarUnavailable`. */
export async function registerClient({
  redirectUri,
  scopes = polarScopes,
  ...call
}: Call & Readonly<{ redirectUri: string; scopes?: readonly string[] }>): Promise<OAuthClient> {
  const metadata = {
    client_name: 'Polar Audience',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: scopes.join(' '),
    default_sub_type: 'organization',
  };
  try {
    const options = requestOptions(call);
    const response = await oauth.dynamicClientRegistrationRequest(
      serverOf(call),
      metadata,
      options,
    );
    const made = await oauth.processDynamicClientRegistrationResponse(response);
    const { client_secret } = made;
    return {
      clientId: made.client_id,
      ...(typeof client_secret === 'string' &&
        client_secret !== '' && { clientSecret: client_secret }),
    };
  } catch (error) {
    throw oauthFailure(error, 'register Polar Audience as a client');
  }
}

type AuthorizeRequest = Readonly<{
  /** Where the browser goes. */
  url: string;
  /** Comes back with the browser, and must be that of the same browser. */
  state: string;
  /** Secret until the code is exchanged. */
  codeVerifier: string;
}>;

/** Where to send the browser so that a person signs in and chooses one organization. */
export async function authorizeRequest(
  { authorizeUrl }: PolarAddresses,
  { clientId }: OAuthClient,
  redirectUri: string,
  scopes: readonly string[] = polarScopes,
): Promise<AuthorizeRequest> {
  const state = oauth.generateRandomState();
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const url = new URL(authorizeUrl);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    sub_type: 'organization',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, state, codeVerifier };
}

type Return = Readonly<{
  client: OAuthClient;
  redirectUri: string;
  codeVerifier: string;
  /** That of the sign-in that was begun. */
  state: string;
  /** What came back with the browser. */
  parameters: URLSearchParams;
}>;

/** The tokens for a person who has come back. Throws `SignInFailed` or `PolarUnavailable`, each with a sentence. */
export async function exchangeCode(
  call: Call,
  { client, redirectUri, codeVerifier, state, parameters }: Return,
  now: Date,
): Promise<OAuthTokens> {
  const [server, own] = [serverOf(call), { client_id: client.clientId }];
  const given = new URLSearchParams(parameters);
  // Polar may name itself as the issuer; under which name is not documented, and there is one server per state.
  given.delete('iss');
  try {
    const checked = oauth.validateAuthResponse(server, own, given, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      own,
      proofOf(client),
      checked,
      redirectUri,
      codeVerifier,
      requestOptions(call),
    );
    const answer = await oauth.processAuthorizationCodeResponse(server, own, response);
    return tokensOf(answer, now);
  } catch (error) {
    throw oauthFailure(error, 'exchange the code of the sign-in for a token');
  }
}

/**
 * New tokens for a refresh token, which is used up by that: store the new one before anything else. Throws
 * `PolarRefused` where only a new sign-in helps, `PolarUnavailable` where it may work later.
 */
export async function refreshTokens(
  call: Call,
  client: OAuthClient,
  refreshToken: string,
  now: Date,
): Promise<OAuthTokens> {
  const [server, own] = [serverOf(call), { client_id: client.clientId }];
  try {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      own,
      proofOf(client),
      refreshToken,
      requestOptions(call),
    );
    const answer = await oauth.processRefreshTokenResponse(server, own, response);
    return tokensOf({ refresh_token: refreshToken, ...answer }, now);
  } catch (error) {
    throw oauthFailure(error, 'refresh the access token', 'refresh');
  }
}

/** An hour where Polar does not say. */
const usualLifetimeSeconds = 3_600;
/** A day at most, whatever Polar says: to refresh early costs nothing. */
const longestLifetimeSeconds = 86_400;

function tokensOf(answer: oauth.TokenEndpointResponse, now: Date): OAuthTokens {
  const { access_token, refresh_token, expires_in = usualLifetimeSeconds } = answer;
  if (refresh_token === undefined) {
    throw new SignInFailed(
      'Polar gave no refresh token, so the access would end within hours. Sign in again, or use an organization access token.',
    );
  }
  const lifetimeMs = Math.min(expires_in, longestLifetimeSeconds) * 1_000;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresAt: new Date(now.getTime() + lifetimeMs).toISOString(),
  };
}

function serverOf({ addresses: { apiUrl, authorizeUrl } }: Call): oauth.AuthorizationServer {
  return {
    issuer: apiUrl,
    authorization_endpoint: authorizeUrl,
    token_endpoint: `${apiUrl}/v1/oauth2/token`,
    registration_endpoint: `${apiUrl}/v1/oauth2/register`,
  };
}

function proofOf({ clientSecret }: OAuthClient): oauth.ClientAuth {
  return clientSecret ? oauth.ClientSecretPost(clientSecret) : oauth.None();
}

function requestOptions({ addresses: { apiUrl }, fetch = globalThis.fetch }: Call) {
  return {
    signal: () => AbortSignal.timeout(timeoutMs),
    [oauth.allowInsecureRequests]: isLoopbackUrl(apiUrl),
    [oauth.customFetch]: boundedFetch(fetch, mostBytes),
  };
}
