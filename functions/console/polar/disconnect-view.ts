import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Connection } from '#shared/polar/connection.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { pathsOfTending } from './polar-paths.ts';

/** Which connection a person saw. The versions of the next one begin anew, but it was connected at another time. */
export function connectionShown({ connectedAt, version }: Connection): string {
  return `${connectedAt} ${version}`;
}

/** What disconnecting ends and what it leaves, before it is done. */
export function disconnectView(c: Context<ConsoleEnv>, connection: Connection): Html {
  return html`<div class="columns">
<div class="card">
<h2>What stops</h2>
<ul>
<li>The webhook endpoint in Polar is removed. What Polar has not delivered yet, it does not deliver any more.</li>
<li>No event comes in, so contacts are no longer kept in step, and no workflow starts.</li>
<li>The access to Polar is forgotten: health, redelivery and import need a new connection.</li>
</ul>
</div>
<div class="card">
<h2>What stays</h2>
<ul>
<li>All contacts, with their consent, and all suppressions.</li>
<li>Events, emails, workflows and these settings. Emails that are queued already are still sent.</li>
<li>The webhook secret, so that what Polar has sent already still counts.</li>
</ul>
</div>
</div>
<p>Connecting again with ${connection.organizationName} makes a new endpoint; what happened in between can be imported.</p>
<div class="row">${act(c, `Disconnect from ${connection.organizationName}`, pathsOfTending.disconnect, { tone: 'danger', fields: { connection: connectionShown(connection) } })}
<a href="/console/polar">Stay connected</a></div>`;
}
