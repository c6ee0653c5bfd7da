import { html } from 'hono/html';
import { answers } from '#shared/polar/answers.ts';
import type { ConnectionHealth, DeliveryShown } from '#shared/polar/connection/health.ts';
import type { Html } from '../kit/page.ts';
import { eventPath } from '../kit/paths.ts';
import { badge, table, time } from '../kit/shown.ts';

/** What Polar delivered last: what was answered, once for all that were answered so, and each delivery in a row. */
export function deliveriesView({ deliveries, endpoint, faults }: ConnectionHealth): Html {
  if (deliveries.length === 0) {
    if (!endpoint) return html``;
    return html`<h3>Last deliveries</h3>
<p class="soft">Nothing delivered yet. The next purchase or customer change shows up here.</p>`;
  }
  const answered = deliveries.filter(({ answer }) => answer !== undefined);
  const groups = [...Map.groupBy(answered, sameAnswer).values()];
  const hasSecret = !faults.some(({ kind }) => kind === 'secret');
  const isOver = ({ answer }: DeliveryShown) => hasSecret && answer === answers.mismatch.message;
  return html`<h3>Last deliveries</h3>
${groups.length > 0 ? html`<div class="answers">${groups.map((group) => answerView(group, deliveries.length, isOver))}</div>` : ''}
${table('Last deliveries, as reported by Polar', ['When', 'Event', 'Result'], deliveries.map(deliveryRow), { of: 'deliveries' })}`;
}

function sameAnswer({ succeeded, httpCode, answer }: DeliveryShown): string {
  return JSON.stringify([succeeded, httpCode, answer]);
}

/** The newest of them come first. `isOver`: what an answer asks for was done since, or is no help. */
function answerView(
  group: readonly DeliveryShown[],
  all: number,
  isOver: (newest: DeliveryShown) => boolean,
): Html {
  const [newest] = group;
  if (!newest) return html``;
  const since = time(group.at(-1)?.at ?? newest.at, { form: 'seconds' });
  return html`<details${newest.succeeded || isOver(newest) ? '' : html` open`}>
<summary>${result(newest)} <span class="soft">· ${howMany(group.length, all)}${since}</span></summary>
<p>${newest.answer}</p>
</details>`;
}

function howMany(count: number, all: number): string {
  if (count === 1) return all === 1 ? '' : `1 of ${all}, `;
  return `${count === all ? `all ${all}` : `${count} of ${all}`} since `;
}

function deliveryRow(delivery: DeliveryShown) {
  const { at, eventId, type } = delivery;
  return [
    time(at, { form: 'seconds' }),
    html`<a href="${eventPath(eventId)}">${type}</a>`,
    result(delivery),
  ];
}

function result({ succeeded, httpCode }: DeliveryShown): Html {
  const code = httpCode === undefined ? 'not reached' : `answered ${httpCode}`;
  return html`${succeeded ? badge('delivered', 'good') : badge('failed', 'bad')} <span class="soft">${code}</span>`;
}
