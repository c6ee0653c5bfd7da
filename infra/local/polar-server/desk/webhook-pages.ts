import { html } from 'hono/html';
import type { Delivery, Endpoint, WebhookEvent } from '../polar-state.ts';
import { type Html, table, timeOf } from './page.ts';

/** The endpoints of an organization and what was sent to them. */
export function webhooksPage(
  slug: string,
  endpoints: readonly Endpoint[],
  events: readonly WebhookEvent[],
  nowMs: number,
): Html {
  const waiting = events.filter(({ nextAttemptMs }) => nextAttemptMs !== null).length;
  return html`<h1>Webhooks</h1>
${endpoints.length > 0 ? endpoints.map((endpoint) => endpointCard(slug, endpoint)) : html`<p class="empty">There is no endpoint. Connect Polar Audience: on the page <em>Polar</em> of its console, or with <code>npm run connect</code>.</p>`}
<div class="row"><h2>Events</h2>${waiting > 0 ? html`<form method="post" action="/${slug}/webhooks/skip"><button>Skip the waits before retries</button></form>` : ''}</div>
<p class="hint">Polar tries ten times, within 17 to 34 minutes. When the last ten events have all failed, it disables the endpoint. While that is disabled, nothing is recorded.</p>
${table('Events', ['Time', 'Event', 'State'], eventRows(slug, events, nowMs), 'Nothing was sent yet.')}`;
}

function endpointCard(slug: string, endpoint: Endpoint): Html {
  const { id, url, enabled, events, secret } = endpoint;
  return html`<section class="card">
<div class="row"><h2>${url}</h2>${enabled ? html`<span class="badge good">enabled</span>` : html`<span class="badge bad">disabled</span>`}</div>
<p class="soft">${events.length} events: ${events.join(', ')}</p>
<details><summary>Secret</summary><p><code>${secret}</code></p></details>
<form method="post" action="/${slug}/webhooks/endpoint"><input type="hidden" name="endpoint" value="${id}"><div class="row">
${enabled ? html`<button name="act" value="disable">Disable</button>` : html`<button name="act" value="enable">Enable</button>`}
<button name="act" value="reset">Reset the secret</button>
<button class="danger" name="act" value="delete">Delete</button>
</div></form>
</section>`;
}

/** The newest hundred, newest first. */
export function eventRows(slug: string, events: readonly WebhookEvent[], nowMs: number): Html[] {
  return events
    .slice(-100)
    .reverse()
    .map(
      (event) => html`<tr>
<td>${timeOf(event.created_at)}</td>
<td class="whole"><a href="/${slug}/webhooks/events/${event.id}">${event.type}</a></td>
<td class="whole">${stateOf(event, nowMs)}</td>
</tr>`,
    );
}

function stateOf(event: WebhookEvent, nowMs: number): Html {
  const { succeeded, skipped, nextAttemptMs, attempts, lastHttpCode } = event;
  const answer = lastHttpCode === null ? 'no answer' : String(lastHttpCode);
  const tries = attempts === 1 ? answer : `${answer} after ${attempts} tries`;
  if (succeeded) return html`<span class="badge good">delivered</span> ${tries}`;
  if (succeeded === false) return html`<span class="badge bad">failed</span> ${tries}`;
  if (skipped) return html`<span class="badge">not sent</span> the endpoint was disabled`;
  if (attempts === 0) return html`<span class="badge">on its way</span>`;
  const seconds = Math.max(0, Math.round(((nextAttemptMs ?? nowMs) - nowMs) / 1_000));
  return html`<span class="badge warn">${tries}</span> tries again in ${seconds} s`;
}

/** One event with its payload, and each attempt with what was answered. */
export function eventPage(
  slug: string,
  event: WebhookEvent,
  deliveries: readonly Delivery[],
  nowMs: number,
): Html {
  const rows = deliveries.map(
    ({ created_at, httpCode, response }) => html`<tr>
<td>${timeOf(created_at)}</td><td>${httpCode ?? 'no answer'}</td><td>${response ?? ''}</td></tr>`,
  );
  return html`<p class="above"><a href="/${slug}/webhooks">Webhooks</a></p>
<h1>${event.type}</h1>
<p>${stateOf(event, nowMs)}</p>
<p class="soft">Webhook ID <code>${event.id}</code></p>
<form class="row" method="post" action="/${slug}/webhooks/redeliver"><input type="hidden" name="event" value="${event.id}"><button>Deliver again</button></form>
<h2>Attempts</h2>
${table('Attempts', ['Time', 'Status', 'Answer'], rows, 'None yet.')}
<h2>Payload</h2>
<pre tabindex="0">${JSON.stringify(JSON.parse(event.payload), undefined, 2)}</pre>`;
}
