import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Import } from '#shared/audience/backfill/import.ts';
import { isLoopbackUrl, type PolarServer } from '#shared/polar/access.ts';
import type { PolarOrganization } from '#shared/polar/api.ts';
import type { Connection } from '#shared/polar/connection.ts';
import {
  type ConnectionHealth,
  type DeliveryShown,
  type Fault,
  nextRepair,
  type Repair,
  surplusNote,
} from '#shared/polar/connection-health.ts';
import { act, choice, postForm, textField, textOf } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { badge, facts, table, time } from '../kit/shown.ts';
import {
  eventsPath,
  pathsOfConnecting,
  pathsOfTending,
  polarPath,
  settingsPath,
  testPath,
} from '../kit/words.ts';
import type { Problems } from '../settings/save-settings.ts';
import {
  type ConnectionState,
  daysLookedBack,
  type SecretsShown,
  type Told,
} from './connection-state.ts';
import { importCard } from './import-view.ts';

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
<p class="soft">Sign in at Polar, choose the organization, and come back. You must be its owner or an admin.</p>
${mayComeBack(c) ? signInForm(c, form) : html`<p class="note">${comeBackAdvice}</p>`}
</section>
<section class="card" aria-labelledby="by-token">
<h3 id="by-token">Use an organization access token</h3>
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

/** What is wrong, and the one thing to do about it first. */
export function faultList(
  c: Context<ConsoleEnv>,
  { faults }: ConnectionHealth,
  redeliverFrom: string | undefined,
): Html {
  const next = nextRepair(faults);
  if (next === undefined) {
    return html`<p>${badge('all well', 'good')} Polar sends our events here, with our secret. Nothing failed recently.</p>`;
  }
  return html`<h3>What is wrong</h3>
<ul class="faults">${faults.map(({ sentence }) => html`<li><p>${sentence}</p></li>`)}</ul>
${nextStep(c, next, faults, redeliverFrom)}`;
}

function nextStep(
  c: Context<ConsoleEnv>,
  next: Repair,
  faults: readonly Fault[],
  redeliverFrom: string | undefined,
): Html {
  const button = remedy(c, next, redeliverFrom);
  if (button === undefined) return html``;
  const isFailed = next !== 'redeliver' && faults.some(({ repair }) => repair === 'redeliver');
  return html`<h3>Next step</h3>
<p>${nextWords[next]}${isFailed ? ' Then redeliver what failed.' : ''}</p>
${button}`;
}

const nextWords: Readonly<Record<Repair, string>> = {
  connect: 'Give Polar Audience access to Polar again, below.',
  repair:
    'Repair the connection: it sets the address, events and secret, and enables the endpoint.',
  enable: 'Enable the endpoint.',
  redeliver: 'Redeliver what failed. Each event is applied once.',
  wait: '',
};

/** `undefined`: nothing that a person could do here. */
function remedy(
  c: Context<ConsoleEnv>,
  repair: Repair,
  redeliverFrom: string | undefined,
): Html | undefined {
  switch (repair) {
    case 'enable':
      return act(c, 'Enable the endpoint', pathsOfTending.enable, { tone: 'primary' });
    case 'repair':
      return act(c, 'Repair the connection', pathsOfTending.repair, { tone: 'primary' });
    case 'redeliver':
      return redeliver(c, redeliverFrom);
    case 'connect':
      return html`<p><a class="button primary" href="#access">Give access again</a></p>`;
    case 'wait':
      return undefined;
  }
}

function redeliver(c: Context<ConsoleEnv>, from: string | undefined): Html {
  const label = from ? 'Continue redelivering' : 'Redeliver what failed';
  const fields = from ? { from } : {};
  return act(c, label, pathsOfTending.redeliver, { tone: 'primary', fields });
}

export function deliveriesTable({ deliveries, endpoint }: ConnectionHealth): Html {
  if (deliveries.length === 0) {
    if (!endpoint) return html``;
    return html`<h3>Last deliveries</h3>
<p class="soft">Nothing delivered yet. The next purchase or customer change shows up here.</p>`;
  }
  return html`<h3>Last deliveries</h3>
${table('The last deliveries, as Polar tells', ['When', 'Event', 'Result'], deliveries.map(deliveryRow))}`;
}

function deliveryRow({ at, eventId, type, succeeded, httpCode, answer }: DeliveryShown) {
  const code = httpCode === undefined ? 'not reached' : `answered ${httpCode}`;
  return [
    time(at, { form: 'seconds' }),
    html`<a href="${eventsPath}/${encodeURIComponent(eventId)}">${type}</a>`,
    html`${succeeded ? badge('delivered', 'good') : badge('failed', 'bad')} <span class="soft">${code}</span>${answer && html`<span class="long small${succeeded ? ' soft' : ''}">${answer}</span>`}`,
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
<div class="row"><a class="button" href="${polarPath}">Try again</a> ${cancel}</div>
</div>`;
  }
  return html`<div class="card">
<p>You are signed in to Polar, and not connected yet. One audience belongs to one organization: which one?</p>
${postForm(c, {
  action: pathsOfConnecting.organization,
  body: html`<fieldset class="field"><legend class="unseen">Organization</legend>
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
  /** The newest import. */
  imported: Import | undefined;
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
<p>Not connected yet. Connecting creates a webhook endpoint named “Polar Audience” in Polar, for ten kinds of <a href="${settingsPath}">events</a> and the optional ones that are switched on, and uses its secret here. An endpoint that already has this address is used again: <span class="code">${shown.webhookUrl}</span></p>
${state.isBrokenOff ? html`<p class="note">Connecting stopped midway, and its access is still kept here. Connect again: nothing is created twice. Or delete the access: <span class="code">npm run connect -- --disconnect</span></p>` : ''}
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
  { problems = {}, redeliverFrom, secrets, imported }: ConnectionShown,
): Html {
  const told = health.kind === 'told' ? health.value : undefined;
  const needsAccess = told?.faults.some(({ repair }) => repair === 'connect') ?? false;
  // What is the next step is not offered twice.
  const isRepairNext = told !== undefined && nextRepair(told.faults) === 'repair';
  const isOpen = needsAccess || Object.keys(problems).length > 0;
  return html`<div class="card">
${facts([
  [
    'Organization',
    html`${connection.organizationName} <span class="soft">${connection.organizationSlug}</span>`,
  ],
  ['Server', connection.server === 'sandbox' ? 'Sandbox' : 'Production'],
  ['Endpoint', html`<span class="code">${connection.url}</span> ${endpointBadge(told)}`],
  ['Connected', html`${time(connection.connectedAt)} by ${connection.by}, ${howText(connection)}`],
  ['Last webhook', lastWebhook(lastReceived)],
])}
${health.kind === 'not-told' ? html`<p class="note">${health.reason} The <a href="${settingsPath}">settings</a> still work.</p>` : faultList(c, health.value, redeliverFrom)}
${surplus(told)}
${secretsNote(c, secrets)}
</div>
${importCard(connection, imported)}
${told ? deliveriesTable(told) : ''}
<h3>Maintenance</h3>
<div class="columns">
<div class="card">
<p><strong>Change the secret.</strong> <span class="soft">Polar makes a new secret, used here immediately. The old one stays valid for another hour. A webhook refused in between is sent again: no event is lost.</span></p>
${act(c, 'Change the secret', pathsOfTending.rotate)}
</div>
${isRepairNext ? '' : repairCard(c)}
<div class="card">
<p><strong>Disconnect.</strong> <span class="soft">You see what stops and what stays first.</span></p>
<a class="button danger" href="${pathsOfTending.disconnect}">Disconnect…</a>
</div>
</div>
<details id="access"${isOpen ? html` open` : ''}>
<summary>Give access to Polar again</summary>
<p class="soft">Use this if access was revoked or lacks a scope. The organization stays the same.</p>
${connectForms(c, { problems, server: connection.server })}
</details>`;
}

function surplus(health: ConnectionHealth | undefined): Html {
  const note = health && surplusNote(health);
  return note === undefined ? html`` : html`<p class="note">${note}</p>`;
}

function repairCard(c: Context<ConsoleEnv>): Html {
  return html`<div class="card">
<p><strong>Repair.</strong> <span class="soft">Sets the endpoint’s address, events and version, enables it and uses its secret. Leaves alone what is right.</span></p>
${act(c, 'Repair the connection', pathsOfTending.repair)}
</div>`;
}

function howText({ method }: Connection): string {
  return method === 'oauth' ? 'by signing in' : 'with an organization access token';
}

function lastWebhook(lastReceived: string | undefined): Html {
  if (lastReceived !== undefined) return html`received ${time(lastReceived)}`;
  return html`${badge('none yet', 'warn')} in the last ${daysLookedBack} days. To try it, send yourself an event on the page <a href="${testPath}">Send a test</a>.`;
}
