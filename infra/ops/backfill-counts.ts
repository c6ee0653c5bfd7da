import * as z from 'zod';
import type { DriftKind } from '#shared/audience/drift.ts';

const count = z.number().int();
const reasons = z.record(z.string(), count);

/** What a backfill has come to so far. Numbers and sentences only, no personal data. */
export const backfillCountsSchema = z.object({
  customers: count,
  purchases: count,
  inStep: count,
  erased: count,
  withoutAddress: count,
  /** For information: consent is never compared. */
  unsubscribed: count,
  drift: z.object({
    missing: count,
    stale: count,
    'wrong-group': count,
    extra: count,
  } satisfies Record<DriftKind, unknown>),
  repaired: count,
  /** What could not be repaired, by reason. */
  refused: reasons,
  /** What the settings keep from being repaired, by reason. */
  unwanted: reasons,
});
export type BackfillCounts = z.infer<typeof backfillCountsSchema>;

export function noCounts(): BackfillCounts {
  return {
    ...{ customers: 0, purchases: 0, inStep: 0, erased: 0, withoutAddress: 0, unsubscribed: 0 },
    drift: { missing: 0, stale: 0, 'wrong-group': 0, extra: 0 },
    repaired: 0,
    refused: {},
    unwanted: {},
  };
}

export function countReason(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}
