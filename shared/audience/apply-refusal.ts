import type { AudienceStore } from './audience-store.ts';
import type { Surroundings } from './identity.ts';
import { type Refusal, refuse, takeOnRefusal } from './refuse.ts';
import { settle } from './settle.ts';

/**
 * Records a person's or a mailbox's "no": on the address first, then on every customer who has, or ever had, it.
 * Safe to repeat; when it fails midway the address is suppressed already, and a repetition finishes the rest.
 */
export async function applyRefusal(
  refusal: Refusal,
  {
    store,
    surroundings,
    pause,
  }: {
    store: AudienceStore;
    surroundings: Surroundings;
    pause: (lostRaces: number) => Promise<void>;
  },
): Promise<void> {
  const { decision } = await settle(store, (known) => refuse(refusal, known, surroundings), pause);
  for (const customerId of decision.claimants) {
    await settle(
      store,
      (known) => takeOnRefusal(customerId, refusal.email, known, surroundings),
      pause,
    );
  }
}
