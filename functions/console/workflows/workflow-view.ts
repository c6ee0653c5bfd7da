import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { act, postForm, textField } from '../fields.ts';
import type { Html } from '../page.ts';
import { facts, time } from '../shown.ts';
import { workflowPath } from './workflow-list.ts';
import { conditionText, frequencyWords, kindWords, statusBadge } from './workflow-words.ts';

type Shown = Readonly<{
  workflow: Workflow;
  notes: Html;
  emails: Html;
  /** Where tests were sent to before. */
  testAddress: string;
  mailFrom: string | undefined;
}>;

/** A workflow as it is, what can be done with it, and its emails. */
export function workflowView(c: Context<ConsoleEnv>, shown: Shown): Html {
  const { workflow, notes, emails, testAddress } = shown;
  const path = workflowPath(workflow);
  return html`${notes}
<div class="row">
<a class="button" href="${path}/edit">Edit</a>
${activation(c, workflow, path)}
<a class="button danger" href="${path}/remove">Remove</a>
</div>
<div class="columns">
<div class="card">${factsOf(shown)}</div>
<section class="card" aria-labelledby="test">
<h2 id="test">Send a test to yourself</h2>
<p class="small soft">The email as it is saved, with made-up values. It is not counted below.</p>
${postForm(c, {
  action: `${path}/test`,
  body: html`${textField({ name: 'to', label: 'Your address', value: testAddress }, { type: 'email', required: true, autocomplete: 'email' })}
<p><button type="submit">Send a test</button></p>`,
})}
</section>
</div>
${emails}`;
}

function activation(c: Context<ConsoleEnv>, { status, version }: Workflow, path: string): Html {
  const fields = { version: String(version) };
  if (status === 'active') return act(c, 'Pause', `${path}/pause`, { fields });
  return act(c, 'Activate', `${path}/activate`, { tone: 'primary', fields });
}

function factsOf({ workflow, mailFrom }: Shown): Html {
  const { trigger, frequency, maxAgeHours, email, version, status, updatedAt } = workflow;
  const live = status === 'active' ? 'This version is live.' : 'Nothing is live.';
  const conditions = trigger.conditions.map((one) => html`${conditionText(one)}<br>`);
  return facts([
    ['Status', statusBadge(workflow)],
    ['When', html`Event received → Polar → <strong>${trigger.event}</strong>`],
    ['Only if', conditions.length > 0 ? html`${conditions}` : undefined],
    ['Sends', `${frequencyWords[frequency]}, for events up to ${maxAgeHours} hours old`],
    ['Kind', kindWords[email.kind]],
    ['From', email.from ?? mailFrom ?? 'No sender is set up'],
    ['Reply-to', email.replyTo],
    ['Subject', html`<code>${email.subject}</code>`],
    ['Version', html`${version}, saved ${time(updatedAt)}. ${live}`],
  ]);
}
