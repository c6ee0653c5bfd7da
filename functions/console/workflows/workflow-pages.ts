import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { typedAddressProblem } from '#shared/audience/person/address.ts';
import { type StoppedAt, stoppedBy } from '#shared/audience/runs/steps-gone.ts';
import { type EmailNode, firstSend, sendsOf, type Workflow } from '#shared/audience/workflow.ts';
import type { PolarMails } from '#shared/mail/check/check-workflow.ts';
import { type ReadyMade, readyMade } from '#shared/mail/ready-made/ready-made.ts';
import { type ReadySequence, readySequences } from '#shared/mail/ready-made/sequences.ts';
import { sendTestEmail, testEmail } from '#shared/mail/test-email.ts';
import { draftOf, type Saving } from '#shared/mail/workflow-drafts.ts';
import { act, textOf } from '../kit/fields.ts';
import { type ConsoleEnv, type Flash, type Html, page } from '../kit/page.ts';
import { polarPath, workflowPath, workflowsPath } from '../kit/paths.ts';
import { goOn, keepTestAddress } from '../kit/remembered.ts';
import { badge } from '../kit/shown.ts';
import { frequencyWords, kindWords } from '../kit/words.ts';
import type { ConsoleParts } from '../parts.ts';
import { editPage, editPost } from './edit-pages.ts';
import { listPage } from './list-page.ts';
import { overlapBadge, waitingNote } from './problems.ts';
import { noSuchWorkflow, unknownWorkflow, workflowPage } from './reading-pages.ts';
import { stopPages } from './stop-pages.ts';
import { typedOf } from './typed-workflow.ts';
import { versionPages } from './version-pages.ts';
import { type WorkflowParts, workflowParts } from './workflow-parts.ts';

/** What a new workflow can begin as. */
export function newWorkflow(c: Context<ConsoleEnv>, polar: PolarMails | undefined): Html {
  return html`<p>Choose one to start a draft. Nothing is sent until you activate it. Each card shows whether Polar already sends that email. See <a href="${polarPath}#emails">who mails at each moment</a>.</p>
<div class="columns choices">
${readyMade.map((one) => choiceOf(c, one, [one.email.kind], polar))}
<section class="card" aria-labelledby="template-empty">
<h2 id="template-empty">Empty</h2>
<p>Your own email, for any event.</p>
${act(c, 'Start with an empty one', workflowsPath, { fields: { template: '' } })}
</section>
</div>
<h2 id="sequences">Sequences</h2>
<p>Several emails, or one that waits. They stop once the reason for them is gone.</p>
<div class="columns choices">
${readySequences.map((one) => {
  const kinds = one.steps.flatMap((step) => (step.kind === 'send' ? [step.email.kind] : []));
  return choiceOf(c, one, kinds, polar);
})}
</div>`;
}

/** `kinds`: of each of its emails. */
function choiceOf(
  c: Context<ConsoleEnv>,
  template: ReadyMade | ReadySequence,
  kinds: readonly EmailNode['kind'][],
  polar: PolarMails | undefined,
): Html {
  const { name, title, description, event, conditions, frequency } = template;
  const trigger = { event, conditions: [...conditions] };
  const steps = 'steps' in template ? template.steps : [];
  const count = kinds.length > 1 ? `${kinds.length} emails · ` : '';
  return html`<section class="card" aria-labelledby="template-${name}">
<h2 id="template-${name}">${title}</h2>
<p>${description}</p>
<p class="small soft">${count}${event} · ${frequencyWords[frequency]} ${[...new Set(kinds)].map((kind) => badge(kindWords[kind]))}${overlapBadge({ trigger, frequency, steps }, polar)}</p>
${act(c, `Start with ${title}`, workflowsPath, { fields: { template: name } })}
</section>`;
}

/** Asks before a workflow goes. */
export function removeView(
  c: Context<ConsoleEnv>,
  workflow: Workflow,
  waiting: readonly StoppedAt[],
): Html {
  const path = workflowPath(workflow);
  const fields = { version: String(workflow.version) };
  return html`<p>${workflow.status === 'active' ? html`It’s <strong>active</strong>. ` : ''}It leaves the list of workflows, and its queued emails will be blocked.</p>
${waitingNote(waiting, workflow)}
<p>Its versions are kept, so you can bring it back. What it sent stays on the pages of contacts, events and emails. To stop it for a while, pause it instead.</p>
<div class="row">
${act(c, `Remove ${workflow.name}`, `${path}/remove`, { tone: 'danger', fields })}
<a class="button" href="${path}">Keep it</a>
</div>`;
}

const overtaken = problem(
  'Someone else changed the workflow in the meantime, so nothing was done. Check it, and try again.',
);

/** Lets a workflow send, as the person saw it: in this version. */
export async function activate(
  workflow: Workflow,
  version: number,
  { drafts }: WorkflowParts,
): Promise<Flash> {
  if (workflow.status === 'active') return done('It’s already active.');
  if (workflow.version !== version) return overtaken;
  return flashOf(
    await drafts.activate(workflow),
    'It’s active: events received 30 seconds from now or later send it.',
    'It can’t be activated.',
  );
}

export async function pause(
  workflow: Workflow,
  version: number,
  { drafts }: WorkflowParts,
): Promise<Flash> {
  if (workflow.status !== 'active') return done('It isn’t active, so it already sends nothing.');
  if (workflow.version !== version) return overtaken;
  return flashOf(
    await drafts.pause(workflow),
    'It’s paused. Its queued emails will be blocked.',
    'It can’t be paused.',
  );
}

/** Removes it as the person saw it: in this version. Where it is not, `flash` is to be shown on its page. */
export async function remove(
  { workflowId, name }: Workflow,
  version: number,
  { workflows }: WorkflowParts,
): Promise<{ isRemoved: boolean; flash: Flash }> {
  const isRemoved = Number.isInteger(version) && (await workflows.remove({ workflowId, version }));
  const flash = isRemoved
    ? done(`${name} was removed. To bring it back, see “Removed workflows” below.`)
    : problem(
        'Someone else changed the workflow in the meantime, so it wasn’t removed. This is how it is now: remove it here if you still want to.',
      );
  return { isRemoved, flash };
}

/** Sends one email as it is saved, with made-up values; the first where none is named. */
export async function sendTest(
  workflow: Workflow,
  to: string,
  stepId: string,
  parts: WorkflowParts,
) {
  const wrong = typedAddressProblem(to);
  if (wrong !== undefined) return problem(wrong);
  const { mailFrom, unsubscribeUrl, now, send } = parts;
  const { settings, brand, polar: portal } = await parts.surroundings();
  const step = sendsOf(workflow).find(({ id }) => id === stepId) ?? firstSend(workflow);
  const wish = { workflow, step, to, settings, brand, portal, mailFrom, unsubscribeUrl };
  const made = testEmail({ ...wish, now: now() });
  switch (made.kind) {
    case 'no-sender':
      return problem('No sender is set up. Deploy with -c mailFrom=example.com (see the README).');
    case 'blocked':
      return problem(`It can’t be rendered with made-up values: ${made.reason}`);
    case 'made': {
      const sending = await sendTestEmail(made.mail, send);
      if (sending.kind === 'not-sent') return problem(sending.sentence);
      return done(`Sent to ${to}: ${made.mail.subject}`);
    }
  }
}

/** What became of it. Warnings are not told here: the page that comes next shows them, with what to do about each. */
function flashOf(saving: Saving, success: string, failure: string): Flash {
  switch (saving.kind) {
    case 'conflict':
      return overtaken;
    case 'refused':
      return problem([failure, ...saving.problems].join(' '));
    case 'saved':
      return done(success);
  }
}

function done(text: string): Flash {
  return { kind: 'done', text };
}

function problem(text: string): Flash {
  return { kind: 'problem', text };
}

const above = { href: workflowsPath, title: 'Workflows' };
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
      return workflow ? handle(c, workflow) : noSuchWorkflow(c, parts);
    };

  app.get('/', async (c) => listPage(c, parts));

  app.get('/new', async (c) => {
    const { polar } = await parts.surroundings();
    return page(c, { title: 'New workflow', section, above, body: newWorkflow(c, polar) });
  });

  app.post('/', async (c) => {
    const name = textOf(c.get('form'), 'template');
    const template = [...readyMade, ...readySequences].find((one) => one.name === name);
    const saving = await drafts.add(template);
    if (saving.kind === 'saved') {
      c.set('acted', { workflowId: saving.workflow.workflowId });
      return goOn(c, `${workflowPath(saving.workflow)}/edit`);
    }
    const text = saving.kind === 'refused' ? saving.problems.join(' ') : 'Try again.';
    return goOn(c, `${workflowsPath}/new`, {
      kind: 'problem',
      text: `It couldn’t be added. ${text}`,
    });
  });

  app.route('/', versionPages(parts));
  app.route('/', stopPages(parts));

  app.get('/:workflowId', async (c) => {
    const workflowId = c.req.param('workflowId');
    const workflow = await workflows.find(workflowId);
    if (workflow) return workflowPage(c, workflow, parts);
    // Its emails and events still lead here, and its versions lead on, with what was just said.
    const [newest] = await workflows.versions(workflowId);
    if (!newest) return unknownWorkflow(c);
    return goOn(c, `${workflowPath(newest)}/versions`, c.get('flash'));
  });

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
      const flash = await sendTest(workflow, to, textOf(c.get('form'), 'step'), parts);
      if (flash.kind === 'done') keepTestAddress(c, to);
      return goOn(c, workflowPath(workflow), flash);
    }),
  );

  app.get(
    '/:workflowId/remove',
    withWorkflow(async (c, workflow) =>
      page(c, {
        title: `Remove ${workflow.name}?`,
        section,
        above: { href: workflowPath(workflow), title: workflow.name },
        body: removeView(c, workflow, await stoppedBy(workflow, [], parts.waitingAt)),
      }),
    ),
  );

  app.post(
    '/:workflowId/remove',
    withWorkflow(async (c, workflow) => {
      const { isRemoved, flash } = await remove(workflow, versionIn(c), parts);
      return goOn(c, isRemoved ? workflowsPath : workflowPath(workflow), flash);
    }),
  );

  return app;
}
