import type { AudienceStore, Commit, CommitResult } from './audience-store.ts';
import type { Surroundings } from './identity.ts';
import { type Known, type Load, nothingKnown } from './workspace.ts';

/** What it takes to change the audience. `pause` waits a while between lost races. */
export type Means = Readonly<{
  store: AudienceStore;
  surroundings: Surroundings;
  pause: (lostRaces: number) => Promise<void>;
}>;

type Decide<D> = (known: Known) => Load | D;

const longestRace = 20;

/**
 * Load, decide, commit; again from the start when another worker changed what the decision had seen. Throws after
 * twenty lost races, with nothing written.
 */
export function settle<D extends Commit & { kind: 'commit' }>(
  store: AudienceStore,
  decide: Decide<D>,
  pause: Means['pause'],
) {
  return settleAnew(store, async () => decide, pause);
}

/** The same, for a decision that needs more than rows: `begin` reads it, each time anew. */
export async function settleAnew<D extends Commit & { kind: 'commit' }>(
  store: AudienceStore,
  begin: () => Promise<Decide<D>>,
  pause: Means['pause'],
): Promise<{ decision: D; result: Exclude<CommitResult, { kind: 'conflict' }> }> {
  for (let lostRaces = 0; lostRaces < longestRace; lostRaces++) {
    if (lostRaces > 0) await pause(lostRaces);
    const decision = await decided(store, await begin());
    const isEmpty = !decision.steps && !decision.record && !decision.replay;
    const result = isEmpty ? { kind: 'committed' as const } : await store.commit(decision);
    if (result.kind !== 'conflict') return { decision, result };
  }
  throw new Error(`Other workers changed the same customer ${longestRace} times in a row.`);
}

/** Loads what a decision asks for until it is one. Writes nothing. */
export async function decided<D extends { kind: 'commit' }>(
  store: Pick<AudienceStore, 'load'>,
  decide: Decide<D>,
): Promise<D> {
  let known = nothingKnown;
  for (;;) {
    const decision = decide(known);
    if (decision.kind === 'commit') return decision;
    known = together(known, await store.load(decision.keys));
  }
}

function together(known: Known, more: Known): Known {
  return {
    customers: new Map([...known.customers, ...more.customers]),
    addresses: new Map([...known.addresses, ...more.addresses]),
    contacts: new Map([...known.contacts, ...more.contacts]),
    suppressions: new Map([...known.suppressions, ...more.suppressions]),
  };
}
