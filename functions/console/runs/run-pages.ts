import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { stopRun } from '#shared/audience/runs/go-on.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { isOpen, type TakenStep } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { keptCustomers } from '#shared/store/audience/contact-lookup.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import { isMailReleased, reasonText } from '../kit/email-view.ts';
import { copyable } from '../kit/enhanced.ts';
import { exampleSubjects } from '../kit/example-subjects.ts';
import { fateBadge } from '../kit/fates.ts';
import { act } from '../kit/fields.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { contactPath, emailPath, eventPath, workflowPath, workflowsPath } from '../kit/paths.ts';
import { goOn } from '../kit/remembered.ts';
import { outlookView, runBadge, runPath, stepName, whereRunIs } from '../kit/run-view.ts';
import { empty, facts, table, time } from '../kit/shown.ts';
import type { ConsoleParts } from '../parts.ts';

type Story = RunNow &
  Readonly<{
    /** As it is now, or as it was last saved before it was removed; undefined: nothing of it was kept. */
    workflow: Workflow | undefined;
    isRemoved: boolean;
    /** Of its emails, by ledger key. */
    emails: ReadonlyMap<string, ReportedEmail>;
    /** Whether mail is not held now: what was held of the emails goes out. */
    isReleased: boolean;
    /** Of its emails, with example values, by step. */
    subjects: ReadonlyMap<string, string>;
    /** Whom it mails; absent: no contact shows its customer. */
    address: string | undefined;
  }>;

const section = 'workflows';

/** DynamoDB refuses keys that are much longer than any id of a run. */
const isRunId = (text: string) => /^[\w-]{1,256}$/.test(text);

/** One run: where it is, what it did and why, and a way to stop it. */
export function runPages(parts: ConsoleParts) {
  const { store, workflows, settings, hold, now, newId, pause } = parts;
  const app = new Hono<ConsoleEnv>();

  async function storyOf(runId: string): Promise<Story | undefined> {
    if (!isRunId(runId)) return undefined;
    const known = await store.load([{ kind: 'runs', key: runId }]);
    const run = known.runs.get(runId)?.row;
    if (!run) return undefined;
    const keys = run.history.flatMap(({ ledgerKey }) => ledgerKey ?? []);
    const [present, found, [kept]] = await Promise.all([
      workflows.find(run.workflowId),
      Promise.all(keys.map(parts.emails.find)),
      keptCustomers(store, [run.customerId]),
    ]);
    const [now = { run, endsNext: undefined }] = await parts.outlook(
      [run],
      present ? [present] : [],
    );
    const workflow = present ?? (await workflows.versions(run.workflowId))[0];
    const isRemoved = present === undefined;
    const emails = new Map(found.flatMap((one) => (one ? [[one.ledgerKey, one] as const] : [])));
    const subjects = workflow ? await subjectsOf(workflow) : new Map<string, string>();
    const isReleased = await isMailReleased(emails.values(), hold);
    const address = kept?.contact?.address;
    return { ...now, workflow, isRemoved, emails, isReleased, subjects, address };
  }

  async function subjectsOf(workflow: Workflow) {
    const [known, brand, portal] = await Promise.all([
      settings(),
      parts.brand(),
      parts.connections.read(),
    ]);
    return exampleSubjects(workflow, { settings: known, brand, portal, now: now() });
  }

  const withRun =
    (handle: (c: Context<ConsoleEnv>, story: Story) => Promise<Response> | Response) =>
    async (c: Context<ConsoleEnv>) => {
      const story = await storyOf(c.req.param('runId') ?? '');
      return story ? handle(c, story) : noSuchRun(c);
    };

  app.get(
    '/:runId',
    withRun((c, story) => page(c, { ...headOf(story), body: runView(story) })),
  );

  app.get(
    '/:runId/stop',
    withRun((c, story) => {
      const path = runPath(story.run.runId);
      if (!isOpen(story.run)) return c.redirect(path);
      return page(c, {
        title: 'Stop this run?',
        section,
        above: { href: path, title: 'The run' },
        body: html`<p>No more of its emails go out, and it can’t be resumed. Another event may begin a new run for this customer.</p>
<div class="row">${act(c, 'Stop the run', `${path}/stop`, { tone: 'danger' })}<a class="button" href="${path}">Keep it</a></div>`,
      });
    }),
  );

  app.post('/:runId/stop', async (c) => {
    const runId = c.req.param('runId');
    if (!isRunId(runId)) return noSuchRun(c);
    const surroundings = { settings: await settings(), now: now(), newId };
    const isStopped = await stopRun(runId, c.get('by'), { store, surroundings, pause });
    return goOn(
      c,
      runPath(runId),
      isStopped
        ? {
            kind: 'done',
            text: 'Stopped. An email that SES already has still goes out.',
          }
        : { kind: 'problem', text: 'Nothing to stop: the run has already ended.' },
    );
  });

  return app;
}

function headOf({ run, workflow }: Story) {
  const name = workflow?.name ?? run.workflowId;
  const above = workflow
    ? { href: workflowPath(workflow), title: workflow.name }
    : { href: workflowsPath, title: 'Workflows' };
  return { title: `A run of ${name}`, section, above } as const;
}

function runView(story: Story): Html {
  const { run, workflow, isRemoved, address } = story;
  return html`<div class="card">${facts([
    ['State', html`${runBadge(run)} ${whereRunIs(story, workflow)}`],
    [
      'Workflow',
      workflow
        ? html`<a href="${workflowPath(workflow)}">${workflow.name}${isRemoved && ' (removed)'}</a>, version ${run.workflowVersion}`
        : `${run.workflowId}, which was removed`,
    ],
    [
      'Contact',
      html`<a href="${contactPath(run.contactId)}">${address ?? html`<code>${run.contactId}</code>`}</a>`,
    ],
    ['Subscription', run.subscriptionId && copyable(run.subscriptionId)],
    ['Began', html`${time(run.beganAt)}, by <a href="${eventPath(run.webhookId)}">${run.type}</a>`],
    ['Run', copyable(run.runId)],
    ['Erased', run.erased ? 'Its history was erased with its customer.' : undefined],
  ])}
${isOpen(run) ? html`<div class="row"><a class="button danger" href="${runPath(run.runId)}/stop">Stop…</a></div>` : ''}
</div>
${aheadView(story)}
<h2 id="steps">Steps taken</h2>
${run.history.length === 0 ? empty('No steps taken.') : stepsTable(story)}`;
}

/** A column of reasons where any step has one. */
function stepsTable(story: Story): Html {
  const rows = story.run.history.map((step) => stepRow(step, story));
  const shown = rows.some(([, , , why]) => why !== undefined) ? 4 : 3;
  return table(
    'Steps the run has taken, oldest first',
    ['When', 'Step', 'What', 'Why'].slice(0, shown),
    rows.map((row) => row.slice(0, shown)),
  );
}

function aheadView({ ahead, workflow, isRemoved, subjects }: Story): Html {
  if (!ahead || !workflow || isRemoved) return html``;
  const isActive = workflow.status === 'active';
  return html`<h2 id="ahead">What’s next</h2>
<p class="soft small">As things are now. Each email is checked again before it goes out.${isActive ? '' : ` The workflow is ${workflow.status}: nothing goes out until it’s active.`}</p>
${outlookView(ahead, subjects)}`;
}

const didWords = { sent: 'asked for an email', skipped: 'skipped', waited: 'waited' } as const;

function stepRow(
  { at, stepId, did, reason, ledgerKey }: TakenStep,
  { emails, isReleased, workflow, subjects }: Story,
) {
  const email = ledgerKey === undefined ? undefined : emails.get(ledgerKey);
  const onItsWay =
    did === 'sent' && !email ? 'The email is on its way, or a dead letter.' : undefined;
  return [
    time(at),
    stepName(stepId, workflow, subjects.get(stepId)),
    email
      ? html`asked for <a href="${emailPath(email)}">an email</a> ${fateBadge(email, isReleased)}`
      : didWords[did],
    reason ?? (email && reasonText(email, isReleased)) ?? onItsWay,
  ];
}

function noSuchRun(c: Context<ConsoleEnv>) {
  return page(c, {
    title: 'Run not found',
    section,
    above: { href: workflowsPath, title: 'Workflows' },
    status: 404,
    body: empty(
      'Find a run on the page of its workflow or contact.',
      html`<p><a href="${workflowsPath}">See all workflows</a></p>`,
    ),
  });
}
