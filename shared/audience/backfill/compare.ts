import * as z from 'zod/mini';
import type { PolarApi, PolarRow } from '#shared/polar/api.ts';
import type { PolarPage } from '#shared/polar/pages.ts';
import { customerItem, isOfOrganization, purchaseItem, type Wanted } from './items.ts';
import {
  type BackfillCounts,
  backfillCountsSchema,
  backfillPage,
  type ComparedPage,
  type Item,
  type PageParts,
  unsubscribedAmong,
} from './page.ts';
import { keepSubscriptions } from './subscriptions.ts';

/** What Polar lists, in the order in which it is compared. */
export const backfillPhases = ['customers', 'subscriptions', 'orders'] as const;
export type BackfillPhase = (typeof backfillPhases)[number];

export const placeSchema = z.object({
  phase: z.enum(backfillPhases),
  /** The next page, and how long the list was when the one before was read. */
  page: z.optional(z.int()),
  totalCount: z.optional(z.int()),
  counts: backfillCountsSchema,
});
/** Where a backfill goes on, and what it came to before. */
export type BackfillPlace = z.infer<typeof placeSchema>;

type Comparison = Readonly<{
  api: Pick<PolarApi, BackfillPhase>;
  /** Compares what Polar changed or made since, as `instant` writes it; absent: everything. */
  since?: string | undefined;
  from?: BackfillPlace | undefined;
  /** Absent: all of them. */
  phases?: readonly BackfillPhase[];
}>;

export type CompareHooks = Readonly<{
  /** Called after each page: a run that begins there goes on. */
  save: (place: BackfillPlace) => Promise<void>;
  isStopped: () => boolean;
  /** Gets the rows of each page that Polar lists of the organization, whether they differ or not. */
  listed?: ((phase: BackfillPhase, rows: readonly PolarRow[]) => void) | undefined;
  compared?: (phase: BackfillPhase, page: PolarPage<unknown>) => void;
}>;

/**
 * Compares all that Polar lists with the rows here, page by page, and repairs what differs unless it is a dry run. Adds to
 * `counts`. May be broken off at any point: it goes on from the place that was saved last, and a page that is compared
 * twice is repaired once. Throws a `PolarApiError`.
 */
export async function compareLists(
  parts: PageParts,
  { api, since, from, phases = backfillPhases }: Comparison,
  counts: BackfillCounts,
  { save, isStopped, listed, compared }: CompareHooks,
): Promise<'done' | 'stopped'> {
  const { organizationId, settings } = parts;
  const wanted: Wanted = { organizationId, settings, since };
  const lists = {
    customers: {
      pages: api.customers,
      item: (row: PolarRow) => customerItem(row, wanted),
      async look(items: readonly Item[]) {
        counts.inStep += (await backfillPage(parts, items, counts)).inStep;
        counts.unsubscribed += await unsubscribedAmong(parts.store, items);
        counts.customers += items.length;
      },
    },
    subscriptions: {
      pages: api.subscriptions,
      item: (row: PolarRow) => purchaseItem('subscription.created', row, wanted),
      async look(items: readonly Item[]) {
        const compared = await lookAtPurchases(items);
        await keepSubscriptions(parts, items, compared, counts);
      },
    },
    orders: {
      pages: api.orders,
      item: (row: PolarRow) => purchaseItem('order.paid', row, wanted),
      async look(items: readonly Item[]) {
        await lookAtPurchases(items);
      },
    },
  };

  async function lookAtPurchases(items: readonly Item[]): Promise<ComparedPage> {
    const compared = await backfillPage(parts, items, counts);
    counts.purchases += items.length;
    return compared;
  }

  const first = from ? phases.indexOf(from.phase) : 0;
  for (const [index, phase] of phases.entries()) {
    if (index < first) continue;
    const start = from?.phase === phase ? from : undefined;
    const { pages, item, look } = lists[phase];
    const position = { page: start?.page ?? 1, totalCount: start?.totalCount ?? 0 };
    for await (const read of pages(position)) {
      if (isStopped()) return 'stopped';
      listed?.(
        phase,
        read.items.filter((row) => isOfOrganization(row, organizationId)),
      );
      await look(read.items.flatMap((row) => item(row) ?? []));
      compared?.(phase, read);
      const next = phases[index + 1];
      if (!read.isLast) {
        const { totalCount } = read;
        await save({ phase, page: read.position.page + 1, totalCount, counts });
      } else if (next) await save({ phase: next, counts });
    }
  }
  return 'done';
}
