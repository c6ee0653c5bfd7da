import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import { checkWorkflow } from '#shared/mail/check-workflow.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { policyWith } from '../content-security-policy.ts';
import { page } from '../page.ts';
import { conflictView } from './conflict-view.ts';
import { editForm } from './edit-form.ts';
import { emailSources } from './email-frame.ts';
import { eventOf } from './preview.ts';
import { noProblems, problemsOf } from './problems.ts';
import { type TypedWorkflow, writtenOf } from './typed-workflow.ts';
import { workflowPath } from './workflow-list.ts';
import { checkNotes, problemSummary, triggerNote } from './workflow-notes.ts';
import type { WorkflowParts } from './workflow-parts.ts';

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
  const written = writtenOf(typed);
  const surroundings = await parts.surroundings();
  const check = checkWorkflow(written, surroundings);
  const { settings } = surroundings;
  const isAccepted = check.kind === 'accepted';
  const preview = await parts.preview({ written, isAccepted, settings, example });
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
${checkNotes(check, settings)}
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
