import { type AudienceStore, look } from '#shared/audience/rows/unit-of-work.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { type Advanced, advance, firstSteps, type Ground } from './advance.ts';
import { shownContact } from './customer-runs.ts';
import { isOpen, type Run, type TakenStep } from './run.ts';

/** A step that a run would take, and why it would skip one. */
export type StepAhead = Pick<TakenStep, 'stepId' | 'dueAt' | 'reason'> &
  Readonly<{ did: 'sent' | 'skipped' }>;

/** What a run would do from now on if nothing changed but the time. */
export type Outlook = Readonly<{
  steps: readonly StepAhead[];
  /** How it would end; absent where that is too far to be told. */
  end: Readonly<{ at: string; state: Run['state']; reason?: string | undefined }> | undefined;
}>;

/** A run as it is now: why it would end at its next step without another email, and all that it would do. */
export type RunNow = Readonly<{
  run: Run;
  endsNext: string | undefined;
  /** Absent once it has ended. */
  ahead?: Outlook | undefined;
}>;

/** More than a workflow has waits, each of which may be put off once by a date. */
const mostTurns = 50;

/**
 * Why a run that waits would end at its next step before that asks for an email; `undefined`: it goes on. Such an end is
 * written down only when the step is due. A paused workflow counts as if it were active again by then.
 */
export function endsNext(run: Run, ground: Ground): string | undefined {
  if (!isOpen(run)) return undefined;
  const next = nextTurn(run, ground);
  const isEnd = next.run.state === 'exited' || next.run.state === 'stopped';
  return isEnd && next.emails.length === 0 ? next.run.reason : undefined;
}

/**
 * What a run that waits would do, step by step, by the facts of now: the same decisions as the worker's, each at the time
 * when it is due. The mailer looks at every email once more. A paused workflow counts as if it were active again in time.
 */
export function outlookOf(run: Run, ground: Ground): Outlook {
  return lookAhead(run, [], ground);
}

/** The same for a run that would begin now. It has taken no step yet. */
export function outlookFromStart(run: Run, ground: Ground & { workflow: Workflow }): Outlook {
  const begun = firstSteps(run, ground).run;
  return lookAhead(begun, newSteps(run, begun), ground);
}

function lookAhead(from: Run, first: readonly StepAhead[], ground: Ground): Outlook {
  const steps = [...first];
  let run = from;
  for (let turns = 0; isOpen(run) && turns < mostTurns; turns++) {
    const next = nextTurn(run, ground).run;
    steps.push(...newSteps(run, next));
    run = next;
  }
  const { state, reason, endedAt } = run;
  return { steps, end: endedAt === undefined ? undefined : { at: endedAt, state, reason } };
}

/** What becomes of a run when its wait is over, and not before. */
function nextTurn(run: Run, ground: Ground): Advanced {
  const due = run.dueAt === undefined ? 0 : Date.parse(run.dueAt);
  const now = new Date(Math.max(ground.now.getTime(), due));
  const workflow = ground.workflow && { ...ground.workflow, status: 'active' as const };
  return advance(run, { ...ground, workflow, now });
}

function newSteps(before: Run, after: Run): StepAhead[] {
  return after.history.flatMap((step) => {
    const { did, stepId, dueAt, reason } = step;
    if (did === 'waited' || before.history.includes(step)) return [];
    return [{ stepId, dueAt, did, ...(reason !== undefined && { reason }) }];
  });
}

type Parts = Readonly<{
  store: Pick<AudienceStore, 'load'>;
  workflows: readonly Workflow[];
  now: Date;
}>;

/** The same of many, in their order, with the rows of their customers read for it. */
export async function runsNow(
  runs: readonly Run[],
  { store, workflows, now }: Parts,
): Promise<RunNow[]> {
  const byId = new Map(workflows.map((one) => [one.workflowId, one]));
  return look(store, (w) =>
    runs.map((run) => {
      if (!isOpen(run)) return { run, endsNext: undefined };
      const customer = w.customers.get(run.customerId);
      const contact = () => shownContact(w, customer);
      const ground = { workflow: byId.get(run.workflowId), customer, contact, now };
      return { run, endsNext: endsNext(run, ground), ahead: outlookOf(run, ground) };
    }),
  );
}
