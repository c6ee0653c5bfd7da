import { createHash } from 'node:crypto';
import { type Answer, type Asked, oauthError } from './answer.ts';
import { type Code, newId, newToken, type PolarState, type Refresh } from './polar-state.ts';

export type OAuthOptions = {
  accessTokenSeconds: number;
};

/** The calls of OAuth that a client makes itself: registration and tokens. */
export function oauthServer(state: PolarState, options: OAuthOptions) {
  function register(asked: Asked): Answer {
    const wish = JSON.parse(asked.body);
    const redirectUris: string[] = wish.redirect_uris ?? [];
    if (!wish.client_name || redirectUris.length === 0 || !redirectUris.every(mayRedirect)) {
      return oauthError('invalid_client_metadata', 'An HTTPS URL is required.');
    }
    const isPublic = wish.token_endpoint_auth_method === 'none';
    const client = {
      id: newToken('polar_ci_'),
      secret: isPublic ? null : newToken('polar_cs_'),
      redirectUris,
    };
    state.clients.set(client.id, client);
    return {
      status: 201,
      body: {
        ...wish,
        client_id: client.id,
        client_id_issued_at: Math.floor(state.now().getTime() / 1_000),
        ...(client.secret && { client_secret: client.secret, client_secret_expires_at: 0 }),
      },
    };
  }

  function token(asked: Asked): Answer {
    if (asked.headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded') {
      return oauthError('invalid_request', 'The token endpoint takes forms.');
    }
    const form = new URLSearchParams(asked.body);
    const client = state.clients.get(form.get('client_id') ?? '');
    if (!client || (client.secret ?? null) !== form.get('client_secret')) {
      return oauthError('invalid_client', 'Unknown client, or wrong secret.', 401);
    }
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return byCode(form, client.id);
      case 'refresh_token':
        return byRefresh(form, client.id);
      default:
        return oauthError('unsupported_grant_type', 'Unknown grant type.');
    }
  }

  function byCode(form: URLSearchParams, clientId: string): Answer {
    const text = form.get('code') ?? '';
    const code = state.codes.get(text);
    state.codes.delete(text);
    if (!code || code.clientId !== clientId || code.redirectUri !== form.get('redirect_uri')) {
      return oauthError('invalid_grant', 'Invalid code.');
    }
    const verifier = form.get('code_verifier') ?? '';
    if (createHash('sha256').update(verifier).digest('base64url') !== code.challenge) {
      return oauthError('invalid_grant', 'Code challenge failed.');
    }
    return grant(clientId, code, newId());
  }

  function byRefresh(form: URLSearchParams, clientId: string): Answer {
    const refresh = state.refreshes.get(form.get('refresh_token') ?? '');
    if (!refresh || refresh.clientId !== clientId) return oauthError('invalid_grant', 'Unknown.');
    if (refresh.isUsed) {
      killFamily(refresh.family);
      return oauthError('invalid_grant', 'The refresh token was used before.');
    }
    refresh.isUsed = true;
    return grant(clientId, refresh, refresh.family);
  }

  function grant(
    clientId: string,
    { organizationIds, scopes }: Pick<Code | Refresh, 'organizationIds' | 'scopes'>,
    family: string,
  ): Answer {
    const access = newToken('polar_at_o_');
    const refresh = newToken('polar_rt_o_');
    const expiresAtMs = state.now().getTime() + options.accessTokenSeconds * 1_000;
    state.tokens.set(access, { kind: 'oauth', organizationIds, scopes, family, expiresAtMs });
    state.refreshes.set(refresh, { clientId, family, organizationIds, scopes, isUsed: false });
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        access_token: access,
        refresh_token: refresh,
        expires_in: options.accessTokenSeconds,
        scope: scopes.join(' '),
      },
    };
  }

  function killFamily(family: string): void {
    for (const [text, { family: own }] of state.tokens) {
      if (own === family) state.tokens.delete(text);
    }
    for (const [text, { family: own }] of state.refreshes) {
      if (own === family) state.refreshes.delete(text);
    }
  }

  return {
    register,
    token,
    /** Every sign-in is taken back. */
    revokeAll(): void {
      for (const { family } of state.refreshes.values()) killFamily(family);
    },
  };
}

function mayRedirect(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && /^(localhost|127\.|10\.|192\.168\.)/.test(url.hostname);
}
