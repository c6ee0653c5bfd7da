import { conditionText, holds } from '#shared/audience/conditions.ts';
import { dueByDate, factsFor, subscriptionOf } from '#shared/audience/person/facts.ts';
import { type Contact, type Customer, isOutOfMarketing } from '#shared/audience/person/person.ts';
import {
  type SendStep,
  type Step,
  sendsOf,
  type WaitStep,
  type Workflow,
} from '#shared/audience/workflow.ts';
import {
  ended,
  endsBecause,
  isOpen,
  type Run,
  type RunEmail,
  stepKey,
  type TakenStep,
} from './run.ts';

/** What a step of a run looks at, as it is now. */
export type Ground = Readonly<{
  workflow: Workflow | undefined;
  customer: Customer | undefined;
  /** The contact that shows the customer, for conditions that name one. */
  contact: () => Contact | undefined;
  now: Date;
}>;

/** A run as it is next, and the emails that its steps ask for. */
export type Advanced = Readonly<{ run: Run; emails: readonly RunEmail[] }>;

const hourMs = 3_600_000;

/** A reminder that comes later than this is a lie. */
const latestMs = 24 * hourMs;

/** Edits could make it grow without end. */
const longestHistory = 100;

/**
 * What becomes of a run whose wait may be over: it ends, is parked while its workflow is paused, or takes the steps up to
 * the next wait. Pure; a run that has ended stays as it is.
 */
export function advance(run: Run, ground: Ground): Advanced {
  const { workflow, now } = ground;
  if (!isOpen(run)) return alone(run);
  const customerGone = reasonOfCustomer(run, ground);
  if (customerGone) return alone(ended(run, 'exited', customerGone, now));
  if (!workflow) return alone(ended(run, 'stopped', 'The workflow was removed.', now));
  const step = workflow.steps.find(({ id }) => id === run.stepId);
  if (step?.kind !== 'wait') {
    const reason = 'The step it waited at was removed from the workflow.';
    return alone(ended(run, 'stopped', reason, now));
  }
  const dueAt = dueOf(step, run, ground);
  if (dueAt === undefined) return alone(ended(run, 'exited', unknownDate(step), now));
  if (Date.parse(dueAt) > now.getTime()) return alone(waiting(run, step, dueAt, ground));
  if (workflow.status !== 'active') return alone(parked(run, now));
  const exit = exitReason(workflow, run, ground);
  if (exit) return alone(ended(run, 'exited', exit, now));
  const late = lateReason(run, step, dueAt, now);
  if (late) return alone(ended(run, 'exited', late, now));
  const over = taken(run, step.id, 'waited', run.dueAt ?? dueAt, now);
  return walk(over, workflow.steps.slice(workflow.steps.indexOf(step) + 1), dueAt, ground);
}

/** The steps from the first one up to the first wait, or why there is no run. `run` has taken none yet. */
export function firstSteps(run: Run, ground: Ground & { workflow: Workflow }): Advanced {
  const { workflow, now } = ground;
  const exit = exitReason(workflow, run, ground);
  if (exit) return alone(ended(run, 'exited', exit, now));
  return walk(run, workflow.steps, now.toISOString(), ground);
}

function alone(run: Run): Advanced {
  return { run, emails: [] };
}

/** Only what a deletion itself began goes on after it. */
export function reasonOfCustomer(
  run: Pick<Run, 'type'>,
  { customer }: Pick<Ground, 'customer'>,
): string | undefined {
  if (!customer || customer.erased) return 'The customer was erased.';
  const isDeleted = customer.deletion !== undefined && run.type !== 'customer.deleted';
  return isDeleted ? 'The customer was deleted in Polar.' : undefined;
}

/** Which condition on the facts of now ends the run, as a sentence. */
export function exitReason(
  { exitWhen }: Pick<Workflow, 'exitWhen'>,
  run: Pick<Run, 'properties'>,
  { customer, contact }: Pick<Ground, 'customer' | 'contact'>,
): string | undefined {
  if (exitWhen.length === 0) return undefined;
  const facts = factsFor(exitWhen, run, customer, contact);
  const condition = exitWhen.find((one) => holds(one, facts));
  return condition && `${endsBecause}${conditionText(condition)}.`;
}

/** A `for` that was edited keeps the time of those who wait; a date is read again. */
function dueOf(step: WaitStep, run: Run, { customer, now }: Ground): string | undefined {
  if (!('until' in step)) return run.dueAt ?? now.toISOString();
  return dueByDate(step.until, subscriptionOf(run.subscriptionId, customer));
}

function unknownDate(step: WaitStep): string {
  return 'until' in step
    ? `The subscription has no ${step.until.date} to wait for.`
    : 'The wait has no end.';
}

const missedReason = 'It was due more than a day ago: too late to send.';

function lateReason(run: Run, step: WaitStep, dueAt: string, now: Date): string | undefined {
  if (now.getTime() - Date.parse(dueAt) <= latestMs) return undefined;
  if (run.parkedAt !== undefined) {
    return 'The workflow was paused until more than a day after it was due.';
  }
  return 'until' in step ? missedReason : undefined;
}

/** Takes steps until it has to wait, or none is left. `from`: when the step before was due. */
function walk(start: Run, steps: readonly Step[], from: string, ground: Ground): Advanced {
  const { now, customer } = ground;
  const emails: RunEmail[] = [];
  let run: Run = start;
  let dueAt = from;
  for (const [position, step] of steps.entries()) {
    if (step.kind === 'send') {
      const against = reasonAgainst(step, run, ground);
      if (against === undefined) {
        const ledgerKey = stepKey(run.runId, step.id);
        emails.push({ stepId: step.id, ledgerKey, dueAt });
        run = taken(run, step.id, 'sent', dueAt, now, { ledgerKey });
      } else run = taken(run, step.id, 'skipped', dueAt, now, { reason: against });
      continue;
    }
    const left = sendsOf({ steps: steps.slice(position) });
    if (left.length === 0) break;
    if (isOutOfMarketing(customer) && left.every(isMarketing)) {
      return { run: ended(run, 'exited', 'The contact is not subscribed.', now), emails };
    }
    const over = overAt(step, run, dueAt, ground);
    if (over === undefined) return { run: ended(run, 'exited', unknownDate(step), now), emails };
    if (Date.parse(over) > now.getTime()) return { run: waiting(run, step, over, ground), emails };
    if ('until' in step && now.getTime() - Date.parse(over) > latestMs) {
      return { run: ended(run, 'exited', missedReason, now), emails };
    }
    run = taken(run, step.id, 'waited', over, now);
    dueAt = over;
  }
  return { run: ended(run, 'done', undefined, now), emails };
}

const isMarketing = ({ email }: SendStep) => email.kind === 'marketing';

function reasonAgainst(step: SendStep, run: Run, ground: Ground): string | undefined {
  if (run.history.some(({ stepId, did }) => stepId === step.id && did === 'sent')) {
    return 'Already sent by this run.';
  }
  const { customer, contact } = ground;
  if (step.onlyIf.length > 0) {
    const facts = factsFor(step.onlyIf, run, customer, contact);
    const condition = step.onlyIf.find((one) => !holds(one, facts));
    if (condition) return `The condition is not met: ${conditionText(condition)}.`;
  }
  if (isMarketing(step) && isOutOfMarketing(customer)) return 'The contact is not subscribed.';
  return undefined;
}

function overAt(
  step: WaitStep,
  run: Run,
  from: string,
  { customer }: Pick<Ground, 'customer'>,
): string | undefined {
  if ('until' in step) return dueByDate(step.until, subscriptionOf(run.subscriptionId, customer));
  return new Date(Date.parse(from) + step.for.hours * hourMs).toISOString();
}

function waiting(run: Run, step: WaitStep, dueAt: string, { workflow, now }: Ground): Run {
  const { until: _, parkedAt: __, ...rest } = run;
  const next: Run = {
    ...rest,
    state: 'waiting',
    stepId: step.id,
    ...('until' in step && { until: step.until }),
    ...{ dueAt, wakeAt: dueAt },
    workflowVersion: workflow?.version ?? run.workflowVersion,
  };
  return { ...next, updatedAt: now.toISOString() };
}

function parked(run: Run, now: Date): Run {
  const { wakeAt: _, ...rest } = run;
  const at = now.toISOString();
  return { ...rest, state: 'parked', parkedAt: run.parkedAt ?? at, updatedAt: at };
}

function taken(
  run: Run,
  stepId: string,
  did: TakenStep['did'],
  dueAt: string,
  now: Date,
  more: Pick<TakenStep, 'reason' | 'ledgerKey'> = {},
): Run {
  const step: TakenStep = { stepId, at: now.toISOString(), dueAt, did, ...more };
  return { ...run, history: [...run.history, step].slice(-longestHistory) };
}
