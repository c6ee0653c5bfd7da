import { decide, readFirst } from './decide.ts';
import type { EventRecord, ReceivedEvent } from './event-record.ts';
import { type Means, settleRecord, withSameIds } from './rows/unit-of-work.ts';
import type { Workspace } from './rows/workspace.ts';
import { OutdatedWorkflows } from './runs/begin-run.ts';
import type { Workflow } from './workflow.ts';

type Applied = { kind: 'decided' | 'duplicate'; record: EventRecord };

/**
 * Applies one event to the audience, once for each webhook id: a repeated one changes nothing and returns the record
 * of the first. `payload` is the body, which is kept beside the record unless its customer is erased.
 */
export async function applyEvent(
  event: ReceivedEvent,
  payload: string,
  {
    store,
    surroundings,
    workflows,
    workflowsNow,
    pause,
  }: Means & {
    workflows: readonly Workflow[];
    /** The same as they are at this moment, where `workflows` may be older. */
    workflowsNow?: () => Promise<readonly Workflow[]>;
  },
): Promise<Applied> {
  const apply = async (known: readonly Workflow[], areCached: boolean): Promise<Applied> => {
    const around = withSameIds(surroundings);
    const decideOnce = (w: Workspace) => {
      const record = decide(w, event, around(), known, { areCached });
      return { said: record, record, ...(!record.erased && { payload }) };
    };
    const begin = async () => ({ first: readFirst(event), decide: decideOnce });
    const { said, result } = await settleRecord(store, begin, pause);
    if (result.kind === 'duplicate') return { kind: 'duplicate', record: result.record };
    return { kind: 'decided', record: said };
  };
  try {
    return await apply(workflows, workflowsNow !== undefined);
  } catch (error) {
    if (!workflowsNow || !(error instanceof OutdatedWorkflows)) throw error;
    return apply(await workflowsNow(), false);
  }
}
