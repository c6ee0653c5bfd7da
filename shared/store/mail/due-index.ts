import { shardOf } from '#shared/store/dynamo.ts';

/** The keys of the index `byDue` of the ledger: a row without them is not in it. */
export const dueAttributes = ['dueAt', 'dueShard'] as const;

/** Before the time in `dueAt` of what is held: in the order of text it is later than any time. */
export const heldMark = 'held ';

export function dueOnceReleased(heldSince: string): string {
  return `${heldMark}${heldSince}`;
}

/** Sorts a row into the index, where the clock finds it from that time on. */
export function dueAttributesOf(ledgerKey: string, dueAt: string) {
  return { dueAt, dueShard: shardOf(ledgerKey) };
}
