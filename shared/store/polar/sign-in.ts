import type { OAuthAccess, PolarServer } from '#shared/polar/access.ts';
import { isSameSecret } from '#shared/polar/connection/connection.ts';
import {
  authorizeRequest,
  exchangeCode,
  type OAuthClient,
  polarScopes,
  registerClient,
  SignInFailed,
} from '#shared/polar/oauth.ts';
import type { PolarAccess, PolarAccessParts } from './access.ts';

type Start = Readonly<{
  server: PolarServer;
  redirectUri: string;
  /** Given by a person; without it Polar Audience registers itself, once for each server and redirect URI. */
  client?: OAuthClient | undefined;
  /** Beyond those that every sign-in asks for. */
  moreScopes?: readonly string[];
}>;

const longestSignInMs = 15 * 60_000;

/** Signing in to Polar by OAuth. What is secret of it waits in the secret PolarAccess, one sign-in at a time. */
export function polarSignIn(
  access: Pick<PolarAccess, 'read' | 'change'>,
  { addresses, now, fetch }: Pick<PolarAccessParts, 'addresses' | 'now' | 'fetch'>,
) {
  const callTo = (server: PolarServer) => ({
    addresses: addresses(server),
    ...(fetch && { fetch }),
  });

  async function clientFor(wish: Start): Promise<OAuthClient & { scopes?: string[] | undefined }> {
    const { server, redirectUri, client, moreScopes = [] } = wish;
    if (client) return client;
    const { registration } = await access.read();
    const isKnown = registration?.server === server && registration.redirectUri === redirectUri;
    const mayAsk = (scope: string) => registration?.scopes?.includes(scope) ?? false;
    if (isKnown && moreScopes.every(mayAsk)) return registration;
    const scopes = [...polarScopes, ...moreScopes];
    const registered = await registerClient({ ...callTo(server), redirectUri, scopes });
    return moreScopes.length > 0 ? { ...registered, scopes } : registered;
  }

  return {
    /** Where to send the browser, and the state that this browser must come back with. */
    async start(wish: Start): Promise<{ url: string; state: string }> {
      const { server, redirectUri, moreScopes = [] } = wish;
      const { clientId, clientSecret, scopes } = await clientFor(wish);
      const client = { clientId, ...(clientSecret !== undefined && { clientSecret }) };
      const asked = [...polarScopes, ...moreScopes];
      const request = await authorizeRequest(addresses(server), client, redirectUri, asked);
      const { url, state, codeVerifier } = request;
      const startedAt = now().toISOString();
      await access.change((document) => ({
        ...document,
        signIn: { ...client, server, redirectUri, state, codeVerifier, startedAt, scopes: asked },
        ...(!wish.client && { registration: { ...client, server, redirectUri, scopes } }),
      }));
      return { url, state };
    },

    /**
     * The access of the person who came back, kept as the candidate until it is connected with. `browserState`: that of
     * the browser's cookie. Throws `SignInFailed` with a sentence; nothing that is in use was changed then.
     */
    async finish(
      parameters: URLSearchParams,
      browserState: string | undefined,
    ): Promise<OAuthAccess> {
      const { signIn } = await access.read();
      const isOurs = signIn && isSameSecret(browserState ?? '', signIn.state);
      if (!isOurs || now().getTime() - Date.parse(signIn.startedAt) > longestSignInMs) {
        throw new SignInFailed(
          'This sign-in was not begun in this browser, is over already, or took longer than a quarter of an hour. Nothing was changed. Sign in again.',
        );
      }
      const { server, redirectUri, state, codeVerifier, clientId, clientSecret, scopes } = signIn;
      const client = { clientId, ...(clientSecret !== undefined && { clientSecret }) };
      const back = { client, redirectUri, codeVerifier, state, parameters };
      const tokens = await exchangeCode(callTo(server), back, now());
      const candidate = { kind: 'oauth', server, ...client, ...tokens, scopes } as const;
      await access.change(({ signIn: _, ...document }) => ({ ...document, candidate }));
      return candidate;
    },
  };
}
