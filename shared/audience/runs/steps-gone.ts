import type { Workflow } from '#shared/audience/workflow.ts';

/** How many wait at a step that a change takes away. */
export type StoppedAt = Readonly<{ stepId: string; count: number }>;

/** How many are at a wait of a workflow; of many, at least `mostCounted`. */
export type WaitingAt = (workflowId: string, stepId: string) => Promise<number>;

/** More need not be counted to make somebody think twice. */
export const mostCounted = 100;

type Steps = readonly Readonly<{ id: string; kind: 'send' | 'wait' }>[];

/** Where people wait whom saving `steps` would stop. */
export async function stoppedBy(
  present: Pick<Workflow, 'workflowId' | 'steps'>,
  steps: Steps,
  waitingAt: WaitingAt,
): Promise<StoppedAt[]> {
  const waits = new Set(steps.filter(({ kind }) => kind === 'wait').map(({ id }) => id));
  const gone = present.steps.filter(({ id, kind }) => kind === 'wait' && !waits.has(id));
  const counted = await Promise.all(
    gone.map(async ({ id }) => ({
      stepId: id,
      count: await waitingAt(present.workflowId, id),
    })),
  );
  return counted.filter(({ count }) => count > 0);
}

/** `3 at wait-1`; of many `100+ at wait-1`. */
export function stoppedText({ stepId, count }: StoppedAt): string {
  return `${count >= mostCounted ? `${mostCounted}+` : count} at ${stepId}`;
}
