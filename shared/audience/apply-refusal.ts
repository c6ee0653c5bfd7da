import { type Refusal, refuse, takeOnRefusal } from './refuse.ts';
import { type Means, settle } from './settle.ts';

/**
 * Records a person's or a mailbox's "no": on the address first, then on every customer who has, or ever had, it.
 * Safe to repeat; when it fails midway the address is suppressed already, and a repetition finishes the rest.
 */
export async function applyRefusal(refusal: Refusal, means: Means): Promise<void> {
  const { store, surroundings, pause } = means;
  const { decision } = await settle(store, (known) => refuse(refusal, known, surroundings), pause);
  await refuseForClaimants(decision.claimants, refusal.email, means);
}

/** Puts the "no" that lies on an address on the customers who have, or had, it, one write each. Safe to repeat. */
export async function refuseForClaimants(
  claimants: readonly string[],
  email: string,
  { store, surroundings, pause }: Means,
): Promise<void> {
  for (const customerId of claimants) {
    await settle(store, (known) => takeOnRefusal(customerId, email, known, surroundings), pause);
  }
}
