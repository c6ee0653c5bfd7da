import type { Workflow, Workflows } from '#shared/audience/workflow.ts';

export type Named = Pick<Workflow, 'workflowId' | 'name'>;

/** So many of them are listed: each is some queries more. */
const mostRemoved = 20;

/**
 * The workflows that were removed last, whose emails are in the ledger still. They are looked for among all that is kept
 * of workflows, which only a change of those that are there makes necessary again.
 */
export function removedWorkflows({ removed }: Pick<Workflows, 'removed'>) {
  let known: Readonly<{ present: string; removed: Promise<readonly Named[]> }> | undefined;

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
    if (isFresh || known?.present !== ids) known = { present: ids, removed: read(present) };
    try {
      return await known.removed;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}
