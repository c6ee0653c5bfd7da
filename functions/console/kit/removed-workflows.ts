import type { Workflow, Workflows } from '#shared/audience/workflow.ts';
import { mostRemoved } from '#shared/store/mail/workflow-versions.ts';

export type Named = Pick<Workflow, 'workflowId' | 'name'>;

/** Another instance, or a command, may have added and removed one since, which leaves the same ones there. */
const maxAgeMs = 10_000;

type Known = Readonly<{ present: string; atMs: number; removed: Promise<readonly Named[]> }>;

/**
 * The workflows that were removed last, whose emails are in the ledger still. They are looked for among all that is kept
 * of workflows: again once others are there, and at the latest after 10 seconds.
 */
export function removedWorkflows({ removed }: Pick<Workflows, 'removed'>, nowMs: () => number) {
  let known: Known | undefined;

  async function read(present: readonly Named[]): Promise<readonly Named[]> {
    const found = await removed(present);
    return found.slice(0, mostRemoved).map(({ workflowId, name }) => ({ workflowId, name }));
  }

  /** `isFresh`: somebody may have just removed one, so what was known before does not count. */
  return async (present: readonly Named[], isFresh = false): Promise<readonly Named[]> => {
    const ids = present
      .map(({ workflowId }) => workflowId)
      .sort()
      .join();
    if (isFresh || known?.present !== ids || nowMs() - known.atMs >= maxAgeMs) {
      known = { present: ids, atMs: nowMs(), removed: read(present) };
    }
    const asked = known;
    try {
      return await asked.removed;
    } catch (error) {
      if (known === asked) known = undefined;
      throw error;
    }
  };
}
