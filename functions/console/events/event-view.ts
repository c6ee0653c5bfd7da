import { html } from 'hono/html';
import type { Change, ReplayEntry } from '#shared/audience/event-record.ts';
import { answers } from '#shared/polar/answers.ts';
import { isBackfilled } from '#shared/polar/is-backfilled.ts';
import { contactPath } from '../audience/contact-words.ts';
import type { Html } from '../page.ts';
import { prettyBody } from '../pretty-body.ts';
import { empty, facts, link, table, time } from '../shown.ts';
import { failureText } from './email-view.ts';
import type { EventStory, Unrecorded } from './event-story.ts';
import {
  changeRow,
  eventPath,
  eventsPath,
  outcomeBadge,
  outcomeWords,
  propertyRows,
} from './event-words.ts';
import { settingsView } from './settings-view.ts';
import { noWorkflowsView, workflowsView } from './workflows-view.ts';

/** What an event did, and why. */
export function eventView(story: EventStory): Html {
  const { record, settings } = story;
  const replays = record.replays ?? [];
  return html`<section class="card" aria-label="In short">${inShort(story)}
<p><a class="button" href="${link(eventPath(record.webhookId), { ask: 'replay' })}">Replay…</a></p></section>
<h2>What it changed</h2>
${changesView(record.changes, record.erased)}
<h2>Workflows and emails</h2>
${record.workflows?.length ? workflowsView(record, story) : noWorkflowsView(record, story)}
${replays.length > 0 ? replaysView(story, replays) : ''}
<h2>Settings</h2>
<section class="card" aria-label="Settings">${settingsView(record.settingsVersion, settings.get(record.settingsVersion), record.type)}</section>
<h2>Properties</h2>
<p class="soft">What workflows see of the event.</p>
${table('Properties of the event', ['Name', 'Value'], propertyRows(record.properties))}
<h2>Payload</h2>
${payloadView(story)}`;
}

function inShort({ record, failure, expiresAt }: EventStory): Html {
  const { code, message } = answers.accepted;
  const { contactId, email, outcome, reason } = record;
  return facts([
    ['Outcome', html`${outcomeBadge(outcome)} ${reason ?? outcomeWords[outcome]}`],
    ['Contact', contactId && html`<a href="${contactPath(contactId)}">${email ?? 'its page'}</a>`],
    ['Customer in Polar', html`<code>${record.customerId}</code>`],
    ['Happened', time(record.occurredAt)],
    ['Received', time(record.receivedAt)],
    isBackfilled(record.webhookId)
      ? ['Came by', 'a backfill: made from what Polar’s API said, without a webhook']
      : ['Polar was answered', `${code}: ${message}`],
    ['Failed', failure && failureText(failure)],
    ['Webhook', html`<code>${record.webhookId}</code>`],
    ['Kept until', expiresAt && time(expiresAt.toISOString())],
  ]);
}

export function changesView(changes: readonly Change[], isErased = false): Html {
  if (isErased) return html`<p>What it changed is erased, with the customer.</p>`;
  if (changes.length === 0) return html`<p>Nothing that a contact shows.</p>`;
  const rows = changes.map(changeRow);
  return table('Changes of the contact', ['Field', 'Before', 'After'], rows);
}

function payloadView({ payload, record }: EventStory): Html {
  switch (payload.kind) {
    case 'kept':
      return prettyBody(payload.text, link(eventPath(record.webhookId), { ask: 'payload' }));
    case 'omitted':
      return html`<p>It was too large to be kept. Polar shows it with the delivery.</p>`;
    case 'erased':
      return html`<p>It is erased, with the customer.</p>`;
    case 'none':
      return html`<p>It was not kept.</p>`;
  }
}

function replaysView(story: EventStory, replays: readonly ReplayEntry[]): Html {
  const { replayCount = replays.length } = story.record;
  return html`<h2>Replays</h2>
${replayCount > replays.length ? html`<p>There were ${replayCount}; the newest ${replays.length} are kept.</p>` : ''}
${replays.toReversed().map((one) => replayView(one, story))}`;
}

function replayView(one: ReplayEntry, story: EventStory): Html {
  const { at, by, outcome, reason, changes, settingsVersion, workflows = [] } = one;
  return html`<details class="card">
<summary>${time(at)}: ${outcomeBadge(outcome)} ${replayKind(one)}, asked for by ${by}</summary>
<p>${reason ?? outcomeWords[outcome]}</p>
${changes.length > 0 ? changesView(changes, story.record.erased) : ''}
${workflows.length > 0 ? workflowsView(one, story) : html`<p>${one.triggers ? 'No active workflow waited for it.' : 'No workflow was considered, as was asked.'}</p>`}
${
  settingsVersion === story.record.settingsVersion
    ? html`<p class="soft">By the same version of the settings, ${settingsVersion}.</p>`
    : settingsView(settingsVersion, story.settings.get(settingsVersion), story.record.type)
}
</details>`;
}

export function replayKind({ triggers, again }: Pick<ReplayEntry, 'triggers' | 'again'>): string {
  if (!triggers) return 'contact only';
  return again ? 'with workflows, emails sent before too' : 'with workflows';
}

/** What can be said of an id that has no record. */
export function unrecordedView(id: string, { failure, email }: Unrecorded, days: number): Html {
  const letter = link('/console/dead-letters/letter', { id });
  if (email) {
    return empty(
      'This is the ledger key of an email.',
      html`<p><a href="${eventPath(email.webhookId)}">See the event that asked for it</a></p>`,
    );
  }
  if (failure) {
    return html`<p class="note">${failureText(failure)}</p>
<p>So nothing is recorded of it yet. <a href="${letter}">Look among the dead letters</a>, from where it can be sent again.</p>`;
  }
  return empty(
    html`Nothing is recorded of <code>${id}</code>, and no failure. Perhaps it was never accepted (Polar’s list of deliveries shows what was answered), is still in the queue, or its ${days} days are over.`,
    html`<p><a href="${letter}">Look among the dead letters</a> or <a href="${eventsPath}">see the events</a>.</p>`,
  );
}
