import { html } from 'hono/html';
import {
  addsContact,
  type Change,
  type ConsideredWorkflow,
  type EventRecord,
  type ReplayEntry,
} from '#shared/audience/event-record.ts';
import { whyUnchanged } from '#shared/audience/why-unchanged.ts';
import { answers } from '#shared/polar/answers.ts';
import { isBackfilled, isLostOrder } from '#shared/polar/event-types.ts';
import { emailView, failureText } from '../kit/email-view.ts';
import { copyable, live } from '../kit/enhanced.ts';
import type { Html } from '../kit/page.ts';
import {
  contactPath,
  customerPath,
  deadLettersPath,
  emailPath,
  eventPath,
  eventsPath,
  workflowPath,
  workflowsPath,
} from '../kit/paths.ts';
import { runPath } from '../kit/run-view.ts';
import {
  addressText,
  badge,
  empty,
  facts,
  link,
  prettyBody,
  table,
  time,
  who,
} from '../kit/shown.ts';
import {
  changeRow,
  fieldWords,
  originBadge,
  outcomeBadge,
  outcomeText,
  propertyRows,
  statusBadge,
} from '../kit/words.ts';
import type { EventStory, Unrecorded } from './event-story.ts';
import { settingsView } from './settings-view.ts';

type Decision = Readonly<{
  workflows?: readonly ConsideredWorkflow[] | undefined;
  outcome: EventRecord['outcome'];
}>;

/** Each workflow that was considered: the email that it asked for, or why it asked for none. */
export function workflowsView({ workflows = [] }: Decision, story: EventStory): Html {
  return html`${workflows.map((one) => workflowView(one, story))}`;
}

/** Why no workflow was considered. What waits for such events now may explain what a person expects. */
export function noWorkflowsView({ outcome }: Decision, { record, waiting }: EventStory): Html {
  if (isBackfilled(record.webhookId) && !isLostOrder(record.webhookId)) {
    return html`<p>No email: this event was made from what Polar lists, and workflows don’t see such events.</p>`;
  }
  if (outcome === 'skipped')
    return html`<p>No email: workflows don’t see events that are skipped.</p>`;
  return html`<p>No email: no active workflow waited for ${record.type} when this was decided.</p>
${
  waiting.length > 0
    ? html`<p>These wait for it now:</p>
<ul>${waiting.map((one) => html`<li><a href="${workflowPath(one)}">${one.name}</a> ${statusBadge(one)}</li>`)}</ul>`
    : html`<p><a href="${workflowsPath}">Make a workflow</a> that sends an email for it.</p>`
}`;
}

function workflowView(one: ConsideredWorkflow, story: EventStory): Html {
  const { workflowId, name, version, verdict, reason, ledgerKey, runId } = one;
  if (runId !== undefined) {
    return html`<div class="card">
<h3><a href="${workflowPath({ workflowId })}">${name}</a> <span class="soft">version ${version}</span> ${badge('begins a run', 'good')}</h3>
<p><a href="${runPath(runId)}">Where the run is, and what it did</a></p>
</div>`;
  }
  const isSending = verdict === 'send' && ledgerKey !== undefined;
  return html`<div class="card">
<h3><a href="${workflowPath({ workflowId })}">${name}</a> <span class="soft">version ${version}</span> ${isSending ? badge('asks for an email', 'good') : badge('sends nothing')}</h3>
${isSending ? mailed(ledgerKey, story) : html`<p>${reason ?? 'No reason was kept.'}</p>`}
</div>`;
}

function mailed(ledgerKey: string, { emails, isReleased, mailFailures, record }: EventStory): Html {
  const email = emails.get(ledgerKey);
  const failures = [ledgerKey, `feedback ${ledgerKey}`].flatMap((id) => mailFailures.get(id) ?? []);
  const letter = link(`${deadLettersPath}/letter`, { id: ledgerKey });
  return html`${
    email
      ? html`${emailView({ email, webhookId: record.webhookId, isReleased })}
<p><a href="${emailPath(email)}">See the email</a></p>`
      : html`<p>It isn’t in the ledger yet: it’s on its way to the mailer, or <a href="${letter}">among the dead letters</a>.</p>`
  }
${failures.map((failure) => html`<p class="note">${failureText(failure)} <a href="${letter}">Check the dead letters</a>.</p>`)}`;
}

export const eventViews = ['summary', 'properties', 'payload', 'settings', 'replays'] as const;
export type EventViewName = (typeof eventViews)[number];

const viewWords: Readonly<Record<EventViewName, string>> = {
  summary: 'What it did',
  properties: 'Properties',
  payload: 'Payload',
  settings: 'Settings',
  replays: 'Replays',
};

/** What an event did, and why: a sentence, and under it one of several looks at it. */
export function eventView(story: EventStory, view: EventViewName): Html {
  const { record, payload } = story;
  const path = eventPath(record.webhookId);
  const noReplay = whyNoReplay(payload);
  return html`<p class="sentence">${outcomeBadge(record.outcome, addsContact(record))} ${originBadge(record.webhookId)} ${sentenceOf(story)}</p>
<div class="row spread"><nav class="tabs" aria-label="Views of this event">${eventViews.map(
    (one) =>
      html`<a href="${link(path, { view: one === 'summary' ? undefined : one })}"${one === view ? html` aria-current="page"` : ''}>${viewWords[one]}${one === 'replays' && record.replays?.length ? ` (${record.replayCount ?? record.replays.length})` : ''}</a>`,
  )}</nav>
${noReplay === undefined ? html`<a class="button" href="${link(path, { ask: 'replay' })}">Replay…</a>` : html`<p class="soft small">${noReplay}</p>`}</div>
${viewed(story, view)}`;
}

/** Why an event cannot be run again; `undefined`: it can. */
export function whyNoReplay({ kind }: EventStory['payload']): string | undefined {
  switch (kind) {
    case 'kept':
      return undefined;
    case 'omitted':
      return 'Can’t be replayed: its payload was too large to keep.';
    case 'erased':
      return 'Can’t be replayed: the customer was erased, and the payload with it.';
    case 'none':
      return 'Can’t be replayed: its payload wasn’t kept.';
  }
}

function viewed(story: EventStory, view: EventViewName): Html {
  const { record, settings } = story;
  switch (view) {
    case 'summary':
      return html`<h2>Workflows and emails</h2>
${record.workflows?.length ? workflowsView(record, story) : noWorkflowsView(record, story)}
<h2>What it changed</h2>
${changesView(record.changes, record.erased)}
<h2>Details</h2>
<section class="card" aria-label="In short">${inShort(story)}</section>`;
    case 'properties':
      return html`<h2>Properties</h2>
<p class="soft">What workflows see of the event.</p>
${table('Properties of the event', ['Name', 'Value'], propertyRows(record.properties), { of: 'pairs' })}`;
    case 'payload':
      return html`<h2>Payload</h2>
${payloadView(story)}`;
    case 'settings':
      return html`<h2>Settings</h2>
<section class="card" aria-label="Settings">${settingsView(record.settingsVersion, settings.get(record.settingsVersion), record.type)}</section>`;
    case 'replays':
      return live('replays', replaysView(story, record.replays ?? []));
  }
}

/** In one sentence what came of it. */
function sentenceOf({ record }: EventStory): Html | string {
  const { outcome, reason, email, workflows = [] } = record;
  const whom = email ? addressText(email) : 'a contact';
  const mails = new Set(workflows.flatMap(({ ledgerKey }) => ledgerKey ?? [])).size;
  const asked = mails === 0 ? 'no email' : mails === 1 ? '1 email' : `${mails} emails`;
  switch (outcome) {
    case 'applied':
      return html`${addsContact(record) ? 'Added' : 'Changed'} ${whom} and asked for ${asked}.`;
    case 'unchanged':
      return html`${unchangedText(record)} Asked for ${asked}.`;
    case 'skipped':
      return reason ?? 'Changed no contact.';
  }
}

function unchangedText(record: EventStory['record']): Html {
  const { before, whom, after } = whyUnchanged(record, (field) =>
    (fieldWords[field] ?? field).toLowerCase(),
  );
  return html`${before}${whom && record.email ? addressText(record.email) : whom}${after}`;
}

function inShort({ record, failure, expiresAt }: EventStory): Html {
  const { code, message } = answers.accepted;
  const { outcome, reason, groupReason, keptByHand } = record;
  return facts([
    // Of the others the page begins with it.
    ['Outcome', outcome === 'applied' ? reason : undefined],
    ['User group', groupReason],
    ['Left as set by hand', keptByHand?.map((field) => fieldWords[field] ?? field).join(', ')],
    ['Contact', contactText(record)],
    ['Customer in Polar', copyable(record.customerId)],
    ['Happened', time(record.occurredAt, { form: 'seconds' })],
    ['Received', time(record.receivedAt, { form: 'seconds' })],
    isBackfilled(record.webhookId)
      ? ['Came from', isLostOrder(record.webhookId) ? recoveredFrom : importedFrom]
      : ['Answer to Polar', `${code}: ${message}`],
    ['Failed', failure && failureText(failure)],
    ['Webhook', copyable(record.webhookId)],
    ['Kept until', expiresAt && time(expiresAt.toISOString())],
  ]);
}

function contactText({ contactId, email, erased, customerId }: EventStory['record']) {
  if (erased)
    return html`Erased. <a href="${customerPath(customerId)}">When, and who asked for it</a>`;
  if (contactId === undefined) return undefined;
  return html`<a href="${contactPath(contactId)}">${email ? addressText(email) : 'its page'}</a>`;
}

const importedFrom = 'an import or a backfill: made from what Polar lists, without a webhook';
const recoveredFrom = 'npm run recover: made from a paid order that Polar sent no webhook for';

export function changesView(changes: readonly Change[], isErased = false): Html {
  if (isErased) return html`<p>What it changed was erased with the customer.</p>`;
  if (changes.length === 0) return html`<p>No field of the contact changed.</p>`;
  const rows = changes.map(changeRow);
  return table('Changes of the contact', ['Field', 'Before', 'After'], rows);
}

function payloadView({ payload, record }: EventStory): Html {
  switch (payload.kind) {
    case 'kept':
      return prettyBody(payload.text, link(eventPath(record.webhookId), { ask: 'payload' }));
    case 'omitted':
      return html`<p>It was too large to keep. Polar shows it with the delivery.</p>`;
    case 'erased':
      return html`<p>It was erased with the customer.</p>`;
    case 'none':
      return html`<p>It wasn’t kept.</p>`;
  }
}

function replaysView(story: EventStory, replays: readonly ReplayEntry[]): Html {
  const { replayCount = replays.length } = story.record;
  if (replays.length === 0) {
    return html`<h2>Replays</h2>
${empty('No replays yet. One that you just asked for shows up here in a moment.')}`;
  }
  return html`<h2>Replays</h2>
${replayCount > replays.length ? html`<p>The newest ${replays.length} of ${replayCount} are kept.</p>` : ''}
${replays.toReversed().map((one, place) => replayView(one, story, place === 0))}`;
}

function replayView(one: ReplayEntry, story: EventStory, isNewest: boolean): Html {
  const { at, by, outcome, reason, groupReason, changes, settingsVersion, workflows = [] } = one;
  return html`<details class="card"${isNewest && html` open`}>
<summary>${time(at)}: ${outcomeBadge(outcome, addsContact(one))} ${replayKind(one)}, requested by ${who(by)}</summary>
<p>${reason ?? outcomeText(one)}</p>
${groupReason ? html`<p>User group: ${groupReason}</p>` : ''}
${changes.length > 0 ? changesView(changes, story.record.erased) : ''}
${workflows.length > 0 ? workflowsView(one, story) : html`<p>${one.triggers ? 'No active workflow waited for it.' : 'No workflows were considered, as requested.'}</p>`}
${
  settingsVersion === story.record.settingsVersion
    ? html`<p class="soft">With the same version of the settings, ${settingsVersion}.</p>`
    : settingsView(settingsVersion, story.settings.get(settingsVersion), story.record.type)
}
</details>`;
}

export function replayKind({ triggers, again }: Pick<ReplayEntry, 'triggers' | 'again'>): string {
  if (!triggers) return 'contact only';
  return again ? 'with workflows, and emails sent before' : 'with workflows';
}

/** What can be said of an id that has no record. */
export function unrecordedView(id: string, { failure, email }: Unrecorded, days: number): Html {
  const letter = link(`${deadLettersPath}/letter`, { id });
  if (email) {
    return empty(
      'This is the ledger key of an email.',
      html`<p><a href="${emailPath(email)}">See the email</a></p>`,
    );
  }
  if (failure) {
    return html`<p class="note">${failureText(failure)}</p>
<p>So nothing is recorded yet. <a href="${letter}">Check the dead letters</a>: you can send it again from there.</p>`;
  }
  return empty(
    html`Nothing is recorded for <code>${id}</code>, not even a failure. Maybe it was never accepted (Polar’s list of deliveries shows the answer), is still in the queue, or its ${days} days are over.`,
    html`<p><a href="${letter}">Check the dead letters</a> or <a href="${eventsPath}">see the events</a>.</p>`,
  );
}
