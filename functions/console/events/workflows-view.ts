import { html } from 'hono/html';
import type { ConsideredWorkflow, EventRecord } from '#shared/audience/event-record.ts';
import type { Html } from '../page.ts';
import { badge, link } from '../shown.ts';
import { statusBadge } from '../workflows/workflow-words.ts';
import { emailView, failureText } from './email-view.ts';
import type { EventStory } from './event-story.ts';

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
  return html`<p>${
    outcome === 'skipped'
      ? 'No email: no workflow was considered for this event, which changed no contact.'
      : `No email: no active workflow waited for ${record.type} when this was decided.`
  }</p>
${
  waiting.length > 0
    ? html`<p>At present these wait for it:</p>
<ul>${waiting.map((one) => html`<li><a href="${workflowPath(one.workflowId)}">${one.name}</a> ${statusBadge(one)}</li>`)}</ul>`
    : html`<p><a href="/console/workflows">Make a workflow</a> that sends an email for it.</p>`
}`;
}

function workflowPath(workflowId: string): string {
  return `/console/workflows/${encodeURIComponent(workflowId)}`;
}

function workflowView(one: ConsideredWorkflow, story: EventStory): Html {
  const { workflowId, name, version, verdict, reason, ledgerKey } = one;
  const isSending = verdict === 'send' && ledgerKey !== undefined;
  return html`<div class="card">
<h3><a href="${workflowPath(workflowId)}">${name}</a> <span class="soft">version ${version}</span> ${isSending ? badge('asks for an email', 'good') : badge('sends nothing')}</h3>
${isSending ? mailed(ledgerKey, story) : html`<p>${reason ?? 'No reason was kept.'}</p>`}
</div>`;
}

function mailed(ledgerKey: string, { emails, mailFailures, record }: EventStory): Html {
  const email = emails.get(ledgerKey);
  const failures = [ledgerKey, `feedback ${ledgerKey}`].flatMap((id) => mailFailures.get(id) ?? []);
  const letter = link('/console/dead-letters/letter', { id: ledgerKey });
  return html`${
    email
      ? emailView({ email, webhookId: record.webhookId })
      : html`<p>It is not in the ledger yet: it is on its way to the mailer, or <a href="${letter}">among the dead letters</a>.</p>`
  }
${failures.map((failure) => html`<p class="note">${failureText(failure)} <a href="${letter}">Look among the dead letters</a>.</p>`)}`;
}
