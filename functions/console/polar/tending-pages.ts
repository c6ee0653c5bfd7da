import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { reasonOf } from '#shared/failure.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { Connection, ConnectionParts, Tended } from '#shared/polar/connection/connection.ts';
import {
  acceptEmails,
  switchEmailsOff,
  switchEmailsOn,
} from '#shared/polar/connection/switch-emails.ts';
import {
  disconnectPolar,
  dropPreviousSecret,
  enableEndpoint,
  repairConnection,
  rotateSecret,
} from '#shared/polar/connection/tend-connection.ts';
import { type Redelivered, redeliverFailed } from '#shared/polar/redelivery.ts';
import { act, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { pathsOfTending, polarPath } from '../kit/paths.ts';
import { backTo } from '../kit/polar-sign-in.ts';
import { goOn } from '../kit/remembered.ts';
import { link as urlOf } from '../kit/shown.ts';
import { inTime, type PolarLink } from './polar-link.ts';

/** Which connection a person saw. The versions of the next one begin at the first again, but it was connected at another time. */
export function connectionShown({ connectedAt, version }: Connection): string {
  return `${connectedAt} ${version}`;
}

/** What disconnecting ends and what it leaves, before it is done. */
export function disconnectView(c: Context<ConsoleEnv>, connection: Connection): Html {
  return html`<div class="columns">
<div class="card">
<h2>What stops</h2>
<ul>
<li>The webhook endpoint in Polar is removed. What Polar hasn’t delivered yet never arrives.</li>
<li>No events come in, so contacts go out of date and no workflows start.</li>
<li>Access to Polar is deleted: health, redelivery and import need a new connection.</li>
${(connection.emailsSwitchedOff ?? []).length > 0 ? html`<li>Polar’s own emails that were switched off here are switched back on.</li>` : ''}
</ul>
</div>
<div class="card">
<h2>What stays</h2>
<ul>
<li>All contacts, with their consent, and all suppressions.</li>
<li>Events, emails, workflows and these settings. Emails already queued are still sent.</li>
<li>The webhook secret, so that what Polar has already sent still counts.</li>
</ul>
</div>
</div>
<p>Connecting again with ${connection.organizationName} creates a new endpoint; you can import what happened in between.</p>
<div class="row">${act(c, `Disconnect from ${connection.organizationName}`, pathsOfTending.disconnect, { tone: 'danger', fields: { connection: connectionShown(connection) } })}
<a class="button" href="${polarPath}">Stay connected</a></div>`;
}

type Act = (parts: ConnectionParts, connection: Connection) => Promise<Tended>;

/** Does something about the connection, and says what was done or why not. How it looked before counts no more. */
export async function tend(link: PolarLink, act: Act): Promise<Flash> {
  return withConnection(link, async (parts, connection) => {
    const tended = await act(parts, connection);
    if (tended.kind === 'done') await forgetLook(link);
    return flashOf(link, tended);
  });
}

async function forgetLook({ connections }: PolarLink): Promise<void> {
  const connection = await connections.read();
  if (connection?.lastLook) await connections.noteLook(connection, undefined);
}

function flashOf({ log }: PolarLink, tended: Tended): Flash {
  if (tended.kind === 'done') {
    const { done, next = [] } = tended;
    return { kind: 'done', text: [...done].concat(next).join('\n') };
  }
  if (tended.error !== undefined) {
    log.error('polar connection', { reason: reasonOf(tended.error) });
  }
  return { kind: 'problem', text: tended.reason };
}

/** Where Polar was connected by hand, there is a secret and no connection. */
async function dropPrevious(link: PolarLink): Promise<Flash> {
  try {
    return flashOf(link, await dropPreviousSecret(link.partsFor('production')));
  } catch (error) {
    if (isPolarApiError(error)) return { kind: 'problem', text: error.message };
    throw error;
  }
}

/** About two calls to Polar for each event: as many as fit into one answer. */
const eventsAtOnce = 15;
/** As far back as the health of the connection looks. */
const daysBack = 30;

const positionFormat = /^[0-9T:.+Z-]{20,40}_[0-9T:.+Z-]{20,40}$/;

/** Where to go on with redelivering, or `undefined` where the text is no such place. */
export function redeliverPosition(text: string | undefined): string | undefined {
  return text !== undefined && positionFormat.test(text) ? text : undefined;
}

/** Redelivers some of the failed events. `next`: where to go on. */
export async function redeliverSome(
  link: PolarLink,
  from: string | undefined,
): Promise<Flash & { next?: string | undefined }> {
  const since = new Date(link.now().getTime() - daysBack * 86_400_000).toISOString();
  return withConnection(link, async (parts, connection) => {
    const result = await redeliverFailed(parts, connection, { since, limit: eventsAtOnce, from });
    if (result.kind === 'refused') return { kind: 'problem', text: result.reason };
    if (result.next === undefined) await forgetLook(link);
    return { kind: 'done', text: redeliveredText(result), next: result.next };
  });
}

async function withConnection<T extends Flash>(
  link: PolarLink,
  act: (parts: ConnectionParts, connection: Connection) => Promise<T>,
): Promise<T | Flash> {
  const connection = await link.connections.read();
  if (!connection) {
    const text = 'Polar is no longer connected, so nothing was done. Connect it first.';
    return { kind: 'problem', text };
  }
  try {
    return await inTime(() => act(link.partsFor(connection.server), connection));
  } catch (error) {
    if (isPolarApiError(error)) return { kind: 'problem', text: error.message };
    throw error;
  }
}

function redeliveredText(result: Extract<Redelivered, { kind: 'redelivered' }>): string {
  const { events, settled, lost, attemptsLeft, next } = result;
  return [
    events === 0
      ? 'Nothing had to be redelivered.'
      : `Asked Polar to deliver ${counted(events, 'event')} again. It takes a moment; each is applied once.`,
    settled > 0 && `${counted(settled, 'event')} had been delivered after all.`,
    lost > 0 && `Polar no longer keeps the payload of ${counted(lost, 'event')}.`,
    next !== undefined &&
      `${counted(attemptsLeft, 'failed attempt')} not checked yet. Choose Continue redelivering.`,
  ]
    .filter(Boolean)
    .join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** To where somebody came from, else to the mails of Polar; where nothing was done, to the top, where it says why. */
function backToEmails(c: Context<ConsoleEnv>, flash: Flash) {
  const home = flash.kind === 'problem' ? polarPath : `${polarPath}#emails`;
  return goOn(c, backTo(textOf(c.get('form'), 'back')) ?? home, flash);
}

/** Switches of Polar's mails, as one field with commas. */
function keysIn(form: FormData): string[] {
  const given = textOf(form, 'keys').split(',');
  return given.filter((key) => /^[a-z_]{1,80}$/.test(key)).slice(0, 50);
}

/** What keeps a connection well, and what ends it. */
export function tendingPages(link: PolarLink) {
  const app = new Hono<ConsoleEnv>();

  app.post('/enable', async (c) => goOn(c, polarPath, await tend(link, enableEndpoint)));
  app.post('/repair', async (c) => goOn(c, polarPath, await tend(link, repairConnection)));
  app.post('/rotate', async (c) => goOn(c, polarPath, await tend(link, rotateSecret)));
  app.post('/drop-previous', async (c) => goOn(c, polarPath, await dropPrevious(link)));

  app.post('/emails-off', async (c) => {
    const keys = keysIn(c.get('form'));
    return backToEmails(c, await tend(link, (...of) => switchEmailsOff(...of, keys)));
  });
  app.post('/emails-on', async (c) => {
    const keys = keysIn(c.get('form'));
    return backToEmails(c, await tend(link, (...of) => switchEmailsOn(...of, keys)));
  });
  app.post('/accept-emails', async (c) => backToEmails(c, await tend(link, acceptEmails)));

  app.post('/redeliver', async (c) => {
    const from = redeliverPosition(textOf(c.get('form'), 'from'));
    const { kind, text, next } = await redeliverSome(link, from);
    return goOn(c, urlOf(polarPath, { from: next }), { kind, text });
  });

  app.get('/disconnect', async (c) => {
    const connection = await link.connections.read();
    if (!connection) return c.redirect(polarPath);
    return page(c, {
      title: `Disconnect from ${connection.organizationName}?`,
      section: 'polar',
      above: { href: polarPath, title: 'Polar' },
      body: disconnectView(c, connection),
    });
  });

  app.post('/disconnect', async (c) => {
    const shown = textOf(c.get('form'), 'connection');
    const flash = await tend(link, async (parts, connection) => {
      if (connectionShown(connection) === shown) return disconnectPolar(parts, connection);
      const reason =
        'The connection changed after you opened that page, so nothing was disconnected. Check it again.';
      return { kind: 'unfinished', reason, error: undefined };
    });
    return goOn(c, polarPath, flash);
  });

  return app;
}
