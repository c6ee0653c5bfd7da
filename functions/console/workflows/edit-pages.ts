import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import { checkWorkflow, plainDraft } from '#shared/mail/check-workflow.ts';
import { draftOf, type Saving } from '#shared/mail/workflow-drafts.ts';
import { emailSources } from '../kit/email-frame.ts';
import { policyWith } from '../kit/guard.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { goOn } from '../kit/remembered.ts';
import { facts, table, time } from '../kit/shown.ts';
import { workflowPath } from '../kit/words.ts';
import { editForm } from './edit-form.ts';
import { eventOf } from './preview.ts';
import {
  checkNotes,
  noProblems,
  overlapNote,
  problemSummary,
  problemsOf,
  triggerNote,
} from './problems.ts';
import {
  isWhole,
  readWorkflowPost,
  type TypedWorkflow,
  typedOf,
  writtenOf,
} from './typed-workflow.ts';
import type { WorkflowParts } from './workflow-parts.ts';

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

type Edited = Readonly<{
  present: Workflow;
  typed: TypedWorkflow;
  /** Of which a save would make the next one. */
  version: number;
  emptyRows?: number;
  example?: string | undefined;
  /** Why this is shown instead of being saved. */
  instead?: 'refused' | 'conflict';
}>;

/** The form of a workflow with what was typed into it, right or wrong, and a preview of it. */
export async function editPage(c: Context<ConsoleEnv>, edited: Edited, parts: WorkflowParts) {
  const { present, typed, version, emptyRows = 0, example, instead } = edited;
  if (!plainDraft(draftOf(present))) return severalSteps(c, present);
  const written = writtenOf(typed);
  const surroundings = await parts.surroundings();
  const check = checkWorkflow(written, surroundings);
  const { settings, brand, polar: portal } = surroundings;
  const isAccepted = check.kind === 'accepted';
  const preview = await parts.preview({ written, isAccepted, settings, brand, portal, example });
  const problems = problemsOf(check, typed);
  const path = workflowPath(present);
  const isConflict = instead === 'conflict';
  const isLive = present.status === 'active';
  if (preview.email.kind === 'rendered') {
    c.header('content-security-policy', policyWith(emailSources(preview.email.html)));
  }
  return page(c, {
    title: `Edit ${present.name}`,
    section: 'workflows',
    above: { href: path, title: present.name },
    status: isConflict ? 409 : instead === 'refused' ? 422 : 200,
    body: html`${isConflict ? conflictView(present, typed, `${path}/edit`) : ''}
${problemSummary(instead === 'refused' ? problems : noProblems)}
${isAccepted ? overlapNote(c, check.draft, surroundings.polar) : ''}
${checkNotes(check, surroundings)}
${isLive ? html`<p class="soft">It is active: what you save is live at once, as version ${present.version + 1}.</p>` : ''}
${editForm(c, {
  typed,
  emptyRows,
  problems,
  preview,
  version,
  saveLabel: isConflict ? 'Save mine over it' : 'Save',
  triggerNote: triggerNote(eventOf(typed), settings),
  mailFrom: parts.mailFrom,
  senders: parts.senders,
})}`,
  });
}

type Saved = Extract<Saving, { kind: 'saved' }>;

/** What became of a save, and which version is live now. */
export function savedFlash(before: Workflow, { workflow, warnings, obstacles }: Saved): Flash {
  const { version, status } = workflow;
  if (version === before.version) return { kind: 'done', text: 'Nothing was changed.' };
  const notes = warnings.map((warning) => `\nNote: ${warning}`).join('');
  if (before.status === 'active' && status === 'paused') {
    const why = obstacles.join(' ');
    return {
      kind: 'problem',
      text: `Saved as version ${version}, and paused, because it may not be active: ${why}${notes}`,
    };
  }
  const live =
    status === 'active'
      ? `It is live: events that come in from now on send it; it may take half a minute until the first one does.`
      : `It is ${status === 'draft' ? 'a draft' : 'paused'}: nothing is sent before it is activated.`;
  return { kind: 'done', text: `Saved as version ${version}. ${live}${notes}` };
}

/** Saves what was typed, or shows the form again: with a preview, with another row, or with what is in the way. */
export async function editPost(c: Context<ConsoleEnv>, workflowId: string, parts: WorkflowParts) {
  const { act, version, ...form } = readWorkflowPost(c.get('form'));
  const present = await parts.workflows.find(workflowId);
  if (!present) return removedMeanwhile(c, form.typed);
  if (!plainDraft(draftOf(present))) return severalSteps(c, present);
  if (act !== 'save') return editPage(c, { present, ...form, version }, parts);
  const conflict = (now: Workflow) =>
    editPage(c, { present: now, ...form, version: now.version, instead: 'conflict' }, parts);
  if (present.version !== version) return conflict(present);
  const refused = () => editPage(c, { present, ...form, version, instead: 'refused' }, parts);
  if (!form.typed.conditions.every(isWhole)) return refused();
  const saving = await parts.drafts.save(present, writtenOf(form.typed));
  switch (saving.kind) {
    case 'saved':
      c.set('acted', { version: saving.workflow.version });
      return goOn(c, workflowPath(present), savedFlash(present, saving));
    case 'refused':
      return refused();
    case 'conflict': {
      const now = await parts.workflows.find(workflowId);
      return now ? conflict(now) : removedMeanwhile(c, form.typed);
    }
  }
}

/** The form has fields for one email. */
function severalSteps(c: Context<ConsoleEnv>, present: Workflow) {
  const path = workflowPath(present);
  return page(c, {
    title: `Edit ${present.name}`,
    section: 'workflows',
    above: { href: path, title: present.name },
    body: html`<p>This workflow has several steps. Edit it in a terminal: <code>npm run workflows -- edit ${present.workflowId}</code></p>`,
  });
}

function removedMeanwhile(c: Context<ConsoleEnv>, { name, subject, body }: TypedWorkflow) {
  return page(c, {
    title: 'This workflow was removed',
    section: 'workflows',
    above: { href: '/console/workflows', title: 'Workflows' },
    status: 404,
    body: html`<p>Someone removed it while you were at it, so nothing was saved. This is what you typed, to copy it from:</p>
${facts([
  ['Name', name],
  ['Subject', subject],
])}
<pre tabindex="0">${body}</pre>`,
  });
}
