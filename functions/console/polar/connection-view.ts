import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Import } from '#shared/audience/backfill/import.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import {
  type ConnectionHealth,
  needsSomebody,
  nextRepair,
  surplusNote,
} from '#shared/polar/connection/health.ts';
import type { LastSent } from '#shared/store/events/last-sent.ts';
import { act } from '../kit/fields.ts';
import type { ConsoleEnv, Html } from '../kit/page.ts';
import { pathsOfTending, settingsPath, testPath } from '../kit/paths.ts';
import { badge, facts, time, who } from '../kit/shown.ts';
import type { Problems } from '../settings/save-settings.ts';
import { connectForms, organizationChoice, serverName } from './connect-forms.ts';
import { type ConnectionState, daysLookedBack, type SecretsShown } from './connection-state.ts';
import { deliveriesView } from './deliveries-view.ts';
import { endpointBadge, faultList, gapShown } from './health-view.ts';
import { importCard } from './import-view.ts';

export type ConnectionShown = Readonly<{
  state: ConnectionState;
  /** The newest import. */
  imported: Import | undefined;
  secrets: SecretsShown;
  webhookUrl: string;
  /** Polar's API is a local Polar's, on this machine. */
  isLocal: boolean;
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
  if (obstacle !== undefined) {
    return html`<h2 id="connection">Connect Polar</h2>
<p class="note">${obstacle}</p>
<p>Until then, <span class="code">npm run polar</span> sends events as Polar would.</p>
${state.isBrokenOff ? html`<p class="note">Connecting stopped midway, and its access is still kept here. Delete it: <span class="code">npm run connect -- --disconnect</span></p>` : ''}
${secretsNote(c, shown.secrets)}`;
  }
  return html`<h2 id="connection">Connect Polar</h2>
<p>Not connected yet. Connecting creates the webhook endpoint “Polar Audience” in Polar, for the <a href="${settingsPath}">events</a> that are on, and stores its secret here. An endpoint with this address is reused: <span class="code">${shown.webhookUrl}</span></p>
${state.isBrokenOff ? html`<p class="note">Connecting stopped midway, and its access is still kept here. Connect again: nothing is created twice. Or delete the access: <span class="code">npm run connect -- --disconnect</span></p>` : ''}
${secretsNote(c, shown.secrets)}
${connectForms(c, { problems, isLocal: shown.isLocal })}`;
}

function secretsNote(c: Context<ConsoleEnv>, { notes, mayDrop }: SecretsShown): Html {
  return html`${notes.map(({ before, at, after }) => html`<p class="note">${before}${at && time(at)}${after}</p>`)}
${mayDrop ? act(c, 'Drop the previous secret', pathsOfTending.dropPrevious) : ''}`;
}

type Connected = Extract<ConnectionState, { kind: 'connected' }>;

function connected(
  c: Context<ConsoleEnv>,
  { connection, health, lastReceived, isNew }: Connected,
  { problems = {}, redeliverFrom, secrets, imported, isLocal }: ConnectionShown,
): Html {
  const told = health.kind === 'told' ? health.value : undefined;
  const needsAccess = told?.faults.some(({ repair }) => repair === 'connect') ?? false;
  // What is the next step is not offered twice.
  const repair = told && nextRepair(told.faults);
  const isOpen = needsAccess || Object.keys(problems).length > 0;
  return html`<div class="card">
${facts([
  [
    'Organization',
    html`${connection.organizationName} <span class="soft">${connection.organizationSlug}</span>`,
  ],
  ['Server', serverName(connection.server, isLocal)],
  ['Endpoint', html`<span class="code">${connection.url}</span> ${endpointBadge(told)}`],
  [
    'Connected',
    html`${time(connection.connectedAt)} <span class="soft">by ${who(connection.by)}</span>, ${howText(connection)}`,
  ],
  ['Last webhook', lastWebhook(lastReceived, isNew)],
])}
${health.kind === 'not-told' ? html`<p class="note">${health.reason} The <a href="${settingsPath}">settings</a> still work.</p>${connection.gap ? gapShown(connection.gap) : ''}` : faultList(c, health.value, { gap: connection.gap, redeliverFrom })}
${surplus(told)}
${secretsNote(c, secrets)}
</div>
${importCard(connection, imported, isWell(connection, told))}
${told ? deliveriesView(told) : ''}
<h3>Maintenance</h3>
<div class="columns small-cards">
<div class="card">
<p><strong>Change the secret.</strong> <span class="soft">Polar makes a new secret, used here immediately. The old one stays valid for another hour. A webhook refused in between is sent again: no event is lost.</span></p>
${act(c, 'Change the secret', pathsOfTending.rotate)}
</div>
${repair === 'repair' ? '' : repairCard(c)}
<div class="card">
<p><strong>Disconnect.</strong> <span class="soft">You’ll see what stops and what stays first.</span></p>
<a class="button danger" href="${pathsOfTending.disconnect}">Disconnect…</a>
</div>
</div>
<details id="access"${isOpen ? html` open` : ''}>
<summary>Reconnect to Polar</summary>
<p class="soft">Use this if access was revoked or lacks a scope. The organization stays the same.</p>
${connectForms(c, { problems, server: connection.server, isLocal })}
</details>`;
}

function isWell({ gap }: Connection, health: ConnectionHealth | undefined): boolean {
  return !gap && health?.endpoint !== undefined && !needsSomebody(health.faults);
}

function surplus(health: ConnectionHealth | undefined): Html {
  const note = health && surplusNote(health);
  return note === undefined ? html`` : html`<p class="note">${note}</p>`;
}

function repairCard(c: Context<ConsoleEnv>): Html {
  return html`<div class="card">
<p><strong>Repair.</strong> <span class="soft">Sets the endpoint’s address, events and version, enables it and uses its secret. Changes only what’s wrong.</span></p>
${act(c, 'Repair the connection', pathsOfTending.repair)}
</div>`;
}

function howText({ method }: Connection): string {
  return method === 'oauth' ? 'signed in to Polar' : 'with an organization access token';
}

/** `isNew`: it was made in the days that were looked at, so that nothing need have come yet. */
function lastWebhook(last: LastSent, isNew: boolean): Html | undefined {
  if (last.kind === 'unknown') return undefined;
  if (last.kind === 'received') return html`received ${time(last.at)}`;
  const none = isNew ? html`none yet.` : badge(`none in ${daysLookedBack} days`, 'warn');
  return html`${none} To try it, send yourself an event on the <a href="${testPath}">Test event</a> page.`;
}
