import { html } from 'hono/html';
import type { EmailIdentity } from '#shared/audience/emails/email.ts';
import type { Outlook, RunNow } from '#shared/audience/runs/outlook.ts';
import { endingText, isOpen, type Run } from '#shared/audience/runs/run.ts';
import { type WaitStep, type Workflow, waitText } from '#shared/audience/workflow.ts';
import type { DraftStep } from '#shared/mail/check/check-steps.ts';
import type { Html } from './page.ts';
import { runsPath } from './paths.ts';
import { badge, time } from './shown.ts';

/** Where the page of a run is. */
export function runPath(runId: string): string {
  return `${runsPath}/${encodeURIComponent(runId)}`;
}

export const runTones = {
  waiting: 'calm',
  parked: 'warn',
  done: 'good',
  exited: 'calm',
  stopped: 'warn',
} as const satisfies Record<Run['state'], string>;

export const runWords = {
  waiting: 'waiting',
  parked: 'paused with its workflow',
  done: 'done',
  exited: 'ended early',
  stopped: 'stopped',
} as const satisfies Record<Run['state'], string>;

export function runBadge({ state }: Pick<Run, 'state'>): Html {
  return badge(runWords[state], runTones[state]);
}

/** What a step does, with its id; of a step that is gone from the workflow only the id. `subject` is an email's. */
export function stepName(
  stepId: string,
  workflow: Pick<Workflow, 'steps'> | undefined,
  subject = 'Email',
): Html {
  const step = workflow?.steps.find(({ id }) => id === stepId);
  if (!step) return html`<code>${stepId}</code>`;
  return html`${step.kind === 'wait' ? waitName(step) : subject} <code class="small soft whole">${stepId}</code>`;
}

/** Which of the emails of a run it is: a run may send several of the same workflow. */
export function ofStep({ runId, stepId }: Pick<EmailIdentity, 'runId' | 'stepId'>): Html | '' {
  if (runId === undefined || stepId === undefined) return '';
  return html` <code class="small soft whole">${stepId}</code>`;
}

function waitName(step: WaitStep): string {
  return 'for' in step ? `Wait ${waitText(step)}` : `Wait until ${waitText(step)}`;
}

const isWait = (hours: number) => Number.isInteger(hours) && Math.abs(hours) <= 8_760;

/** A step in a sentence, by its place and what it does; how long it waits only where that can be. */
export function stepInSentence(step: DraftStep, index: number): string {
  const place = `Step ${index + 1}`;
  if (step.kind === 'send') return `${place}, Email`;
  const { for: time, until } = step;
  if (time && !until && isWait(time.hours)) return `${place}, ${waitName({ ...step, for: time })}`;
  if (until && !time && isWait(until.offsetHours))
    return `${place}, ${waitName({ ...step, until })}`;
  return `${place}, Wait`;
}

/** Where a run is and until when, or when and why it ended. */
export function whereRunIs(
  { run, endsNext }: RunNow,
  workflow: Pick<Workflow, 'steps'> | undefined,
): Html {
  const { stepId, dueAt } = run;
  if (!isOpen(run)) return howItEnded(run);
  return html`${stepId && stepName(stepId, workflow)}${dueAt && html`, until ${time(dueAt)}`}${endsNext && html`<br><span class="why">Ends at its next step: ${endingText(endsNext)}</span>`}`;
}

function howItEnded({ state, reason, endedAt }: Run): Html {
  const at = endedAt && time(endedAt);
  if (state === 'done') return html`All steps taken${at && html`, ${at}`}`;
  // The badge before it says that it ended.
  return html`${at}${at && reason && ': '}${reason && endingText(reason)}`;
}

/** What is ahead of somebody in a workflow, with dates, and how it ends. `subjects` are those of its emails, by step. */
export function outlookView({ steps, end }: Outlook, subjects: ReadonlyMap<string, string>): Html {
  return html`<ol class="ahead">
${steps.map(
  ({ stepId, dueAt, did, reason }) =>
    html`<li>${time(dueAt)} ${did === 'sent' ? badge('sends', 'good') : badge('skips', 'warn')} <span class="what">${subjects.get(stepId) || html`<code>${stepId}</code>`}${reason && html` <span class="why">${reason}</span>`}</span></li>`,
)}
${end ? html`<li>${time(end.at)} ${runBadge(end)} <span class="what">${end.reason === undefined ? 'No steps are left.' : endingText(end.reason)}</span></li>` : ''}
</ol>`;
}
