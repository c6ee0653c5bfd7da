import { html } from 'hono/html';
import type { Answer, Asked } from './answer.ts';
import { barePage, type Html } from './desk/page.ts';
import { newToken, type Organization, type PolarState } from './polar-state.ts';

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
