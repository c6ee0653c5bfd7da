import { type Context, Hono } from 'hono';
import type { Workflow } from '#shared/audience/workflow.ts';
import { readyMade } from '#shared/mail/ready-made.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import type { ConsoleEnv } from '../console-env.ts';
import type { ConsoleParts } from '../console-parts.ts';
import { textOf } from '../fields.ts';
import { goOn } from '../flash.ts';
import { page } from '../page.ts';
import { keepTestAddress } from '../test-event/test-address.ts';
import { editPage } from './edit-page.ts';
import { editPost } from './edit-post.ts';
import { newWorkflow } from './new-workflow.ts';
import { listPage, noSuchWorkflow, workflowPage } from './reading-pages.ts';
import { removeView } from './remove-view.ts';
import { typedOf } from './typed-workflow.ts';
import { activate, pause, remove, sendTest } from './workflow-acts.ts';
import { workflowPath } from './workflow-list.ts';
import { workflowParts } from './workflow-parts.ts';

const path = '/console/workflows';
const above = { href: path, title: 'Workflows' };
const section = 'workflows';

type RequestContext = Context<ConsoleEnv>;

function versionIn(c: RequestContext): number {
  return Number(textOf(c.get('form'), 'version'));
}

export function workflowPages(consoleParts: ConsoleParts) {
  const parts = workflowParts(consoleParts);
  const { workflows, drafts } = parts;
  const app = new Hono<ConsoleEnv>();

  /** Does something with the workflow of the path, or says that there is none. */
  const withWorkflow =
    (handle: (c: RequestContext, workflow: Workflow) => Promise<Response> | Response) =>
    async (c: RequestContext) => {
      const workflow = await workflows.find(c.req.param('workflowId') ?? '');
      return workflow ? handle(c, workflow) : noSuchWorkflow(c);
    };

  app.get('/', async (c) => listPage(c, parts));

  app.get('/new', (c) => page(c, { title: 'New workflow', section, above, body: newWorkflow(c) }));

  app.post('/', async (c) => {
    const name = textOf(c.get('form'), 'template');
    const template = readyMade.find((one) => one.name === name);
    const saving = await drafts.add(template);
    if (saving.kind === 'saved') return goOn(c, `${workflowPath(saving.workflow)}/edit`);
    const text = saving.kind === 'refused' ? saving.problems.join(' ') : 'Try it again.';
    return goOn(c, `${path}/new`, { kind: 'problem', text: `It could not be added. ${text}` });
  });

  app.get(
    '/:workflowId',
    withWorkflow((c, workflow) => workflowPage(c, workflow, parts)),
  );

  app.get(
    '/:workflowId/edit',
    withWorkflow((c, present) =>
      editPage(c, { present, typed: typedOf(draftOf(present)), version: present.version }, parts),
    ),
  );

  app.post('/:workflowId/edit', (c) => editPost(c, c.req.param('workflowId'), parts));

  app.post(
    '/:workflowId/activate',
    withWorkflow(async (c, workflow) =>
      goOn(c, workflowPath(workflow), await activate(workflow, versionIn(c), parts)),
    ),
  );

  app.post(
    '/:workflowId/pause',
    withWorkflow(async (c, workflow) =>
      goOn(c, workflowPath(workflow), await pause(workflow, versionIn(c), parts)),
    ),
  );

  app.post(
    '/:workflowId/test',
    withWorkflow(async (c, workflow) => {
      const to = textOf(c.get('form'), 'to').trim();
      const flash = await sendTest(workflow, to, parts);
      if (flash.kind === 'done') keepTestAddress(c, to);
      return goOn(c, workflowPath(workflow), flash);
    }),
  );

  app.get(
    '/:workflowId/remove',
    withWorkflow((c, workflow) =>
      page(c, {
        title: `Remove ${workflow.name}?`,
        section,
        above: { href: workflowPath(workflow), title: workflow.name },
        body: removeView(c, workflow),
      }),
    ),
  );

  app.post(
    '/:workflowId/remove',
    withWorkflow(async (c, workflow) => {
      const { isRemoved, flash } = await remove(workflow, versionIn(c), parts);
      return goOn(c, isRemoved ? path : workflowPath(workflow), flash);
    }),
  );

  return app;
}
