import type { Context } from 'hono';
import { html } from 'hono/html';
import { alsoMailing } from '#shared/audience/also-mailing.ts';
import type { Condition } from '#shared/audience/conditions.ts';
import type { WorkflowNumbers } from '#shared/audience/counts/counts.ts';
import {
  needsRun,
  type SendStep,
  sendsOf,
  type Workflow,
  waitText,
} from '#shared/audience/workflow.ts';
import { checkWorkflow, triggerWarning } from '#shared/mail/check/check-workflow.ts';
import { mailsTwice } from '#shared/mail/moments.ts';
import { draftOf } from '#shared/mail/workflow-drafts.ts';
import { workflowEmailsPositionSchema } from '#shared/store/mail/workflow-emails.ts';
import { isMailReleased } from '../kit/email-view.ts';
import { eventWords } from '../kit/event-words.ts';
import { exampleSubjects } from '../kit/example-subjects.ts';
import { act, choice, postForm, textField } from '../kit/fields.ts';
import { cursorOf, cursorText } from '../kit/in-url.ts';
import { type ConsoleEnv, type Html, page } from '../kit/page.ts';
import { workflowPath, workflowsPath } from '../kit/paths.ts';
import { testAddress } from '../kit/remembered.ts';
import { badge, empty, facts, time } from '../kit/shown.ts';
import { conditionText, frequencyWords, kindWords, statusBadge } from '../kit/words.ts';
import { workflowEmails } from './email-list.ts';
import {
  alsoMailingNotes,
  checkNotes,
  outdatedNote,
  overlapNote,
  triggerNote,
} from './problems.ts';
import { workflowRuns } from './run-list.ts';
import { twoWeeksCard } from './two-weeks.ts';
import type { WorkflowParts } from './workflow-parts.ts';

type Settings = Parameters<typeof triggerWarning>[1];

/** Whether it sends: an active one whose event is switched off does not. */
export function liveBadge(workflow: Workflow, settings: Settings): Html {
  const isOff = triggerWarning(workflow.trigger.event, settings) !== undefined;
  return workflow.status === 'active' && isOff
    ? badge('active, but its event is off', 'warn')
    : statusBadge(workflow);
}

type Shown = Readonly<{
  workflow: Workflow;
  settings: Settings;
  /** With example values, by step. */
  subjects: ReadonlyMap<string, string>;
  notes: Html;
  numbers: WorkflowNumbers;
  /** Of a workflow that has several steps. */
  runs: Html | undefined;
  emails: Html;
  /** Where tests were sent to before. */
  testAddress: string;
  mailFrom: string | undefined;
}>;

/** A workflow as it is, what can be done with it, and its emails. */
export function workflowView(c: Context<ConsoleEnv>, shown: Shown): Html {
  const { workflow, notes, numbers, runs, emails, testAddress } = shown;
  const path = workflowPath(workflow);
  return html`${notes}
<div class="row">
<a class="button" href="${path}/edit">Edit</a>
${activation(c, workflow, path)}
<a class="button danger" href="${path}/remove">Remove</a>
</div>
<div class="columns">
<div class="card">${factsOf(shown)}</div>
<div>
<section class="card" aria-labelledby="test">
<h2 id="test">Send a test to yourself</h2>
<p class="small soft">The email as it is saved, with made-up values. It isn’t counted below.</p>
${postForm(c, {
  action: `${path}/test`,
  body: html`${whichEmail(shown)}${textField({ name: 'to', label: 'Your address', value: testAddress }, { type: 'email', required: true, autocomplete: 'email' })}
<p><button type="submit">Send a test</button></p>`,
})}
</section>
${twoWeeksCard(numbers, needsRun(workflow))}
</div>
</div>
${runs}
${emails}`;
}

/** Where there are several. */
function whichEmail({ workflow, subjects }: Shown): Html {
  const sends = sendsOf(workflow);
  if (sends.length < 2) return html``;
  const options = sends.map(({ id }) => [id, subjects.get(id) ?? id] as const);
  return choice({ name: 'step', label: 'Email' }, options);
}

function activation(c: Context<ConsoleEnv>, { status, version }: Workflow, path: string): Html {
  const fields = { version: String(version) };
  if (status === 'active') return act(c, 'Pause', `${path}/pause`, { fields });
  return act(c, 'Activate', `${path}/activate`, { tone: 'primary', fields });
}

function factsOf(shown: Shown): Html {
  const { workflow, settings } = shown;
  const { trigger, audience, frequency, maxAgeHours, exitWhen, steps } = workflow;
  const { version, status, updatedAt } = workflow;
  const live = status === 'active' ? 'This version is live.' : 'Nothing is live.';
  const [step] = steps;
  const only = steps.length === 1 && step?.kind === 'send' ? step : undefined;
  return facts([
    ['Status', liveBadge(workflow, settings)],
    [
      'When',
      html`Event received from Polar: <strong>${trigger.event}</strong><br><span class="small soft">${eventWords[trigger.event]}</span>`,
    ],
    ['Only if', conditionLines(trigger.conditions)],
    ['Only for contacts', conditionLines(audience)],
    ['Sends', `${frequencyWords[frequency]}, for events up to ${maxAgeHours} hours old`],
    ...(only ? emailFacts(only, shown) : []),
    ['Steps', only ? undefined : stepList(shown)],
    ['Ends early when', conditionLines(exitWhen)],
    [
      'Version',
      html`${version}, saved ${time(updatedAt)}. ${live} <a href="${workflowPath(workflow)}/versions">All versions</a>`,
    ],
  ]);
}

function conditionLines(conditions: readonly Condition[]): Html | undefined {
  if (conditions.length === 0) return undefined;
  return html`${conditions.map((one) => html`${conditionText(one)}<br>`)}`;
}

function emailFacts({ id, email, onlyIf }: SendStep, { mailFrom, subjects }: Shown) {
  return [
    ['Kind', kindWords[email.kind]],
    ['Sent only if', conditionLines(onlyIf)],
    ['From', email.from ?? mailFrom ?? 'No sender is set up'],
    ['Reply-to', email.replyTo],
    [
      'Subject',
      subjects.get(id) === email.subject
        ? email.subject
        : html`${subjects.get(id)} <span class="soft small whole">with example values</span>`,
    ],
  ] as const;
}

/** The way through a workflow. */
function stepList({ workflow: { steps }, subjects }: Shown): Html {
  return html`<ol class="way">
${steps.map((step) =>
  step.kind === 'wait'
    ? html`<li>Wait ${'for' in step ? html`for ${waitText(step)}` : html`until ${waitText(step)}`}</li>`
    : html`<li>${kindWords[step.email.kind]} email “${subjects.get(step.id)}”${step.onlyIf.map((one) => html`<br><span class="soft small">only if ${conditionText(one)}</span>`)}</li>`,
)}
</ol>`;
}

const above = { href: workflowsPath, title: 'Workflows' };
const section = 'workflows';
const emailsAPage = 25;
const runsAtOnce = 25;

/** One workflow, with its emails page by page. */
export async function workflowPage(
  c: Context<ConsoleEnv>,
  workflow: Workflow,
  parts: WorkflowParts,
) {
  const after = cursorOf(workflowEmailsPositionSchema, c.req.query('after'));
  const { workflowId } = workflow;
  const path = workflowPath(workflow);
  const [surroundings, all, runs, numbersOf, counts, list] = await Promise.all([
    parts.surroundings(),
    parts.workflows.all(),
    needsRun(workflow) ? parts.runsOf(workflow, runsAtOnce) : undefined,
    parts.numbers(),
    parts.emails.counts(workflowId),
    parts.emails.page(workflowId, emailsAPage, after),
  ]);
  const { settings } = surroundings;
  const check = checkWorkflow(draftOf(workflow), surroundings);
  const customerIds = [...list.items, ...(runs?.newest ?? []).map(({ run }) => run)].map(
    ({ customerId }) => customerId,
  );
  const { polar } = surroundings;
  const [addresses, isReleased, maySwitch] = await Promise.all([
    parts.addressesOf(customerIds),
    isMailReleased(list.items, parts.hold, counts.byFate.has('held')),
    mailsTwice(workflow, polar?.emails?.switches) ? parts.maySwitchEmails() : undefined,
  ]);
  return page(c, {
    title: workflow.name,
    section,
    above,
    body: workflowView(c, {
      workflow,
      settings,
      subjects: exampleSubjects(workflow, {
        ...{ settings, brand: surroundings.brand, portal: polar, now: parts.now() },
      }),
      notes: html`${
        triggerNote(workflow.trigger.event, settings) ??
        html`${overlapNote(c, workflow, { polar, maySwitch, isActive: workflow.status === 'active' })}${alsoMailingNotes(alsoMailing(workflowId, workflow, all))}`
      }${checkNotes(check, surroundings)}${outdatedNote(check, path)}`,
      numbers: numbersOf(workflowId),
      runs: runs && workflowRuns({ workflow, ...runs, addresses }),
      emails: workflowEmails({
        path,
        counts,
        emails: list.items,
        addresses,
        isReleased,
        next: list.next && cursorText(list.next),
        isFirst: after === undefined,
      }),
      testAddress: testAddress(c),
      mailFrom: parts.mailFrom,
    }),
  });
}

/** That no workflow has this id, or how to bring it back where it was removed. */
export async function noSuchWorkflow(
  c: Context<ConsoleEnv>,
  { workflows }: Pick<WorkflowParts, 'workflows'>,
) {
  const [last] = await workflows.versions(c.req.param('workflowId') ?? '');
  if (!last) return unknownWorkflow(c);
  return page(c, {
    ...{ title: `${last.name} was removed`, section, above, status: 404 },
    body: empty(
      'What it sent is still on the pages of contacts and events.',
      html`<p>To bring it back, open <a href="${workflowPath(last)}/versions">its versions</a>.</p>`,
    ),
  });
}

/** Nothing is kept under this id. */
export function unknownWorkflow(c: Context<ConsoleEnv>) {
  return page(c, {
    ...{ title: 'Workflow not found', section, above, status: 404 },
    body: empty(
      'No workflow has this id.',
      html`<p><a href="${workflowsPath}">See all workflows</a></p>`,
    ),
  });
}
