import type { Context } from 'hono';
import { html } from 'hono/html';
import { type PolarServer, polarServers } from '#shared/polar/access.ts';
import type { PolarOrganization } from '#shared/polar/api.ts';
import { act, choice, postForm, textField, textOf } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { pathsOfConnecting, polarPath } from '../kit/paths.ts';
import { mayComeBack } from '../kit/polar-sign-in.ts';
import type { Problems } from '../settings/save-settings.ts';
import type { Told } from './connection-state.ts';

const serverNames = { production: 'Production', sandbox: 'Sandbox' } as const;
const localNames = {
  production: 'Local Polar',
  sandbox: 'Local Polar (as the sandbox)',
} as const;

/** What a server of Polar is called; `isLocal`: both are on this machine. */
export function serverName(server: PolarServer, isLocal: boolean): string {
  return (isLocal ? localNames : serverNames)[server];
}

export const comeBackAdvice =
  'Signing in needs an address on your own machine to come back to: open the console with npm run console.';

/** The two ways to give access to Polar. */
export function connectForms(
  c: Context<ConsoleEnv>,
  {
    problems = {},
    server = 'production',
    isLocal,
  }: Readonly<{ problems?: Problems; server?: PolarServer; isLocal: boolean }>,
): Html {
  const servers = polarServers.map((one) => [one, serverName(one, isLocal)] as const);
  const form = { problems, typed: typedInto(c, server), servers };
  return html`<div class="columns choices">
<section class="card" aria-labelledby="by-sign-in">
<h3 id="by-sign-in">Sign in to Polar</h3>
<p class="soft">Sign in at Polar, choose the organization, and come back. You must be its owner or an admin.</p>
${mayComeBack(c) ? signInForm(c, form) : html`<p class="note">${comeBackAdvice}</p>`}
</section>
<section class="card" aria-labelledby="by-token">
<h3 id="by-token">Use an organization access token</h3>
<p class="soft">Create one in Polar under Settings → General → Developers, with the scopes <span class="code">organizations:read</span>, <span class="code">webhooks:read</span> and <span class="code">webhooks:write</span>; to import existing customers also <span class="code">customers:read</span>, <span class="code">orders:read</span> and <span class="code">subscriptions:read</span>.</p>
${tokenForm(c, form)}
</section>
</div>`;
}

type Form = Readonly<{
  problems: Problems;
  typed: (name: string) => string;
  servers: readonly (readonly [PolarServer, string])[];
}>;

/** What was typed before something was wrong, secrets left out. */
function typedInto(c: Context<ConsoleEnv>, server: PolarServer): Form['typed'] {
  if (c.req.method === 'POST') return (name) => textOf(c.get('form'), name);
  return (name) => (name === 'clientId' ? '' : server);
}

function signInForm(c: Context<ConsoleEnv>, { problems, typed, servers }: Form): Html {
  const [clientId, clientSecret] = [problems['clientId'], problems['clientSecret']];
  return postForm(c, {
    action: pathsOfConnecting.signIn,
    body: html`${choice({ name: 'signInServer', label: 'Server', value: typed('signInServer'), problem: problems['signInServer'] }, servers)}
<details${clientId || clientSecret ? html` open` : ''}>
<summary>Use an OAuth client of your own</summary>
<p class="hint">Not needed: Polar Audience registers itself as a client. One of your own must allow the redirect address <span class="code">${c.get('origin')}/console/polar/callback</span>.</p>
${textField({ name: 'clientId', label: 'Client id', value: typed('clientId'), problem: clientId })}
${textField({ name: 'clientSecret', label: 'Client secret', problem: clientSecret, hint: 'Kept in Secrets Manager and never shown again.' }, { type: 'password', autocomplete: 'off' })}
</details>
<p><button type="submit" class="primary">Sign in to Polar</button></p>`,
  });
}

function tokenForm(c: Context<ConsoleEnv>, { problems, typed, servers }: Form): Html {
  return postForm(c, {
    action: pathsOfConnecting.token,
    body: html`${choice({ name: 'tokenServer', label: 'Server', value: typed('tokenServer'), problem: problems['tokenServer'] }, servers)}
${textField({ name: 'accessToken', label: 'Access token', problem: problems['accessToken'], hint: 'Begins with polar_oat_. Kept in Secrets Manager and never shown again.' }, { type: 'password', autocomplete: 'off' })}
<p><button type="submit">Connect with this token</button></p>`,
  });
}

/** Signed in, and not connected yet. */
export function organizationChoice(
  c: Context<ConsoleEnv>,
  organizations: Told<readonly PolarOrganization[]>,
): Html {
  if (organizations.kind === 'not-told') {
    return html`<div class="card">
<p>You’re signed in to Polar, but not connected yet.</p>
<p class="note">${organizations.reason}</p>
<div class="row"><a class="button" href="${polarPath}">Try again</a> ${act(c, 'Don’t connect', pathsOfConnecting.cancel)}</div>
</div>`;
  }
  return html`<div class="card">
<p>You’re signed in to Polar, but not connected yet. Which organization does this audience belong to?</p>
${postForm(c, {
  action: pathsOfConnecting.organization,
  body: html`<fieldset class="field"><legend class="unseen">Organization</legend>
${organizations.value.map(
  ({ id, name, slug }) =>
    html`<label class="check"><input type="radio" name="organization" value="${id}" required> <span>${name} <span class="hint">${slug}</span></span></label>`,
)}
</fieldset>
<div class="row"><button type="submit" class="primary">Connect</button>
<button type="submit" formaction="${pathsOfConnecting.cancel}" formnovalidate>Don’t connect</button></div>`,
})}
</div>`;
}
