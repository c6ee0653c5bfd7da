import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ConnectionHealth, DeliveryShown, Fault } from '#shared/polar/connection-health.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act } from '../fields.ts';
import type { Html } from '../page.ts';
import { badge, table, time } from '../shown.ts';
import { pathsOfTending } from './polar-paths.ts';

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
    return html`<p>${badge('all well', 'good')} Polar sends to us, with our events and our secret, and nothing failed of late.</p>`;
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
    time(at),
    html`<a href="/console/events/${encodeURIComponent(eventId)}">${type}</a>`,
    html`${succeeded ? badge('delivered', 'good') : badge('failed', 'bad')} <span class="soft">${answer}</span>`,
  ];
}
