import { decide, readFirst } from './decide.ts';
import type { EventRecord, ReceivedEvent } from './event-record.ts';
import { stateBeforeRecord } from './rows/state-first.ts';
import { type Means, type RecordWrite, settleRecord, withSameIds } from './rows/unit-of-work.ts';
import type { Workspace } from './rows/workspace.ts';
import { OutdatedWorkflows } from './runs/begin-run.ts';
import type { Workflow } from './workflow.ts';

export type Applied = { kind: 'decided' | 'duplicate'; record: EventRecord };

/** `payload` is the body, which is kept beside the record unless its customer is erased. */
export type Told = Readonly<{ event: ReceivedEvent; payload: string }>;

type EventMeans = Means &
  Readonly<{
    workflows: readonly Workflow[];
    /** The same as they are at this moment, where `workflows` may be older. */
    workflowsNow?: () => Promise<readonly Workflow[]>;
    /** Told why later events were not written with the first. */
    onApart?: (error: unknown) => void;
  }>;

/**
 * Applies one event to the audience, once for each webhook id: a repeated one changes nothing and returns the record
 * of the first.
 */
export async function applyEvent(
  event: ReceivedEvent,
  payload: string,
  means: EventMeans,
): Promise<Applied> {
  return (await applyTogether({ event, payload }, alongWith([]), means)).applied;
}

/** What became of an event, and the records of later ones that were written with it. */
export type AppliedFirst = Readonly<{ applied: Applied; later: readonly EventRecord[] }>;

/**
 * The same for the first of some events of one customer. Where it takes a transaction, the later ones are decided after
 * it and written in it; else, and where anything goes wrong with them, they are left to do.
 */
export async function applyFirst(
  first: Told,
  later: readonly Told[],
  means: EventMeans,
): Promise<AppliedFirst> {
  const along = alongWith(later);
  try {
    return await applyTogether(first, along, means);
  } catch (error) {
    if (along.taken.length === 0) throw error;
    means.onApart?.(error);
    // It may be for a later one, which must not fail the first.
    return applyTogether(first, alongWith([]), means);
  }
}

/** Which later events the next attempt may take along, and which the one at hand took. */
type Along = { next: readonly Told[]; taken: readonly Told[] };

const alongWith = (later: readonly Told[]): Along => ({ next: later, taken: [] });

async function applyTogether(
  first: Told,
  along: Along,
  { store, surroundings, workflows, workflowsNow, pause }: EventMeans,
): Promise<AppliedFirst> {
  const later = along.next;
  const apply = async (known: readonly Workflow[], areCached: boolean): Promise<AppliedFirst> => {
    const around = withSameIds(surroundings);
    const decideAll = (w: Workspace, next: readonly Told[]) => {
      const now = around();
      const decideOne = ({ event, payload }: Told): RecordWrite => {
        const record = decide(w, event, now, known, { areCached });
        return { record, ...(!record.erased && { payload }) };
      };
      const own = decideOne(first);
      along.taken = takesTransaction(w, own) ? next : [];
      const more = along.taken.map(decideOne);
      const said = { record: own.record, later: more.map(({ record }) => record) };
      return { said, ...own, later: more };
    };
    along.next = later;
    const begin = async () => {
      const { next } = along;
      // After a lost race the first is alone, so that no later one can make it lose each.
      Object.assign(along, alongWith([]));
      return { first: readFirst(first.event), decide: (w: Workspace) => decideAll(w, next) };
    };
    const { said, result } = await settleRecord(store, begin, pause);
    if (result.kind === 'duplicate') return { applied: result, later: [] };
    return { applied: { kind: 'decided', record: said.record }, later: said.later };
  };
  try {
    return await apply(workflows, workflowsNow !== undefined);
  } catch (error) {
    if (!workflowsNow || !(error instanceof OutdatedWorkflows)) throw error;
    return apply(await workflowsNow(), false);
  }
}

/** An erasure is for itself, and so is what plain puts can write, which cost less. */
function takesTransaction(w: Workspace, { record }: RecordWrite): boolean {
  const steps = w.steps();
  return steps !== undefined && w.erased().length === 0 && !stateBeforeRecord({ steps, record });
}
