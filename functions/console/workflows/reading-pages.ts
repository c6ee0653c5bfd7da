import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import { workflowEmailsPositionSchema } from '#shared/aws/dynamo-workflow-emails.ts';
import { checkWorkflow } from '#shared/mail/check-workflow.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import type { ConsoleEnv } from '../console-env.ts';
import { cursorOf, cursorText } from '../cursor.ts';
import { page } from '../page.ts';
import { testAddress } from '../test-event/test-address.ts';
import { workflowEmails } from './workflow-emails.ts';
import { workflowList, workflowPath } from './workflow-list.ts';
import { checkNotes, outdatedNote, triggerNote } from './workflow-notes.ts';
import type { WorkflowParts } from './workflow-parts.ts';
import { workflowView } from './workflow-view.ts';

const above = { href: '/console/workflows', title: 'Workflows' };
const section = 'workflows';
const workflowsAPage = 25;
const emailsAPage = 25;

/** The workflows, the newest last. */
export async function listPage(c: Context<ConsoleEnv>, { workflows }: WorkflowParts) {
  const all = (await workflows.all()).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const given = c.req.query('page') ?? '';
  const number = /^[1-9]\d{0,3}$/.test(given) ? Number(given) : 1;
  const listed = all.slice((number - 1) * workflowsAPage, number * workflowsAPage);
  const next = all.length > number * workflowsAPage ? number + 1 : undefined;
  const body = workflowList({ listed, total: all.length, next });
  return page(c, { title: 'Workflows', section, body });
}

/** One workflow, with its emails page by page. */
export async function workflowPage(
  c: Context<ConsoleEnv>,
  workflow: Workflow,
  parts: WorkflowParts,
) {
  const after = cursorOf(workflowEmailsPositionSchema, c.req.query('after'));
  const { workflowId } = workflow;
  const path = workflowPath(workflow);
  const [surroundings, counts, list] = await Promise.all([
    parts.surroundings(),
    parts.emails.counts(workflowId),
    parts.emails.page(workflowId, emailsAPage, after),
  ]);
  const { settings } = surroundings;
  const check = checkWorkflow(draftOf(workflow), surroundings);
  const customerIds = list.items.map(({ customerId }) => customerId);
  return page(c, {
    title: workflow.name,
    section,
    above,
    body: workflowView(c, {
      workflow,
      notes: html`${triggerNote(workflow.trigger.event, settings)}${checkNotes(check, settings)}${outdatedNote(check, path)}`,
      emails: workflowEmails({
        path,
        counts,
        emails: list.items,
        addresses: await parts.addressesOf(customerIds),
        next: list.next && cursorText(list.next),
        isFirst: after === undefined,
      }),
      testAddress: testAddress(c),
      mailFrom: parts.mailFrom,
    }),
  });
}

export function noSuchWorkflow(c: Context<ConsoleEnv>) {
  return page(c, {
    title: 'There is no such workflow',
    section,
    above,
    status: 404,
    body: html`<p>Perhaps it was removed. What it sent is still in the ledger, and on the pages of contacts and events.</p>`,
  });
}
