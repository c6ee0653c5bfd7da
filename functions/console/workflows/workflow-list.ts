import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { Html } from '../page.ts';
import { empty, link, table, time } from '../shown.ts';
import { frequencyWords, kindWords, statusBadge } from './workflow-words.ts';

type List = Readonly<{
  listed: readonly Workflow[];
  total: number;
  next?: number | undefined;
}>;

/** The workflows. What became of their emails is on the page of each: to count them takes several queries. */
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
  ['Name', 'Status', 'Event', 'Sends', 'Kind', 'Changed'],
  listed.map((workflow) => [
    html`<a href="${workflowPath(workflow)}">${workflow.name}</a>`,
    statusBadge(workflow),
    workflow.trigger.event,
    frequencyWords[workflow.frequency],
    kindWords[workflow.email.kind],
    time(workflow.updatedAt),
  ]),
)}
${more && html`<p class="pages"><a class="button" href="${more}">Next</a></p>`}`;
}

export function workflowPath({ workflowId }: Pick<Workflow, 'workflowId'>): string {
  return `/console/workflows/${encodeURIComponent(workflowId)}`;
}
