import type { AudienceStore } from './audience-store.ts';
import { decide, type ReceivedEvent } from './decide.ts';
import type { EventRecord } from './event-record.ts';
import type { Surroundings } from './identity.ts';
import { settle } from './settle.ts';

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
    pause,
  }: {
    store: AudienceStore;
    surroundings: Surroundings;
    pause: (lostRaces: number) => Promise<void>;
  },
): Promise<Applied> {
  const { decision, result } = await settle(
    store,
    (known) => {
      const decision = decide(event, known, surroundings);
      if (decision.kind === 'load' || decision.record.erased) return decision;
      return { ...decision, payload };
    },
    pause,
  );
  if (result.kind === 'duplicate') return { kind: 'duplicate', record: result.record };
  return { kind: 'decided', record: decision.record };
}
