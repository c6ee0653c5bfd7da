import { html } from 'hono/html';
import { workflowNumbers } from '#shared/audience/counts/counts.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { hasId } from '#shared/store/audience/contact-lookup.ts';
import type { EventDetails, ListedEvent } from '#shared/store/events/event-log.ts';
import { amountText } from '../kit/event-words.ts';
import { runsText } from '../kit/numbers.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, eventPath, eventsPath } from '../kit/paths.ts';
import { empty } from '../kit/shown.ts';
import { nameOf, originBadge, outcomeName, shortened } from '../kit/words.ts';
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

type LatestShown = Readonly<{
  /** By webhook id. */
  details: ReadonlyMap<string, EventDetails>;
  /** By address, as it is kept. */
  people: ReadonlyMap<string, Contact>;
  period: Period;
  now: Date;
  isNew: boolean;
}>;

export function latestCard(events: readonly ListedEvent[], shown: LatestShown): Html {
  const { period, isNew } = shown;
  return html`<section class="card latest-card" aria-labelledby="latest">
<div class="card-head"><h2 id="latest"><a href="${eventsPath}">Latest events</a></h2><p><a href="${overviewPath}?period=${period}">Reload</a></p></div>
<div id="latest-events" data-refresh="live">${
    events.length === 0
      ? empty(isNew ? 'No events yet.' : 'No event in the last two weeks.')
      : html`<ul class="latest">${events.map((event) => latestRow(event, shown))}</ul>`
  }</div>
</section>`;
}

function latestRow(event: ListedEvent, { details, people, now }: LatestShown): Html {
  const { webhookId, type, outcome, receivedAt } = event;
  const known = details.get(webhookId);
  const amount = known && amountText(known.properties);
  return html`<li>
<span><a href="${eventPath(webhookId)}">${type}</a> ${originBadge(webhookId)}</span>
<span class="who">${whoOf(event, people)}${amount && html`<span>&nbsp;· ${amount}</span>`}</span>
<span class="when">${ago(receivedAt, now)}</span>
${outcome !== 'unchanged' && html`<span class="how">${outcomeName(outcome, known?.addsContact ?? false)}</span>`}
</li>`;
}

/** The name that the contact has now, if it still is at that address; else the address. */
function whoOf({ email, contactId, customerId }: ListedEvent, people: LatestShown['people']): Html {
  if (contactId === undefined) return html`<span>customer ${customerId}</span>`;
  const there = email === undefined ? undefined : people.get(email);
  const name = there && hasId(there, contactId) ? shortened(nameOf(there), 60) : '';
  return html`<a href="${contactPath(contactId)}"><bdi>${name || (email ?? 'contact')}</bdi></a>`;
}
