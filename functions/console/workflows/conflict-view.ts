import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import type { Html } from '../page.ts';
import { table, time } from '../shown.ts';
import { type TypedWorkflow, typedOf } from './typed-workflow.ts';

const labels = {
  name: 'Name',
  event: 'Event',
  conditions: 'Only if',
  frequency: 'How often',
  maxAgeHours: 'Hours',
  kind: 'Kind',
  from: 'From',
  replyTo: 'Reply-to',
  subject: 'Subject',
  preheader: 'Preheader',
  body: 'Body',
} as const satisfies Record<keyof TypedWorkflow, string>;

/** Someone else saved in between: what is there now beside what was typed, and what can be done. */
export function conflictView(present: Workflow, typed: TypedWorkflow, path: string): Html {
  const now = asTexts(typedOf(draftOf(present)));
  const yours = asTexts(typed);
  const rows = Object.entries(labels).flatMap(([field, label]) => {
    const [there, here] = [now.get(field) ?? '', yours.get(field) ?? ''];
    return there === here ? [] : [[label, multiline(there), multiline(here)]];
  });
  return html`<div class="flash problem problems" role="alert">
<p>Someone else changed this workflow while you were at it, so nothing of yours was saved yet. There is now version ${present.version} (${present.status}), saved ${time(present.updatedAt)}.</p>
<p>Below is what you typed. <strong>Save mine over it</strong> replaces what is there now; or <a href="${path}">leave mine and edit what is there now</a>.</p>
</div>
${
  rows.length > 0
    ? table('Where the two differ', ['What', 'There now', 'Yours'], rows)
    : html`<p>What you typed is the same as what is there now.</p>`
}`;
}

function asTexts({ conditions, ...texts }: TypedWorkflow): Map<string, string> {
  const lines = conditions.map(({ property, operator, value }) =>
    [property, operator.replaceAll('-', ' '), value].filter(Boolean).join(' '),
  );
  return new Map([...Object.entries(texts), ['conditions', lines.join('\n')]]);
}

function multiline(text: string): Html {
  return text === ''
    ? html`<span class="soft">nothing</span>`
    : html`<span class="lines">${text}</span>`;
}
