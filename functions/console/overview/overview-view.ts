import { html } from 'hono/html';
import {
  allMail,
  eventNumbers,
  type WorkflowNumbers,
  workflowNumbers,
} from '#shared/audience/counts/counts.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { localPolarAway } from '#shared/polar/access.ts';
import { type Connection, connectedSince } from '#shared/polar/connection/connection.ts';
import { type ConnectionHealth, needsSomebody } from '#shared/polar/connection/health.ts';
import { secretAlone } from '#shared/polar/webhook-secret.ts';
import { ageText } from '#shared/queue/dead-letters/letter-reasons.ts';
import { deadLettersIn } from '#shared/status/concerns.ts';
import type { Status } from '#shared/status/status.ts';
import type { ListedEvent } from '#shared/store/events/event-log.ts';
import { sparkline } from '../kit/charts.ts';
import { eventBars } from '../kit/event-bars.ts';
import { fatesBar, fatesLegend, numberText, percentText, runsText } from '../kit/numbers.ts';
import type { Html } from '../kit/page.ts';
import {
  deadLettersPath,
  eventsPath,
  polarPath,
  workflowPath,
  workflowsPath,
} from '../kit/paths.ts';
import { empty, facts, link, zone } from '../kit/shown.ts';
import { originName, shortened } from '../kit/words.ts';
import {
  eventSeries,
  mailSeries,
  type Numbers,
  type Period,
  periods,
  shownWorkflows,
} from './overview-data.ts';

export const overviewPath = '/console';

const periodNames = { '24h': '24 h', '14d': '14 days', '90d': '90 days' } as const;

export function periodChoice(present: Period): Html {
  return html`<nav aria-label="Period" class="periods">${periods.map(
    (period) =>
      html`<a href="${overviewPath}?period=${period}"${period === present ? html` aria-current="true"` : ''}>${periodNames[period]}</a>`,
  )}</nav>`;
}

/** How long ago something was; when exactly on hover. */
export function ago(instant: string, now: Date): Html {
  const age = ageText(Math.max(0, now.getTime() - Date.parse(instant)));
  return html`<span title="${instant}">${age} ago</span>`;
}

/** An import isn't a webhook: the page *Polar* may know of none yet. */
function lastText({ receivedAt, webhookId }: LastEvent, now: Date): Html {
  const origin = originName(webhookId);
  return html`${ago(receivedAt, now)}${origin && `, ${origin}`}`;
}

type LastEvent = Pick<ListedEvent, 'receivedAt' | 'webhookId'>;

export function tiles(numbers: Numbers, last: LastEvent | undefined, now: Date): Html {
  const { contacts, slots, sum, period } = numbers;
  const mail = allMail(sum);
  const events = eventNumbers(sum);
  const inPeriod = `in ${periodNames[period]}`;
  const none = isBehind(numbers, last?.receivedAt) ? notCounted(numbers) : undefined;
  return html`<div class="tiles">
${tile('Contacts', contacts ? numberText(contacts.total) : '–', numbers.totals, contacts ? html`${numberText(sum.newContacts)} added ${inPeriod}` : html`Not counted yet`)}
${tile('Can receive marketing', contacts ? numberText(contacts.mailable) : '–', numbers.mailable, contacts ? whole(whyNot(contacts)) : html`Not counted yet`)}
${tile('Events', events.all === 0 && none ? '–' : numberText(events.all), eventSeries(slots), last ? html`Last one ${lastText(last, now)}` : html`${none ?? `None ${inPeriod}`}`)}
${tile('Emails delivered', mail.deliveryRate === undefined ? '–' : percentText(mail.deliveryRate), mailSeries(slots), mail.sent > 0 ? whole([`${numberText(mail.delivered + mail.complained)} of ${numberText(mail.sent)},`, `${percentText(mail.bounceRate ?? 0)} bounced`]) : html`${none ?? `None sent ${inPeriod}`}`)}
</div>`;
}

/** Whether something came in after the numbers were counted, which may be in none of them. */
function isBehind({ countedAt }: Pick<Numbers, 'countedAt'>, lastReceived: string | undefined) {
  return countedAt === undefined || (lastReceived !== undefined && lastReceived > countedAt);
}

function notCounted({ countedAt }: Pick<Numbers, 'countedAt'>): string {
  return countedAt ? 'None counted yet. Counted every 5 minutes.' : 'Not counted yet';
}

function tile(name: string, value: string, way: readonly number[], more: Html): Html {
  return html`<section class="card tile"><h2>${name}</h2><p class="number">${value}</p>${sparkline(way)}<p class="more">${more}</p></section>`;
}

function whyNot({
  total,
  mailable,
  unsubscribed,
  bounced,
  complained,
}: NonNullable<Numbers['contacts']>): string[] {
  const reasons = [
    [unsubscribed, 'unsubscribed'],
    [bounced, 'bounced'],
    [complained, complained === 1 ? 'complaint' : 'complaints'],
  ] as const;
  const told = reasons
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${numberText(count)} ${word}`);
  const parts = total === 0 ? told : [percentText(mailable / total), ...told];
  return parts.map((part, at) => (at < parts.length - 1 ? `${part},` : part));
}

/** Parts that are not broken: no number ends a line that its word is not on. */
function whole(parts: readonly string[]): Html {
  return html`${parts.map((part) => html`<span class="whole">${part}</span> `)}`;
}

/** The events of a day, or of an hour. */
const eventsOf = (at: string) =>
  link(eventsPath, { day: at.slice(0, 10), hour: at.slice(11) || undefined });

export function eventsCard({ slots, period, countedAt, eventsAsOf }: Numbers, now: Date): Html {
  const asOf = eventsAsOf ?? countedAt;
  const per = period === '24h' ? 'hour' : 'day';
  const none = asOf
    ? `No events in ${periodNames[period]}.`
    : 'Not counted yet. Numbers update every 5 minutes.';
  return html`<section class="card" aria-labelledby="per-slot">
<div class="card-head"><h2 id="per-slot">Events per ${per}</h2><p>${per === 'hour' ? zone : 'UTC'}${asOf && html` · counted ${ago(asOf, now)}`}</p></div>
${eventBars(slots, { hrefOf: eventsOf }) ?? empty(none)}
</section>`;
}

export function connectionCard(
  status: Status | undefined,
  last: LastEvent | undefined,
  now: Date,
): Html {
  if (!status) {
    return connectionFrame(
      html`<p>The connection couldn’t be read. <a href="${overviewPath}">Reload</a></p>`,
      '',
    );
  }
  const { connection, queues } = status;
  const waiting = queues.reduce((all, { waiting: some, inWork }) => all + some + inWork, 0);
  const dead = deadLettersIn(queues);
  const none = isNew(status, now) ? 'none yet' : 'none in two weeks';
  const shared = [
    ['Last event', last ? lastText(last, now) : none],
    ['Waiting in queues', numberText(waiting)],
    ['Dead letters', dead === 0 ? '0' : html`<a href="${deadLettersPath}">${numberText(dead)}</a>`],
  ] as const;
  if (connection.kind === 'none') {
    const secret = secretAlone(connection.hasSecret);
    return connectionFrame(facts([['Webhook secret', secret], ...shared]), 'not connected');
  }
  const { organizationName, server } = connection.connection;
  const health = connection.kind === 'seen' ? connection.health : undefined;
  const failed = health?.endpoint && health.failed.givenUp + health.failed.stillTried;
  return connectionFrame(
    facts([
      ['Organization', server === 'sandbox' ? `${organizationName} (sandbox)` : organizationName],
      ['Endpoint', endpointText(health)],
      [
        'Failed deliveries',
        failed === undefined
          ? 'unknown'
          : `${numberText(failed)}${health?.failed.isMore ? ' or more' : ''}`,
      ],
      ...shared,
    ]),
    connectionNow(connection.connection, health),
  );
}

const twoWeeksMs = 14 * 86_400_000;

/** Whether it was connected in the two weeks that events are looked for, or not yet at all. */
export function isNew(status: Status | undefined, now: Date): boolean {
  if (!status) return false;
  const { connection } = status;
  if (connection.kind === 'none') return !connection.hasSecret;
  return Date.parse(connectedSince(connection.connection)) > now.getTime() - twoWeeksMs;
}

function connectionNow({ gap }: Connection, health: ConnectionHealth | undefined): string {
  if (health?.faults.some(({ sentence }) => sentence === localPolarAway)) {
    return 'local Polar isn’t running';
  }
  if (!health || health.faults.some(({ kind }) => kind === 'unreachable')) {
    return 'Polar didn’t answer';
  }
  if (gap || needsSomebody(health.faults)) return 'needs attention';
  return health.faults.length === 0 ? 'healthy' : 'retrying';
}

function endpointText({ endpoint, events }: Partial<ConnectionHealth> = {}): string {
  if (!endpoint || !events) return 'unknown';
  const state = endpoint.enabled ? 'enabled' : 'disabled';
  return `${state}, ${events.has} of ${events.wanted} events`;
}

const stateTones: Readonly<Record<string, string>> = { healthy: 'good', 'needs attention': 'bad' };

function connectionFrame(body: Html, state: string): Html {
  return html`<section class="card" aria-labelledby="connection">
<div class="card-head"><h2 id="connection"><a href="${polarPath}">Connection</a></h2>${state && html`<p><span class="dot ${stateTones[state] ?? 'calm'}"></span>${state}</p>`}</div>
${body}
</section>`;
}

export const mostWorkflows = 8;
const workflowTones = { active: 'good', paused: 'warn', draft: 'calm' } as const;

export function workflowsCard(
  all: readonly Workflow[],
  { sum, period, countedAt }: Numbers,
  lastReceived: string | undefined,
): Html {
  const shown = shownWorkflows(all, sum, mostWorkflows);
  const counted = countedAt ? 'counted every 5 minutes' : 'not counted yet';
  const isOld = isBehind({ countedAt }, lastReceived);
  const head = html`<div class="card-head"><h2 id="sent"><a href="${workflowsPath}">Workflows</a></h2><p>${periodNames[period]}${isOld && ` · ${counted}`}</p></div>`;
  if (shown.length === 0) {
    return html`<section class="card" aria-labelledby="sent">${head}${empty('No workflow is active.', html`<p><a href="${workflowsPath}/new">Add a workflow</a></p>`)}</section>`;
  }
  return html`<section class="card" aria-labelledby="sent">${head}
<table class="sent">
<caption class="unseen">What became of each workflow’s emails</caption>
<thead><tr><th scope="col">Workflow</th><th scope="col" class="fates">What became of the mail</th><th scope="col" class="number">Sent</th><th scope="col" class="number">Bounce</th></tr></thead>
<tbody>${shown.map((workflow) =>
    workflowRow(workflow, countedAt ? workflowNumbers(sum, workflow.workflowId) : undefined),
  )}</tbody>
</table>
${fatesLegend}
${all.length > shown.length ? html`<p class="small"><a href="${workflowsPath}">All ${numberText(all.length)} workflows</a></p>` : ''}
</section>`;
}

/** `numbers`: absent where nothing was counted yet. */
function workflowRow(workflow: Workflow, numbers: WorkflowNumbers | undefined): Html {
  const runs = numbers && runsText(numbers);
  return html`<tr>
<th scope="row"><span class="dot ${workflowTones[workflow.status]}"></span><a href="${workflowPath(workflow)}">${shortened(workflow.name, 40)}</a>${workflow.status === 'active' ? html`<span class="unseen"> (active)</span>` : html` <span class="soft">${workflow.status}</span>`}${runs && html`<span class="small soft">${runs}</span>`}</th>
<td class="fates">${numbers ? fatesBar(numbers) : ''}</td>
<td class="number">${numbers ? numberText(numbers.sent) : '–'}</td>
<td class="number">${numbers?.bounceRate === undefined ? '–' : percentText(numbers.bounceRate)}</td>
</tr>`;
}
