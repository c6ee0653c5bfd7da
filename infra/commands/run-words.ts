import { columns } from '#infra/terminal/lines.ts';
import type { RunNow } from '#shared/audience/runs/outlook.ts';
import { endingText, isOpen, type Run, runStates } from '#shared/audience/runs/run.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { FailureRow } from '#shared/queue/failures.ts';
import { oneLine } from '#shared/safe-text.ts';
import type { ReportedEmail } from '#shared/store/mail/emails.ts';
import type { RunCounts } from '#shared/store/runs/run-lists.ts';
import { emailFate, failureText, seconds } from './words.ts';

/** What the worker keeps the reasons under for which a run could not go on. */
export function failureIdOf({ runId }: Pick<Run, 'runId'>): string {
  return `run ${runId}`;
}

/** Where a run is, or how it ended, and why. */
export function runFate({ run, endsNext }: RunNow): string {
  const { state, stepId, dueAt, parkedAt, reason, endedAt } = run;
  if (!isOpen(run)) {
    const how =
      state === 'done'
        ? 'all steps taken'
        : reason === undefined
          ? 'no reason kept'
          : endingText(reason);
    return `${state} ${seconds(endedAt ?? run.updatedAt)}: ${how}`;
  }
  const place = `at ${stepId} until ${dueAt === undefined ? 'an unknown time' : seconds(dueAt)}`;
  const paused = `parked since ${seconds(parkedAt ?? run.updatedAt)}, because its workflow is paused`;
  const now = state === 'parked' ? `${paused}; it was due ${place}` : `waiting ${place}`;
  return endsNext === undefined ? now : `${now}; ends at its next step: ${endingText(endsNext)}`;
}

/** Runs for a terminal, a line each. */
export function runRows(runs: readonly RunNow[]): string[][] {
  return runs.map((one) => [
    seconds(one.run.beganAt),
    one.run.workflowId,
    one.run.runId,
    runFate(one),
  ]);
}

/** The newest runs of a workflow, below how many there are. */
export function runListLines(
  workflow: Workflow,
  runs: readonly RunNow[],
  counts: RunCounts,
): string[] {
  const rows = runs.map((one) => {
    const { beganAt, customerId, runId } = one.run;
    return [seconds(beganAt), runId, customerId, runFate(one)];
  });
  return [
    ...countLines(workflow, counts),
    '',
    ...columns([['BEGAN', 'RUN', 'CUSTOMER', 'WHERE IT IS'], ...rows]),
  ];
}

/** The same for a program. */
export function runsDocument(
  { workflowId }: Workflow,
  runs: readonly RunNow[],
  { byState, byStep, isComplete }: RunCounts,
) {
  return {
    workflowId,
    isWhole: isComplete,
    counts: Object.fromEntries(byState),
    waitingAt: Object.fromEntries(byStep),
    runs: runs.map(runDocument),
  };
}

/** How many runs of a workflow are where. */
function countLines({ steps }: Workflow, counts: RunCounts): string[] {
  const more = counts.isComplete ? '' : '+';
  const states = runStates.flatMap((state) => {
    const count = counts.byState.get(state);
    return count === undefined ? [] : [`${count}${more} ${state}`];
  });
  const known = steps.map(({ id }) => id).filter((id) => counts.byStep.has(id));
  const gone = [...counts.byStep.keys()].filter((id) => !known.includes(id));
  const rows = [...known, ...gone].map((id) => [
    id,
    `${counts.byStep.get(id)}${more} at this step`,
  ]);
  return [states.join(', '), ...columns(rows).map((row) => `  ${row}`)];
}

export type RunStory = RunNow &
  Readonly<{
    workflow: Workflow | undefined;
    /** Those that it asked for, as far as the ledger has them. */
    emails: ReadonlyMap<string, ReportedEmail>;
    failure: FailureRow | undefined;
  }>;

/** One run with everything that it did, and why. */
export function runLines(story: RunStory): string[] {
  const { run, workflow, failure } = story;
  const name = workflow ? `"${workflow.name}", ` : '';
  const facts: [string, string | undefined][] = [
    ['run', run.runId],
    ['workflow', `${run.workflowId} (${name}version ${run.workflowVersion})`],
    ['state', runFate(story)],
    ['customer', run.customerId],
    ['contact', run.contactId],
    ['subscription', run.subscriptionId],
    ['began', `${run.beganAt}, by ${run.type}`],
    ['event', run.webhookId],
    ['replay', run.replayId],
    ['erased', run.erased ? 'yes: its history is gone' : undefined],
    ['failed', failure && failureText(failure)],
  ];
  const history = run.history.map(({ at, stepId, did, reason, ledgerKey }) => {
    const email = ledgerKey === undefined ? undefined : story.emails.get(ledgerKey);
    const fate = email
      ? emailFate(email)
      : "not in the ledger yet: it's on its way, or a dead letter";
    return [
      seconds(at),
      stepId,
      did === 'sent' ? 'asked for an email' : did,
      ledgerKey === undefined ? (reason ?? '') : `${ledgerKey}: ${fate}`,
    ];
  });
  const ahead = aheadLines(story);
  return [
    ...columns(facts.flatMap(([what, value]) => (value === undefined ? [] : [[what, value]]))),
    '',
    `Steps taken${history.length === 0 ? ': none' : ''}`,
    ...columns(history).map((row) => `  ${row}`),
    ...(ahead.length > 0 ? ['', "What's next, from what's known now", ...ahead] : []),
  ];
}

/** What a run that waits would do, line by line. */
function aheadLines({ ahead, workflow }: RunStory): string[] {
  if (!ahead) return [];
  const subjects = new Map(
    workflow?.steps.map((step) => [step.id, step.kind === 'send' ? step.email.subject : '']),
  );
  const rows = ahead.steps.map(({ dueAt, stepId, did, reason }) => [
    seconds(dueAt),
    stepId,
    did === 'sent' ? `sends "${oneLine(subjects.get(stepId) ?? '')}"` : `skips it: ${reason ?? ''}`,
  ]);
  const end = ahead.end && [
    seconds(ahead.end.at),
    ahead.end.state,
    ahead.end.reason === undefined ? 'no steps left' : endingText(ahead.end.reason),
  ];
  return columns([...rows, ...(end ? [end] : [])]).map((row) => `  ${row}`);
}

/** A run for a program. Of its event it has no properties, which are personal. */
export function runDocument({ run, endsNext, ahead }: RunNow) {
  return {
    runId: run.runId,
    workflowId: run.workflowId,
    workflowVersion: run.workflowVersion,
    customerId: run.customerId,
    contactId: run.contactId,
    subscriptionId: run.subscriptionId ?? null,
    webhookId: run.webhookId,
    replayId: run.replayId ?? null,
    state: run.state,
    reason: run.reason ?? null,
    endsNext: endsNext ?? null,
    ahead: ahead ? { steps: ahead.steps, end: ahead.end ?? null } : null,
    stepId: run.stepId ?? null,
    dueAt: run.dueAt ?? null,
    parkedAt: run.parkedAt ?? null,
    beganAt: run.beganAt,
    endedAt: run.endedAt ?? null,
    isErased: run.erased ?? false,
    history: run.history.map(({ stepId, at, dueAt, did, reason, ledgerKey }) => ({
      ...{ stepId, at, dueAt, did, reason: reason ?? null, ledgerKey: ledgerKey ?? null },
    })),
  };
}
