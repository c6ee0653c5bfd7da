import type { AudienceStore } from './audience-store.ts';
import { decide, type ReceivedEvent } from './decide.ts';
import type { EventRecord } from './event-record.ts';
import type { Surroundings } from './identity.ts';
import { settle } from './settle.ts';
import type { Workflow } from './workflow.ts';

export type Applied = { kind: 'decided' | 'duplicate'; record: EventRecord };

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
    pause,
  }: {
    store: AudienceStore;
    surroundings: Surroundings;
    /** Those that are active. */
    workflows: readonly Workflow[];
    pause: (lostRaces: number) => Promise<void>;
  },
): Promise<Applied> {
  const { decision, result } = await settle(
    store,
    (known) => {
      const decision = decide(event, known, surroundings, workflows);
      if (decision.kind === 'load' || decision.record.erased) return decision;
      return { ...decision, payload };
    },
    pause,
  );
  if (result.kind === 'duplicate') return { kind: 'duplicate', record: result.record };
  return { kind: 'decided', record: decision.record };
}
