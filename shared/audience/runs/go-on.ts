import * as z from 'zod/mini';
import { actorName } from '#shared/actor.ts';
import { type Means, settleRecord } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { advance } from './advance.ts';
import { putRun, shownContact } from './customer-runs.ts';
import { ended, isOpen, type Run, type RunEmail } from './run.ts';

/** The clock says that the wait of a run is over. */
export const wakeSchema = z.object({
  runId: z.string(),
  customerId: z.string(),
  workflowId: z.string(),
  /** The wait that is meant: of a run that has gone on, nothing is decided again. */
  stepId: z.string(),
  dueAt: z.string(),
});
export type Wake = z.infer<typeof wakeSchema>;

/** The run, if there is any, and the emails that this wake asked for. */
type WokenRun = Readonly<{ run: Run | undefined; emails: readonly RunEmail[] }>;

/**
 * Lets a run go on whose wait is over. A wake that comes again gives the emails that it asked for and decides nothing.
 * The workflow is read with the run, again after each lost race: what ends a run must not be an older copy. It has every
 * step that a wake names, since the run came to that step, and was asked for, before this read.
 */
export async function goOn(wake: Wake, { store, surroundings, pause }: Means): Promise<WokenRun> {
  const { runId, customerId, workflowId } = wake;
  const first = [
    { kind: 'runs', key: runId } as const,
    { kind: 'customers', key: customerId } as const,
    { kind: 'workflows', key: workflowId } as const,
  ];
  const decide = (w: Workspace) => {
    const run = w.runs.get(runId);
    if (!run || run.customerId !== customerId) return { said: { run: undefined, emails: [] } };
    if (!isMeant(run, wake)) return { said: { run, emails: emailsOf(run, wake) } };
    const workflow = w.workflows.get(run.workflowId);
    const customer = w.customers.get(customerId);
    const contact = () => shownContact(w, customer);
    const next = advance(run, { workflow, customer, contact, now: surroundings.now });
    putRun(w, next.run);
    return { said: next };
  };
  const begin = async () => ({ first, decide });
  return (await settleRecord<WokenRun>(store, begin, pause)).said;
}

function isMeant(run: Run, { stepId, dueAt }: Wake): boolean {
  return isOpen(run) && run.stepId === stepId && run.dueAt === dueAt;
}

/** Of a wake that was decided before: what its steps asked for. */
function emailsOf({ history }: Run, wake: Wake): RunEmail[] {
  const over = history.find(
    ({ did, stepId, dueAt }) => did === 'waited' && stepId === wake.stepId && dueAt === wake.dueAt,
  );
  if (!over) return [];
  return history.flatMap(({ stepId, dueAt, at, ledgerKey }) =>
    ledgerKey !== undefined && at === over.at ? [{ stepId, dueAt, ledgerKey }] : [],
  );
}

/** A person stops a run. `false`: it has ended already, or there is none. */
export async function stopRun(
  runId: string,
  by: string,
  { store, surroundings: { now }, pause }: Means,
): Promise<boolean> {
  const begin = async () => ({
    first: [{ kind: 'runs', key: runId } as const],
    decide: (w: Workspace) => {
      const run = w.runs.get(runId);
      if (!run || !isOpen(run)) return { said: false };
      putRun(w, ended(run, 'stopped', `Stopped by ${actorName(by)}.`, now));
      return { said: true };
    },
  });
  return (await settleRecord<boolean>(store, begin, pause)).said;
}
