import { withOptions } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { type FoundDrift, withAddresses } from '#shared/audience/backfill/page.ts';
import { restoreCustomer } from '#shared/audience/deletion.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { inGroups } from '#shared/in-time.ts';
import type { DeletedCustomer } from '#shared/store/audience/customer-scan.ts';
import { askedFor } from './gone.ts';
import type { BackfillHooks, BackfillParts } from './run.ts';

export type RestoreParts = Pick<
  BackfillParts,
  'api' | 'organizationId' | 'store' | 'settings' | 'now' | 'newId' | 'pause'
> &
  Readonly<{
    /** The customers whom a backfill took for deleted, page by page. */
    deletedByBackfill: () => AsyncIterable<readonly DeletedCustomer[]>;
    by: string;
    isDryRun: boolean;
  }>;

type Restored = Readonly<{
  kind: 'done' | 'stopped';
  /** Polar has them, so their deletion was lifted, or would be. */
  restored: number;
  /** Polar has no such customer, so they stay deleted. */
  gone: number;
  /** Polar cannot say, or it is a customer of another organization. */
  unknown: number;
}>;

type RestoreHooks = Pick<BackfillHooks, 'progress' | 'isStopped'> &
  Readonly<{ found: (customer: FoundDrift) => void }>;

const atOnce = 8;

/**
 * Lifts the deletions that a backfill made and Polar contradicts: it finds the customer. Those of which Polar itself has
 * told stay. May be broken off and run again. Throws a `PolarApiError`.
 */
export async function restoreDeleted(parts: RestoreParts, hooks: RestoreHooks): Promise<Restored> {
  const counts = { restored: 0, gone: 0, unknown: 0 };
  for await (const page of parts.deletedByBackfill()) {
    const states = await askedFor({ ...parts, ...hooks }, page);
    if (!states) return { kind: 'stopped', ...counts };
    const there = page.filter(({ customerId }) => states.get(customerId) === 'there');
    for (const state of states.values()) if (state !== 'there') counts[state] += 1;
    counts.restored += there.length;
    const ids = there.map(({ customerId }) => customerId);
    (await withAddresses(parts.store, ids)).forEach(hooks.found);
    if (!parts.isDryRun) await restoreAll(parts, there);
  }
  return { kind: 'done', ...counts };
}

async function restoreAll(parts: RestoreParts, customers: readonly DeletedCustomer[]) {
  let failure: { error: unknown } | undefined;
  const restore = async (customer: DeletedCustomer): Promise<void> => {
    if (failure) return;
    try {
      await restoreOne(parts, customer);
    } catch (error) {
      failure ??= { error };
    }
  };
  await inGroups(customers, ({ customerId }) => customerId, restore, atOnce);
  if (failure) throw failure.error;
}

async function restoreOne(
  { store, settings, now, newId, pause, by }: RestoreParts,
  { customerId, webhookId }: DeletedCustomer,
): Promise<void> {
  const contactId = (await store.recorded(webhookId))?.record.contactId;
  const act = { at: now().toISOString(), by, contactId };
  const surroundings = { settings, now: now(), newId };
  await settle(store, (w) => restoreCustomer(w, customerId, act, surroundings), pause);
}

/** What it came to, for a terminal. */
export function restoredLines(
  { kind, restored, gone, unknown }: Restored,
  { isDryRun, options }: Readonly<{ isDryRun: boolean; options: string }>,
): string[] {
  const rows: [string, number, string][] = [
    [
      isDryRun ? 'to restore' : 'restored',
      restored,
      'a backfill treated them as deleted, but Polar has them',
    ],
    ['gone', gone, 'Polar no longer has them, so they stay deleted'],
    ['unknown', unknown, "Polar can't say, or they belong to another organization"],
  ];
  if (kind === 'stopped') {
    return [...shownCounts(rows), '', 'Interrupted before the end. Run it again to finish.'];
  }
  const next = isDryRun
    ? `Nothing was changed. To restore them: npm run backfill -- --restore${options}`
    : `Next, bring in what changed while they were deleted: ${withOptions('npm run backfill', options)}`;
  return [...shownCounts(rows), ...(restored > 0 ? ['', next] : [])];
}

function shownCounts(rows: readonly (readonly [string, number, string])[]): string[] {
  return columns(rows.map(([name, count, meaning]) => [name, String(count).padStart(7), meaning]));
}
