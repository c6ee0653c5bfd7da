import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { OpenCount, OpenRuns } from '#shared/store/runs/open-runs.ts';
import { runPositionSchema } from '#shared/store/runs/run-lists.ts';
import { act, textOf } from '../kit/fields.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { numberText } from '../kit/numbers.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { workflowPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { problemFlash } from '../kit/shown.ts';
import { noSuchWorkflow } from './reading-pages.ts';
import type { WorkflowParts } from './workflow-parts.ts';

type Asked = Readonly<{ workflow: Workflow; open: OpenRuns; count: OpenCount }>;

/** How many, as the person reads it and as the form sends it back. */
function countText({ count, isComplete }: OpenCount): string {
  return `${numberText(count)}${isComplete ? '' : '+'}`;
}

const runsText = (count: number) => `${numberText(count)} ${count === 1 ? 'run' : 'runs'}`;

/** Stops everybody who waits in a workflow, after saying how many that are; many of them in several goes. */
export function stopPages({ workflows, openRuns, stopOpenRuns, now }: WorkflowParts) {
  const app = new Hono<ConsoleEnv>();

  async function ask(c: Context<ConsoleEnv>, workflow: Workflow, shown?: string) {
    const open = { workflowId: workflow.workflowId, begunBy: now().toISOString() };
    const count = await openRuns.count(open);
    return askPage(c, { workflow, open, count }, shown);
  }

  app.get('/:workflowId/stop-runs', async (c) => {
    const workflow = await workflows.find(c.req.param('workflowId'));
    return workflow ? ask(c, workflow) : noSuchWorkflow(c, { workflows });
  });

  app.post('/:workflowId/stop-runs', async (c) => {
    const workflow = await workflows.find(c.req.param('workflowId'));
    if (!workflow) return noSuchWorkflow(c, { workflows });
    const form = c.get('form');
    const [shown, begunBy] = [textOf(form, 'count'), textOf(form, 'begunBy')];
    const after = cursorOf(runPositionSchema, textOf(form, 'after'));
    const before = Number(textOf(form, 'stopped')) || 0;
    const { workflowId } = workflow;
    if (Number.isNaN(Date.parse(begunBy))) return ask(c, workflow, shown);
    const open = { workflowId, begunBy };
    // What goes on was agreed to before, and ends only runs that had begun by then.
    if (!after && countText(await openRuns.count(open)) !== shown) return ask(c, workflow, shown);
    const { count, next } = await stopOpenRuns(open, c.get('by'), after);
    const stopped = before + count;
    c.set('acted', { workflowId, count });
    if (next) return restPage(c, { workflow, open, stopped, after: cursorText(next) });
    const text = `${runsText(stopped)} stopped. Emails that SES already has still go out.`;
    return goOn(c, `${workflowPath(workflow)}#runs`, { kind: 'done', text });
  });

  return app;
}

function askPage(c: Context<ConsoleEnv>, { workflow, open, count }: Asked, shown?: string) {
  const path = workflowPath(workflow);
  const total = countText(count);
  const above = { href: path, title: workflow.name };
  if (count.count === 0 && count.isComplete) {
    return page(c, {
      ...{ title: 'No runs are waiting', section: 'workflows', above },
      ...(shown !== undefined && { status: 409 }),
      body: html`<p>There’s nothing to stop in ${workflow.name}.</p>`,
    });
  }
  const runs = total === '1' ? '1 waiting run' : `${total} waiting runs`;
  return page(c, {
    ...{ title: `Stop ${runs}?`, section: 'workflows', above },
    ...(shown !== undefined && { status: 409 }),
    body: html`${shown === undefined ? '' : changedNote(shown, total)}
<p>No more of ${total === '1' ? 'its' : 'their'} emails go out. A stopped run can’t be resumed.</p>
${workflow.status === 'active' ? html`<p>The workflow is active, so new events still begin runs. <a href="${path}">Pause it first</a> to prevent that.</p>` : ''}
<div class="row">
${act(c, `Stop ${runs}`, `${path}/stop-runs`, { tone: 'danger', fields: { count: total, begunBy: open.begunBy } })}
<a class="button" href="${path}">Keep ${total === '1' ? 'it' : 'them'}</a>
</div>`,
  });
}

function changedNote(shown: string, total: string): Html {
  const before = shown === '' ? '' : ` It was ${shown}.`;
  return problemFlash(
    `Nothing was stopped: ${total === '1' ? '1 run is' : `${total} runs are`} waiting now.${before}`,
  );
}

type Rest = Pick<Asked, 'workflow' | 'open'> & Readonly<{ stopped: number; after: string }>;

function restPage(c: Context<ConsoleEnv>, { workflow, open, stopped, after }: Rest) {
  const path = workflowPath(workflow);
  const fields = { begunBy: open.begunBy, stopped: String(stopped), after };
  return page(c, {
    title: `${runsText(stopped)} stopped so far`,
    section: 'workflows',
    above: { href: path, title: workflow.name },
    body: html`<p>There are more. They stop a few hundred at a time.</p>
<div class="row">
${act(c, 'Stop the next ones', `${path}/stop-runs`, { tone: 'danger', fields })}
<a class="button" href="${path}">Keep the rest</a>
</div>`,
  });
}
