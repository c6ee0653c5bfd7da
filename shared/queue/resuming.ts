import { isDeepStrictEqual } from 'node:util';
import type { Step, Workflow, Workflows } from '#shared/audience/workflow.ts';
import { resumptionMessage, type SendToWorker } from './events-queue.ts';

type Writes = Pick<Workflows, 'find' | 'save' | 'remove' | 'bringBack'>;

/** Until then every worker that may have found the workflow paused is done. */
const laterSeconds = 120;

/**
 * Workflows whose parked runs go on once they are active again, and end once they are gone, and whose runs wait for a date
 * as it was edited: it may be earlier than the time at which the clock would ask for them. The later message goes first:
 * whatever fails after it, no run stays parked for good.
 */
export function resumingRuns<T extends Writes>(workflows: T, send: SendToWorker): T {
  async function around(
    workflowId: string,
    write: () => Promise<boolean>,
    datedAt: string[] = [],
  ): Promise<boolean> {
    const resumption = { workflowId, ...(datedAt.length > 0 && { datedAt }) };
    await send(resumptionMessage(resumption), laterSeconds);
    const isDone = await write();
    if (isDone) await send(resumptionMessage(resumption), 0);
    return isDone;
  }

  return {
    ...workflows,
    async save(workflow: Workflow) {
      const { workflowId, version, status } = workflow;
      const write = () => workflows.save(workflow);
      const before = version > 1 ? await workflows.find(workflowId) : undefined;
      if (!before) return write();
      const datedAt = editedDates(before, workflow);
      return status === 'active' || datedAt.length > 0
        ? around(workflowId, write, datedAt)
        : write();
    },
    bringBack: (workflow: Workflow) =>
      around(workflow.workflowId, () => workflows.bringBack(workflow)),
    remove: (workflow: Pick<Workflow, 'workflowId' | 'version'>) =>
      around(workflow.workflowId, () => workflows.remove(workflow)),
  };
}

/** The waits of which it was edited for which date they wait. */
function editedDates(before: Workflow, { steps }: Workflow): string[] {
  const untilOf = (step: Step | undefined) =>
    step?.kind === 'wait' && 'until' in step ? step.until : undefined;
  const known = new Map(before.steps.map((step) => [step.id, untilOf(step)]));
  return steps.flatMap((step) => {
    const until = untilOf(step);
    const isEdited = until && known.has(step.id) && !isDeepStrictEqual(until, known.get(step.id));
    return isEdited ? [step.id] : [];
  });
}
