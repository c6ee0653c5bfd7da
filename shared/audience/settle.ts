import type { AudienceStore, Commit, CommitResult } from './audience-store.ts';
import { type Known, nothingKnown, type RowKey } from './workspace.ts';

type Load = { kind: 'load'; keys: RowKey[] };

const longestRace = 20;

/**
 * Load, decide, commit; again from the start when another worker changed what the decision had seen. Throws after
 * twenty lost races, with nothing written.
 */
export async function settle<D extends Commit & { kind: 'commit' }>(
  store: AudienceStore,
  decide: (known: Known) => Load | D,
  pause: (lostRaces: number) => Promise<void>,
): Promise<{ decision: D; result: Exclude<CommitResult, { kind: 'conflict' }> }> {
  for (let lostRaces = 0; lostRaces < longestRace; lostRaces++) {
    if (lostRaces > 0) await pause(lostRaces);
    const decision = await decided(store, decide);
    const isEmpty = decision.steps === undefined && decision.record === undefined;
    const result = isEmpty ? { kind: 'committed' as const } : await store.commit(decision);
    if (result.kind !== 'conflict') return { decision, result };
  }
  throw new Error(`Other workers changed the same customer ${longestRace} times in a row.`);
}

async function decided<D extends { kind: 'commit' }>(
  store: AudienceStore,
  decide: (known: Known) => Load | D,
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
