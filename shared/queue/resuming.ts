import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import { resumptionMessage, type SendToWorker } from './events-queue.ts';

type Writes = Pick<Workflows, 'save' | 'remove' | 'bringBack'>;

/** Until then every worker that may have found the workflow paused is done. */
const laterSeconds = 120;

/**
 * Workflows whose parked runs go on once they are active again, and end once they are gone. The later message goes first:
 * whatever fails after it, no run stays parked for good.
 */
export function resumingRuns<T extends Writes>(workflows: T, send: SendToWorker): T {
  async function around(workflowId: string, write: () => Promise<boolean>): Promise<boolean> {
    await send(resumptionMessage({ workflowId }), laterSeconds);
    const isDone = await write();
    if (isDone) await send(resumptionMessage({ workflowId }), 0);
    return isDone;
  }

  return {
    ...workflows,
    save(workflow: Workflow) {
      const mayHaveRuns = workflow.status === 'active' && workflow.version > 1;
      const write = () => workflows.save(workflow);
      return mayHaveRuns ? around(workflow.workflowId, write) : write();
    },
    bringBack: (workflow: Workflow) =>
      around(workflow.workflowId, () => workflows.bringBack(workflow)),
    remove: (workflow: Pick<Workflow, 'workflowId' | 'version'>) =>
      around(workflow.workflowId, () => workflows.remove(workflow)),
  };
}
