import { applyReplay } from '#shared/audience/apply-replay.ts';
import type { EventRecord, ReplayEntry } from '#shared/audience/event-record.ts';
import type { Replay } from '#shared/audience/replay.ts';
import type { Means } from '#shared/audience/settle.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { Unprocessable } from '#shared/aws/unprocessable.ts';

/** Runs a recorded event again. Throws `Unprocessable` when there is no record of it. Safe to repeat. */
export async function replayEvent(
  replay: Replay,
  means: Means & { workflows: readonly Workflow[] },
): Promise<{ record: EventRecord; entry: ReplayEntry; isDuplicate: boolean }> {
  const replayed = await applyReplay(replay, means);
  if (replayed.kind === 'no-record') {
    throw new Unprocessable(
      'There is no record of the event to replay: it never came here, or its record has expired.',
    );
  }
  const { record, entry, kind } = replayed;
  return { record, entry, isDuplicate: kind === 'duplicate' };
}
