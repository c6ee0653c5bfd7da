import type { Context } from 'hono';
import { html } from 'hono/html';
import { isLoopbackUrl, type PolarServer } from '#shared/polar/access.ts';
import type { PolarOrganization } from '#shared/polar/api.ts';
import type { Connection } from '#shared/polar/connection.ts';
import type { ConnectionHealth, DeliveryShown, Fault } from '#shared/polar/connection-health.ts';
import { act, choice, postForm, textField, textOf } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { badge, facts, table, time } from '../kit/shown.ts';
import { home, pathsOfConnecting, pathsOfTending, settingsPath } from '../kit/words.ts';
import type { Problems } from '../settings/save-settings.ts';
import {
  type ConnectionState,
  daysLookedBack,
  type SecretsShown,
  type Told,
} from './connection-state.ts';

const servers = [
  ['production', 'Production'],
  ['sandbox', 'Sandbox'],
] as const;

/** Whether Polar can send the browser back to here. */
export function mayComeBack(c: Context<ConsoleEnv>): boolean {
  return isLoopbackUrl(c.get('origin'));
}

export const comeBackAdvice =
  'Signing in needs an address on your own machine to come back to: open the console with npm run console.';

/** The two ways to give access to Polar. */
export function connectForms(
  c: Context<ConsoleEnv>,
  { problems = {}, server = 'production' }: Readonly<{ problems?: Problems; server?: PolarServer }>,
): Html {
  const form = { problems, typed: typedInto(c, server) };
  return html`<div class="columns">
<section class="card" aria-labelledby="by-sign-in">
<h3 id="by-sign-in">Sign in to Polar</h3>
<p class="soft">You sign in at Polar, choose the organisation, and come back. You must be its owner or an admin.</p>
${mayComeBack(c) ? signInForm(c, form) : html`<p class="note">${comeBackAdvice}</p>`}
</section>
<section class="card" aria-labelledby="by-token">
<h3 id="by-token">Use an organisation access token</h3>
<p class="soft">Make one in Polar under Settings → General → Developers, with the scopes <span class="code">organizations:read</span>, <span class="code">webhooks:read</span> and <span class="code">webhooks:write</span>; to import what is there already also <span class="code">customers:read</span>, <span class="code">orders:read</span> and <span class="code">subscriptions:read</span>.</p>
${tokenForm(c, form)}
</section>
</div>`;
}

type Form = Readonly<{ problems: Problems; typed: (name: string) => string }>;

/** What was typed before something was wrong, secrets left out. */
function typedInto(c: Context<ConsoleEnv>, server: PolarServer): Form['typed'] {
  if (c.req.method === 'POST') return (name) => textOf(c.get('form'), name);
  return (name) => (name === 'clientId' ? '' : server);
}

function signInForm(c: Context<ConsoleEnv>, { problems, typed }: Form): Html {
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

function tokenForm(c: Context<ConsoleEnv>, { problems, typed }: Form): Html {
  return postForm(c, {
    action: pathsOfConnecting.token,
    body: html`${choice({ name: 'tokenServer', label: 'Server', value: typed('tokenServer'), problem: problems['tokenServer'] }, servers)}
${textField({ name: 'accessToken', label: 'Access token', problem: problems['accessToken'], hint: 'Begins with polar_oat_. Kept in Secrets Manager and never shown again.' }, { type: 'password', autocomplete: 'off' })}
<p><button type="submit">Connect with this token</button></p>`,
  });
}

export function endpointBadge(health: ConnectionHealth | undefined): Html {
  if (!health?.endpoint) return badge('state not known', 'warn');
  return health.endpoint.enabled
    ? badge('enabled in Polar', 'good')
    : badge('disabled in Polar', 'bad');
}

/** What is wrong, each with what mends it. */
export function faultList(
  c: Context<ConsoleEnv>,
  { faults }: ConnectionHealth,
  redeliverFrom: string | undefined,
): Html {
  if (faults.length === 0) {
    return html`<p>${badge('all well', 'good')} Polar sends to us, with our events and our secret, and nothing failed recently.</p>`;
  }
  const repairs = new Set<Fault['repair']>();
  const first = ({ repair }: Fault) => !repairs.has(repair) && repairs.add(repair);
  return html`<h3>What is wrong</h3>
<ul class="faults">${faults.map(
    (fault) =>
      html`<li><p>${fault.sentence}</p>${first(fault) ? remedy(c, fault, redeliverFrom) : ''}</li>`,
  )}</ul>`;
}

function remedy(
  c: Context<ConsoleEnv>,
  { repair }: Fault,
  redeliverFrom: string | undefined,
): Html | string {
  switch (repair) {
    case 'enable':
      return act(c, 'Enable the endpoint', pathsOfTending.enable, { tone: 'primary' });
    case 'repair':
      return act(c, 'Repair the connection', pathsOfTending.repair, { tone: 'primary' });
    case 'redeliver':
      return redeliver(c, redeliverFrom);
    case 'connect':
    case 'wait':
      return '';
  }
}

function redeliver(c: Context<ConsoleEnv>, from: string | undefined): Html {
  const label = from ? 'Go on redelivering' : 'Redeliver the failed ones';
  const fields = from ? { from } : {};
  return act(c, label, pathsOfTending.redeliver, { tone: 'primary', fields });
}

export function deliveriesTable({ deliveries, endpoint }: ConnectionHealth): Html {
  if (deliveries.length === 0) {
    if (!endpoint) return html``;
    return html`<h3>Last deliveries</h3>
<p class="soft">Polar has delivered nothing to this endpoint yet. The next purchase or change of a customer shows up here.</p>`;
  }
  return html`<h3>Last deliveries</h3>
${table('The last deliveries, as Polar tells', ['When', 'Event', 'Result'], deliveries.map(deliveryRow))}`;
}

function deliveryRow({ at, eventId, type, succeeded, httpCode }: DeliveryShown) {
  const answer = httpCode === undefined ? 'not reached' : `answered ${httpCode}`;
  return [
    time(at, { form: 'seconds' }),
    html`<a href="/console/events/${encodeURIComponent(eventId)}">${type}</a>`,
    html`${succeeded ? badge('delivered', 'good') : badge('failed', 'bad')} <span class="soft">${answer}</span>`,
  ];
}

/** Signed in, and not connected yet. */
export function organizationChoice(
  c: Context<ConsoleEnv>,
  organizations: Told<readonly PolarOrganization[]>,
): Html {
  const cancel = act(c, 'Do not connect', pathsOfConnecting.cancel);
  if (organizations.kind === 'not-told') {
    return html`<div class="card">
<p>You are signed in to Polar, and not connected yet.</p>
<p class="note">${organizations.reason}</p>
<div class="row"><a class="button" href="${home}">Try again</a> ${cancel}</div>
</div>`;
  }
  return html`<div class="card">
<p>You are signed in to Polar, and not connected yet. One audience belongs to one organisation: which one?</p>
${postForm(c, {
  action: pathsOfConnecting.organization,
  body: html`<fieldset class="field"><legend class="unseen">Organisation</legend>
${organizations.value.map(
  ({ id, name, slug }) =>
    html`<label class="check"><input type="radio" name="organization" value="${id}" required> <span>${name} <span class="hint">${slug}</span></span></label>`,
)}
</fieldset>
<p><button type="submit" class="primary">Connect</button></p>`,
})}
${cancel}
</div>`;
}

export type ConnectionShown = Readonly<{
  state: ConnectionState;
  secrets: SecretsShown;
  webhookUrl: string;
  /** Why Polar cannot send webhooks here at all. */
  obstacle: string | undefined;
  problems?: Problems;
  /** Where the last redelivery stopped. */
  redeliverFrom?: string | undefined;
}>;

/** The upper half of the page: the connection, or the way to one. */
export function connectionView(c: Context<ConsoleEnv>, shown: ConnectionShown): Html {
  const { state, problems = {}, obstacle } = shown;
  if (state.kind === 'connected') {
    return html`<h2 id="connection">Connection</h2>
${connected(c, state, shown)}`;
  }
  if (state.kind === 'signed-in') {
    return html`<h2 id="connection">Connection</h2>${organizationChoice(c, state.organizations)}`;
  }
  return html`<h2 id="connection">Connect Polar</h2>
<p>Not connected yet. Connecting creates a webhook endpoint named “Polar Audience” in Polar, for ten kinds of <a href="${settingsPath}">events</a>, and takes over its secret. An endpoint that has this address already is used again: <span class="code">${shown.webhookUrl}</span></p>
${state.isBrokenOff ? html`<p class="note">Connecting was broken off midway, and the access that was given is still kept here. Connect again: nothing is made twice. Or forget it: <span class="code">npm run connect -- --disconnect</span></p>` : ''}
${secretsNote(c, shown.secrets)}
${obstacle ? html`<p class="note">${obstacle}</p>` : connectForms(c, { problems })}`;
}

function secretsNote(c: Context<ConsoleEnv>, { notes, mayDrop }: SecretsShown): Html {
  return html`${notes.map((note) => html`<p class="note">${note}</p>`)}
${mayDrop ? act(c, 'Drop the previous secret', pathsOfTending.dropPrevious) : ''}`;
}

type Connected = Extract<ConnectionState, { kind: 'connected' }>;

function connected(
  c: Context<ConsoleEnv>,
  { connection, health, lastReceived }: Connected,
  { problems = {}, redeliverFrom, secrets }: ConnectionShown,
): Html {
  const told = health.kind === 'told' ? health.value : undefined;
  const needsAccess = told?.faults.some(({ repair }) => repair === 'connect') ?? false;
  const isOpen = needsAccess || Object.keys(problems).length > 0;
  return html`<div class="card">
${facts([
  [
    'Organisation',
    html`${connection.organizationName} <span class="soft">${connection.organizationSlug}</span>`,
  ],
  ['Server', connection.server === 'sandbox' ? 'Sandbox' : 'Production'],
  ['Endpoint', html`<span class="code">${connection.url}</span> ${endpointBadge(told)}`],
  ['Connected', html`${time(connection.connectedAt)} by ${connection.by}, ${howText(connection)}`],
  ['Last webhook', lastWebhook(lastReceived)],
])}
${health.kind === 'not-told' ? html`<p class="note">${health.reason} The <a href="${settingsPath}">settings</a> work meanwhile.</p>` : faultList(c, health.value, redeliverFrom)}
${secretsNote(c, secrets)}
</div>
${told ? deliveriesTable(told) : ''}
<h3>Care</h3>
<div class="columns">
<div class="card">
<p><strong>Change the secret.</strong> <span class="soft">Polar makes a new secret and signs with it from then on; it is taken over here at once, and the old one still counts for an hour. A webhook that falls between the two is refused, and Polar sends it again: no event is lost.</span></p>
${act(c, 'Change the secret', pathsOfTending.rotate)}
</div>
<div class="card">
<p><strong>Repair.</strong> <span class="soft">Sets address, events and version of the endpoint in Polar, enables it and takes its secret over. Does nothing where all of that is right.</span></p>
${act(c, 'Repair the connection', pathsOfTending.repair)}
</div>
<div class="card">
<p><strong>Disconnect.</strong> <span class="soft">Shows first what stops and what stays.</span></p>
<a class="button danger" href="${pathsOfTending.disconnect}">Disconnect…</a>
</div>
</div>
<details${isOpen ? html` open` : ''}>
<summary>Give access to Polar again</summary>
<p class="soft">For when the access was taken back, or lacks a scope. The organisation stays the same.</p>
${connectForms(c, { problems, server: connection.server })}
</details>`;
}

function howText({ method }: Connection): string {
  return method === 'oauth' ? 'by signing in' : 'with an organisation access token';
}

function lastWebhook(lastReceived: string | undefined): Html {
  if (lastReceived !== undefined) return html`received ${time(lastReceived)}`;
  return html`${badge('none yet', 'warn')} in the last ${daysLookedBack} days. To try the whole way, send yourself an event on the <a href="/console/test">Test page</a>.`;
}
