import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { facts } from '../shown.ts';
import { editPage } from './edit-page.ts';
import { savedFlash } from './saved-flash.ts';
import { isWhole, readWorkflowPost, type TypedWorkflow, writtenOf } from './typed-workflow.ts';
import { workflowPath } from './workflow-list.ts';
import type { WorkflowParts } from './workflow-parts.ts';

/** Saves what was typed, or shows the form again: with a preview, with another row, or with what is in the way. */
export async function editPost(c: Context<ConsoleEnv>, workflowId: string, parts: WorkflowParts) {
  const { act, version, ...form } = readWorkflowPost(c.get('form'));
  const present = await parts.workflows.find(workflowId);
  if (!present) return removedMeanwhile(c, form.typed);
  if (act !== 'save') return editPage(c, { present, ...form, version }, parts);
  const conflict = (now: Workflow) =>
    editPage(c, { present: now, ...form, version: now.version, instead: 'conflict' }, parts);
  if (present.version !== version) return conflict(present);
  const refused = () => editPage(c, { present, ...form, version, instead: 'refused' }, parts);
  if (!form.typed.conditions.every(isWhole)) return refused();
  const saving = await parts.drafts.save(present, writtenOf(form.typed));
  switch (saving.kind) {
    case 'saved':
      return goOn(c, workflowPath(present), savedFlash(present, saving));
    case 'refused':
      return refused();
    case 'conflict': {
      const now = await parts.workflows.find(workflowId);
      return now ? conflict(now) : removedMeanwhile(c, form.typed);
    }
  }
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
