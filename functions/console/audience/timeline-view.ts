import { html } from 'hono/html';
import type { Happening } from '#shared/aws/dynamo-contact-history.ts';
import { eventPath } from '../events/event-words.ts';
import type { Html } from '../page.ts';
import { badge, empty, time } from '../shown.ts';
import { workflowPath } from '../workflows/workflow-list.ts';
import { shortened } from './contact-words.ts';

type EventHappening = Extract<Happening, { kind: 'event' }>;
type EmailHappening = Extract<Happening, { kind: 'email' }>;

const longestReason = 400;

const outcomeTones = { applied: 'good', unchanged: 'calm', skipped: 'warn' } as const;
const stateTones = {
  reserved: 'calm',
  waiting: 'calm',
  sent: 'good',
  blocked: 'warn',
  failed: 'bad',
  unknown: 'bad',
} as const;

/** Events and emails as they happened, newest first. `names` are those of the workflows that there still are. */
export function timelineView(
  happenings: readonly Happening[],
  names: ReadonlyMap<string, string>,
): Html {
  if (happenings.length === 0) {
    return empty(
      'No event or email of this contact is known: they are forgotten after a while, or there were none.',
    );
  }
  return html`<ol class="timeline">${happenings.map(
    (one) => html`<li>${one.kind === 'event' ? eventEntry(one) : emailEntry(one, names)}</li>`,
  )}</ol>`;
}

function eventEntry({ webhookId, type, occurredAt, outcome, reason }: EventHappening): Html {
  return html`<p><a href="${eventPath(webhookId)}">${type}</a> ${badge(outcome, outcomeTones[outcome])}</p>
<p class="soft small">${time(occurredAt)}${reason && html` · ${shortened(reason, longestReason)}`}</p>`;
}

function emailEntry(email: EmailHappening, names: ReadonlyMap<string, string>): Html {
  const { workflowId, webhookId, state, reason, createdAt, feedback } = email;
  const name = names.get(workflowId);
  const workflow = name
    ? html`<a href="${workflowPath({ workflowId })}">${shortened(name)}</a>`
    : html`a workflow that was removed`;
  return html`<p>Email of ${workflow} ${badge(state, stateTones[state])}</p>
<p class="soft small">${time(createdAt)}${reason && html` · ${shortened(reason, longestReason)}`}${fate(feedback)} · <a href="${eventPath(webhookId)}">why</a></p>`;
}

function fate(feedback: EmailHappening['feedback']): Html[] {
  const known = [
    ['delivered', feedback?.deliveredAt],
    ['bounced', feedback?.bouncedAt],
    ['complained about', feedback?.complainedAt],
    ['rejected', feedback?.rejectedAt],
  ] as const;
  return known.flatMap(([word, at]) => (at ? [html` · ${word} ${time(at)}`] : []));
}
