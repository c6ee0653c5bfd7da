import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { EmailCounts } from '#shared/aws/dynamo-workflow-emails.ts';
import type { Html } from '../page.ts';
import { empty, link, table } from '../shown.ts';
import { countBadges, frequencyWords, kindWords, statusBadge } from './workflow-words.ts';

export type ListedWorkflow = Readonly<{ workflow: Workflow; counts: EmailCounts }>;

type List = Readonly<{
  listed: readonly ListedWorkflow[];
  total: number;
  next?: number | undefined;
}>;

/** The workflows with what became of their emails. */
export function workflowList({ listed, total, next }: List): Html {
  if (total === 0) {
    return empty(
      'A workflow sends an email when something happens to a customer in Polar. There is none yet.',
      html`<p><a class="button primary" href="/console/workflows/new">Begin with a ready-made one</a></p>`,
    );
  }
  const more = next === undefined ? '' : link('/console/workflows', { page: String(next) });
  return html`<p class="row"><a class="button primary" href="/console/workflows/new">New workflow</a></p>
${table(
  'Workflows',
  ['Name', 'Status', 'Event', 'Sends', 'Kind', 'Emails'],
  listed.map(({ workflow, counts }) => [
    html`<a href="${workflowPath(workflow)}">${workflow.name}</a>`,
    statusBadge(workflow),
    workflow.trigger.event,
    frequencyWords[workflow.frequency],
    kindWords[workflow.email.kind],
    countBadges(counts),
  ]),
)}
${more && html`<p class="pages"><a class="button" href="${more}">Next</a></p>`}`;
}

export function workflowPath({ workflowId }: Pick<Workflow, 'workflowId'>): string {
  return `/console/workflows/${encodeURIComponent(workflowId)}`;
}
