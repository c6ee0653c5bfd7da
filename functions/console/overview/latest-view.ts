import { html } from 'hono/html';
import { workflowNumbers } from '#shared/audience/counts/counts.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ListedEvent } from '#shared/store/events/event-log.ts';
import { runsText } from '../kit/numbers.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, eventPath, eventsPath } from '../kit/paths.ts';
import { empty } from '../kit/shown.ts';
import { originBadge, outcomeName } from '../kit/words.ts';
import { type Numbers, type Period, shownWorkflows } from './overview-data.ts';
import { ago, mostWorkflows, overviewPath } from './overview-view.ts';

export const mostLatest = 10;
/** A purchase is four events: the one that added the contact should be among them. */
const fewestLatest = 4;
/** In rem, as measured in both columns. */
const heights = { around: 7.5, row: 2.6, rowOfRuns: 3.9, rowOfAll: 2, event: 3.9 } as const;

/** How many of the latest events are as tall as the workflows beside them, so that neither column ends in a card that is half empty. */
export function latestBeside(
  all: readonly Pick<Workflow, 'workflowId' | 'name' | 'status'>[],
  { sum }: Pick<Numbers, 'sum'>,
): number {
  const shown = shownWorkflows(all, sum, mostWorkflows);
  const rows = shown.map(({ workflowId }) =>
    runsText(workflowNumbers(sum, workflowId)) ? heights.rowOfRuns : heights.row,
  );
  const more = all.length > shown.length ? heights.rowOfAll : 0;
  const height = rows.reduce((some, row) => some + row, heights.around + more);
  return Math.min(mostLatest, Math.max(fewestLatest, Math.round(height / heights.event)));
}

/** `added`: by which of them a contact came to be. */
export function latestCard(
  events: readonly ListedEvent[],
  added: ReadonlySet<string>,
  { period, now, isNew }: Readonly<{ period: Period; now: Date; isNew: boolean }>,
): Html {
  return html`<section class="card latest-card" aria-labelledby="latest">
<div class="card-head"><h2 id="latest"><a href="${eventsPath}">Latest events</a></h2><p><a href="${overviewPath}?period=${period}">Reload</a></p></div>
<div id="latest-events" data-refresh="live">${
    events.length === 0
      ? empty(isNew ? 'No events yet.' : 'No event in the last two weeks.')
      : html`<ul class="latest">${events.map(
          ({ webhookId, type, outcome, receivedAt, email, contactId, customerId }) => html`<li>
<span><a href="${eventPath(webhookId)}">${type}</a> ${originBadge(webhookId)}</span>
<span class="who">${contactId ? html`<a href="${contactPath(contactId)}">${email ?? 'contact'}</a>` : `customer ${customerId}`}</span>
<span class="when">${ago(receivedAt, now)}</span>
${outcome !== 'unchanged' && html`<span class="how">${outcomeName(outcome, added.has(webhookId))}</span>`}
</li>`,
        )}</ul>`
  }</div>
</section>`;
}
