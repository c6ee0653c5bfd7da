import { createHash } from 'node:crypto';
import { html } from 'hono/html';
import { type Answer, type Asked, oauthError } from './answer.ts';
import { barePage, type Html } from './desk/page.ts';
import {
  type Code,
  newId,
  newToken,
  type Organization,
  type PolarState,
  type Refresh,
} from './polar-state.ts';

type OAuthOptions = {
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

export type ConsentOptions = {
  /** `form`: a page for a browser; `automatic`: allowed at once, for the first organization. */
  consent: 'automatic' | 'form';
  /** `all`: as for clients that Polar does not make choose. */
  covers: 'one' | 'all';
};

const needed = ['client_id', 'redirect_uri', 'state', 'code_challenge', 'scope'] as const;

/** The pages that a person sees at Polar when signing in. */
export function consentPages(state: PolarState, options: ConsentOptions) {
  function authorize({ query }: Asked): Answer {
    const problem = problemOf(query);
    if (problem) return page(400, html`<h1>This sign-in does not work</h1><p>${problem}</p>`);
    if (options.consent === 'form') return form(query, state.organizations);
    return allow(query, state.organizations[0]?.id);
  }

  function consent({ body }: Asked): Answer {
    const given = new URLSearchParams(body);
    const problem = problemOf(given);
    if (problem) return page(400, html`<h1>This sign-in does not work</h1><p>${problem}</p>`);
    if (given.get('action') === 'allow') return allow(given, given.get('organization') ?? '');
    return back(given, { error: 'access_denied', error_description: 'The user denied.' });
  }

  function problemOf(query: URLSearchParams): string | undefined {
    const missing = needed.find((name) => !query.get(name));
    if (missing) return `The parameter ${missing} is missing.`;
    const client = state.clients.get(query.get('client_id') ?? '');
    if (!client?.redirectUris.includes(query.get('redirect_uri') ?? '')) {
      return 'The client is unknown, or may not return there.';
    }
    if (query.get('response_type') !== 'code') return 'Only codes are given.';
    return query.get('code_challenge_method') === 'S256' ? undefined : 'Only S256 is accepted.';
  }

  function allow(query: URLSearchParams, chosen: string | undefined): Answer {
    const all = state.organizations.map(({ id }) => id);
    const isOne = query.get('sub_type') === 'organization' && options.covers === 'one';
    const organizationIds = isOne ? all.filter((id) => id === chosen) : all;
    const code = newToken('polar_ac_');
    state.codes.set(code, {
      clientId: query.get('client_id') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge') ?? '',
      organizationIds,
      scopes: (query.get('scope') ?? '').split(' '),
    });
    return back(query, { code, iss: 'https://polar.sh' });
  }

  return { authorize, consent };
}

function back(query: URLSearchParams, parameters: Readonly<Record<string, string>>): Answer {
  const url = new URL(query.get('redirect_uri') ?? '');
  const all = { ...parameters, state: query.get('state') ?? '' };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return { status: 303, headers: { location: url.href } };
}

function form(query: URLSearchParams, organizations: readonly Organization[]): Answer {
  const scopes = (query.get('scope') ?? '').split(' ');
  return page(
    200,
    html`<h1>Allow Polar Audience?</h1>
<form class="card" method="post" action="/oauth2/consent">
${[...query].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<fieldset><legend>For which organization?</legend>
${organizations.map(
  ({ id, name }, index) =>
    html`<label class="check"><input type="radio" name="organization" value="${id}" ${index === 0 ? 'checked' : ''}> ${name}</label>`,
)}
</fieldset>
<p class="hint">It asks for ${scopes.join(', ')}.</p>
<div class="row"><button class="primary" name="action" value="allow">Allow</button>
<button name="action" value="deny">Deny</button></div>
</form>`,
  );
}

function page(status: number, content: Html): Answer {
  return barePage(
    'Sign in',
    html`<main class="narrow"><p class="soft">Local Polar</p>${content}</main>`,
    status,
    true,
  );
}
