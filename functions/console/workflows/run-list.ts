import { html } from 'hono/html';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { runStates } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { RunCounts } from '#shared/store/runs/run-lists.ts';
import type { Html } from '../kit/page.ts';
import { contactPath, workflowPath } from '../kit/paths.ts';
import { runBadge, runPath, runTones, runWords, stepName, whereRunIs } from '../kit/run-view.ts';
import { addressText, badge, empty, table, time } from '../kit/shown.ts';

type Runs = Readonly<{
  workflow: Workflow;
  newest: readonly RunNow[];
  counts: RunCounts;
  /** By customer id; of those whose address is not to be seen, none. */
  addresses: ReadonlyMap<string, string>;
}>;

/** Who is on the way through the steps of a workflow: how many are where, and the newest ones. */
export function workflowRuns({ workflow, newest, counts, addresses }: Runs): Html {
  if (newest.length === 0) {
    return html`<h2 id="runs">Runs</h2>
${empty('No event has started a run of this workflow yet.')}`;
  }
  const more = counts.isComplete ? '' : '+';
  const waits = counts.byState.has('waiting') || counts.byState.has('parked');
  const states = runStates.flatMap((state) => {
    const count = counts.byState.get(state);
    return count === undefined
      ? []
      : [badge(`${count}${more} ${runWords[state]}`, runTones[state]), ' '];
  });
  const order = workflow.steps.map(({ id }) => id);
  const steps = [...counts.byStep].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return html`<h2 id="runs">Runs</h2>
<div class="row spread"><div><p>${states}${counts.isComplete ? '' : html`<span class="soft small">Only the newest thousands are counted.</span>`}</p>
${steps.length > 0 ? html`<p class="small soft">${steps.map(([id, count], at) => html`${at > 0 ? ', ' : ''}${stepName(id, workflow)}: ${count}${more}`)}</p>` : ''}
</div>
${waits ? html`<a class="button danger" href="${workflowPath(workflow)}/stop-runs">Stop all waiting runs…</a>` : ''}</div>
${table(
  'Runs of this workflow, newest first',
  ['Began', 'State', 'Where', 'Contact', 'Run'],
  newest.map((one) => {
    const { beganAt, contactId, customerId, runId } = one.run;
    const address = addresses.get(customerId);
    const name = address === undefined ? 'not shown' : addressText(address);
    return [
      time(beganAt),
      runBadge(one.run),
      whereRunIs(one, workflow),
      html`<span class="long"><a href="${contactPath(contactId)}">${name}</a></span>`,
      html`<a href="${runPath(runId)}">History</a>`,
    ];
  }),
  { of: 'runs' },
)}`;
}
