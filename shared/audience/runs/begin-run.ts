import { type Condition, conditionText, holds } from '#shared/audience/conditions.ts';
import type { ConsideredWorkflow, ReceivedEvent } from '#shared/audience/event-record.ts';
import { factsFor } from '#shared/audience/person/facts.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import { isOfSubscription, toldVersion } from '#shared/audience/person/subscription-snapshot.ts';
import type { Surroundings } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { firstSend, plainStepId, sendsOf, type Workflow } from '#shared/audience/workflow.ts';
import { exitReason, firstSteps, type Ground } from './advance.ts';
import { mostRuns, putRun, shownContact } from './customer-runs.ts';
import { ended, isOpen, isUsedUp, type NamedRun, type Run, stepKey } from './run.ts';

/**
 * A run may be ended only by the workflow as it is, and the one at hand may be older: decide again with those of this
 * moment.
 */
export class OutdatedWorkflows extends Error {
  constructor() {
    super('The workflows may be older than a run that they would end.');
  }
}

type Beginning = Readonly<{
  workflow: Workflow;
  event: ReceivedEvent;
  /** The key that the one email of the workflow would have, also by ids that the contact had before. */
  runIds: readonly [string, ...string[]];
  replay?: Readonly<{ replayId: string; again: boolean }> | undefined;
  /** Whether the workflow may be older than what is stored. */
  isCached: boolean;
}>;

type Begun = Pick<ConsideredWorkflow, 'verdict' | 'reason' | 'runId' | 'emails'>;

const skip = (reason: string): Begun => ({ verdict: 'skip', reason });

/**
 * Begins a run of a workflow for the customer of an event, and takes its steps up to the first wait, or says why not.
 * The customer's row is as it is after the event.
 */
export function beginRun(
  w: Workspace,
  customer: Customer,
  beginning: Beginning,
  { now }: Pick<Surroundings, 'now'>,
): Begun {
  const { workflow, runIds } = beginning;
  const ground = groundOf(w, customer, workflow, now);
  const run = newRun(customer, beginning, now);
  if (!run) return skip('The customer has no contact.');
  const missed = unmet(workflow.audience, run, ground);
  if (missed) return skip(missed);
  const isUnderWay = runIds.some((id) => {
    const known = w.runs.get(id);
    if (!known || !isOpen(known)) return false;
    return !isEnded(w, known, exitReason(workflow, known, ground), beginning, now);
  });
  if (isUnderWay || rivalOf(w, run, beginning, ground)) {
    return skip(isInProgress);
  }
  if (wasSent(w, workflow, runIds)) return skip('Already sent.');
  if ((w.customers.get(run.customerId)?.runs ?? []).length >= mostRuns) {
    return skip(`${mostRuns} runs of this customer wait already, and there may be no more.`);
  }
  const { run: begun, emails } = firstSteps(run, ground);
  if (!isOpen(begun) && emails.length === 0) return skip(begun.reason ?? nothingLeft(begun));
  putRun(w, begun);
  return { verdict: 'send', runId: begun.runId, emails: [...emails] };
}

/**
 * Why a workflow that sends one email, and needs no run for that, does not send it. Where that is not the email that it
 * was written with, it may have had runs, which count as well: who got an email of one gets no other in its place.
 */
export function reasonAgainstOne(
  w: Workspace,
  customer: Customer,
  { workflow, event, runIds }: Pick<Beginning, 'workflow' | 'event' | 'runIds'>,
  { now }: Pick<Surroundings, 'now'>,
): string | undefined {
  const ground = groundOf(w, customer, workflow, now);
  const { id, onlyIf } = firstSend(workflow);
  const against =
    unmet([...workflow.audience, ...onlyIf], event, ground) ?? exitReason(workflow, event, ground);
  if (against !== undefined) return against;
  // Its own key is for the mailer to look at.
  if (id === plainStepId) return undefined;
  if (wasSent(w, workflow, runIds)) return 'Already sent.';
  // One that waits goes on if its wait is put before the email again.
  const runs = runIds.map((one) => w.runs.get(one));
  return runs.some((run) => run && isOpen(run)) ? isInProgress : undefined;
}

const isInProgress = 'A run of this workflow is already in progress for this customer.';

function groundOf(w: Workspace, customer: Customer, workflow: Workflow, now: Date) {
  return { workflow, customer, contact: () => shownContact(w, customer), now };
}

function unmet(
  conditions: readonly Condition[],
  run: Pick<Run, 'properties'>,
  { customer, contact }: Pick<Ground, 'customer' | 'contact'>,
): string | undefined {
  if (conditions.length === 0) return undefined;
  const facts = factsFor(conditions, run, customer, contact);
  const missed = conditions.find((one) => !holds(one, facts));
  return missed && `The condition is not met: ${conditionText(missed)}.`;
}

function nothingLeft({ history }: Run): string {
  return history.at(-1)?.reason ?? 'No steps are left.';
}

function newRun(
  { customerId, contact }: Customer,
  { workflow, event, runIds: [runId], replay }: Beginning,
  now: Date,
): Run | undefined {
  if (!contact) return undefined;
  const { webhookId, type, occurredAt, properties, subscription } = event;
  const { subscriptionId } = properties;
  const at = now.toISOString();
  return {
    ...{ runId, workflowId: workflow.workflowId, workflowVersion: workflow.version },
    ...{ customerId, contactId: contact.contactId },
    ...(subscriptionId !== undefined && { subscriptionId }),
    ...{ webhookId, type, occurredAt, properties },
    ...(subscription && isOfSubscription(type) && { subscription: toldVersion(subscription) }),
    ...(replay && { replayId: replay.replayId, ...(replay.again && { again: true }) }),
    ...{ state: 'waiting', history: [], beganAt: at, updatedAt: at },
  };
}

/** A run of the same workflow for the same subscription, or contact, that still waits. One that the facts of now end is ended here. */
function rivalOf(w: Workspace, run: Run, beginning: Beginning, ground: Ground): boolean {
  const { runs = [] } = w.customers.get(run.customerId) ?? {};
  const isRival = ({ runId, workflowId, subscriptionId }: NamedRun) =>
    runId !== run.runId && workflowId === run.workflowId && subscriptionId === run.subscriptionId;
  return runs.filter(isRival).some(({ runId }) => {
    const rival = w.runs.get(runId);
    if (!rival || !isOpen(rival)) return false;
    const reason = paidSince(rival, run) ?? exitReason(beginning.workflow, rival, ground);
    return !isEnded(w, rival, reason, beginning, ground.now);
  });
}

/** A payment that failed was made where a later one has failed since: what tells of the first one would tell of this. */
function paidSince(rival: Run, run: Run): string | undefined {
  const [before, since] = [rival, run].map(({ type, properties }) =>
    type === 'subscription.past_due' ? properties.pastDueSince : undefined,
  );
  return before !== undefined && since !== undefined && since > before
    ? 'That payment was made, and another one failed since.'
    : undefined;
}

/** Ends it where there is a reason to. */
function isEnded(
  w: Workspace,
  run: Run,
  reason: string | undefined,
  { isCached }: Beginning,
  now: Date,
): boolean {
  if (reason === undefined) return false;
  if (isCached) throw new OutdatedWorkflows();
  putRun(w, ended(run, 'exited', reason, now));
  return true;
}

/** What was blocked or failed went to nobody: its run may begin again. */
function wasSent(
  w: Workspace,
  workflow: Pick<Workflow, 'steps'>,
  runIds: readonly string[],
): boolean {
  const keys = runIds.flatMap((id) => [
    id,
    ...sendsOf(workflow).map((step) => stepKey(id, step.id)),
    // Of steps that were removed since.
    ...(w.runs.get(id)?.history ?? []).flatMap(({ ledgerKey }) => ledgerKey ?? []),
  ]);
  // All of them are looked at, so that they are read in one call.
  return [...new Set(keys)].map((key) => w.emails.get(key)).some(isUsedUp);
}
