import { advance, type Ground } from './advance.ts';
import { shownContact } from './customer-runs.ts';
import { isOpen, type Run } from './run.ts';
import { type AudienceStore, look } from './unit-of-work.ts';
import type { Workflow } from './workflow.ts';

/** A run, and why it would end at its next step without another email, by the facts of now. */
export type RunNow = Readonly<{ run: Run; endsNext: string | undefined }>;

/**
 * Why a run that waits would end at its next step before that asks for an email; `undefined`: it goes on. Such an end is
 * written down only when the step is due. A paused workflow counts as if it were active again by then.
 */
export function endsNext(run: Run, ground: Ground): string | undefined {
  if (!isOpen(run)) return undefined;
  const due = run.dueAt === undefined ? 0 : Date.parse(run.dueAt);
  const now = new Date(Math.max(ground.now.getTime(), due));
  const workflow = ground.workflow && { ...ground.workflow, status: 'active' as const };
  const next = advance(run, { ...ground, workflow, now });
  const isEnd = next.run.state === 'exited' || next.run.state === 'stopped';
  return isEnd && next.emails.length === 0 ? next.run.reason : undefined;
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
      const workflow = byId.get(run.workflowId);
      return { run, endsNext: endsNext(run, { workflow, customer, contact, now }) };
    }),
  );
}
