import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Connection } from '#shared/polar/connection.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { badge, facts, time } from '../shown.ts';
import { connectForms } from './connect-forms.ts';
import { type ConnectionState, daysLookedBack } from './connection-state.ts';
import { deliveriesTable, endpointBadge, faultList } from './health-view.ts';
import { organizationChoice } from './organization-choice.ts';
import { pathsOfTending } from './polar-paths.ts';
import type { Problems } from './save-settings.ts';

export type ConnectionShown = Readonly<{
  state: ConnectionState;
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
<p class="small"><a href="#settings">Go on to what each event does</a></p>
${connected(c, state, shown)}`;
  }
  if (state.kind === 'signed-in') {
    return html`<h2 id="connection">Connection</h2>${organizationChoice(c, state.organizations)}`;
  }
  return html`<h2 id="connection">Connect Polar</h2>
<p>Not connected yet. Connecting creates a webhook endpoint named “Polar Audience” in Polar, for the ten events below, and takes over its secret. An endpoint that has this address already is used again: <span class="code">${shown.webhookUrl}</span></p>
${state.isBrokenOff ? html`<p class="note">Connecting was broken off midway, and the access that was given is still kept here. Connect again: nothing is made twice. Or forget it: <span class="code">npm run connect -- --disconnect</span></p>` : ''}
${obstacle ? html`<p class="note">${obstacle}</p>` : connectForms(c, { problems })}`;
}

type Connected = Extract<ConnectionState, { kind: 'connected' }>;

function connected(
  c: Context<ConsoleEnv>,
  { connection, health, lastReceived }: Connected,
  { problems = {}, redeliverFrom }: ConnectionShown,
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
${health.kind === 'not-told' ? html`<p class="note">${health.reason} The settings below work meanwhile.</p>` : faultList(c, health.value, redeliverFrom)}
</div>
${told ? deliveriesTable(told) : ''}
<h3>Care</h3>
<div class="columns">
<div class="card">
<p><strong>Change the secret.</strong> <span class="soft">Polar makes a new secret and signs with it from then on; it is taken over here at once, and the old one still counts. A webhook that falls between the two is refused, and Polar sends it again: no event is lost.</span></p>
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
<summary>Give access to Polar anew</summary>
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
