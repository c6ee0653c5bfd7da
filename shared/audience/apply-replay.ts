import { decideReplay, type Replay, type Replayed } from './replay.ts';
import { type Means, settleAnew } from './settle.ts';
import type { Workflow } from './workflow.ts';
import type { Known } from './workspace.ts';

/**
 * Runs a recorded event again and writes what it changes together with an entry in the record of the event. Safe to
 * repeat: of one `replayId` only the first run counts, and a repetition gives its entry back.
 */
export async function applyReplay(
  replay: Replay,
  { store, surroundings, workflows, pause }: Means & { workflows: readonly Workflow[] },
): Promise<Replayed> {
  const begin = async () => {
    const recorded = await store.recorded(replay.webhookId);
    return (known: Known) => decideReplay(replay, recorded, known, surroundings, workflows);
  };
  const { decision } = await settleAnew(store, begin, pause);
  return decision.replayed;
}
