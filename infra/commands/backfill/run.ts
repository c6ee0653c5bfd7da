import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Settings } from '#shared/audience/settings.ts';
import type { PolarApi, PolarPage, PolarRow } from '#shared/polar/api.ts';
import { customerItem, findExtra, purchaseItem, type Wanted } from './items.ts';
import {
  type BackfillCounts,
  backfillCountsSchema,
  backfillPage,
  type Item,
  type ListedIds,
  listedIds,
  noCounts,
  type PageParts,
  unsubscribedAmong,
} from './page.ts';

export const backfillPhases = ['customers', 'subscriptions', 'orders', 'extra'] as const;

const placeSchema = z.object({
  phase: z.enum(backfillPhases),
  /** The next page, and how long the list was when the one before was read. */
  page: z.number().int().optional(),
  totalCount: z.number().int().optional(),
  counts: backfillCountsSchema,
});
/** Where a backfill goes on, and what it came to before. */
export type BackfillPlace = z.infer<typeof placeSchema>;

const stateSchema = placeSchema.extend({
  organizationId: z.string(),
  since: z.string().nullable(),
  savedAt: z.string(),
});
export type BackfillState = z.infer<typeof stateSchema>;

export type BackfillStates = Readonly<{
  /** `undefined`: there is none, or it cannot be read. */
  read: () => Promise<BackfillState | undefined>;
  save: (state: BackfillState) => Promise<void>;
  forget: () => Promise<void>;
}>;

export const stateFolder = join(homedir(), '.polar-audience');

/** How far the backfill of one deployment is, in a file of the person who runs it. Written whole, or not at all. */
export function backfillStates(folder: string, deployment: string): BackfillStates {
  const file = join(folder, `backfill-${deployment.replace(/[^\w-]+/g, '_')}.json`);
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => 'null');
      return stateSchema.safeParse(parsed(text)).data;
    },
    async save(state) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const part = `${file}.${process.pid}.part`;
      await writeFile(part, JSON.stringify(state), { mode: 0o600, flush: true });
      await rename(part, file);
    },
    forget: () => rm(file, { force: true }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type BackfillParts = Omit<PageParts, 'counted' | 'isDryRun' | 'found'> &
  Readonly<{
    api: Pick<PolarApi, 'customers' | 'customer' | 'subscriptions' | 'orders'>;
    /** What else the access covers is left alone. */
    organizationId: string;
    settings: Settings;
    /** The ids of all customers here that live, page by page. */
    livingIds: () => AsyncIterable<readonly string[]>;
  }>;

export type BackfillWish = Readonly<{
  /** Compares what Polar changed or made since, as `instant` writes it; absent: everything. */
  since?: string | undefined;
  isDryRun: boolean;
  from?: BackfillPlace | undefined;
}>;

export type BackfillHooks = Pick<PageParts, 'found'> &
  Readonly<{
    progress: (text: string) => void;
    /** Called after each page: a run that begins there goes on. */
    save: (place: BackfillPlace) => Promise<void>;
    isStopped: () => boolean;
  }>;

export type Backfilled = Readonly<{ kind: 'done' | 'stopped'; counts: BackfillCounts }>;

/**
 * Compares what Polar lists with what is known here, and repairs what differs; a dry run only reads. Holds one page at a
 * time, and the ids of the customers: some 300 bytes each, and at most the 16.7 million that a Set holds. May be broken off at any point
 * and run again. Throws a `PolarApiError`.
 */
export async function backfill(
  parts: BackfillParts,
  { since, isDryRun, from }: BackfillWish,
  hooks: BackfillHooks,
): Promise<Backfilled> {
  const { api, organizationId, settings } = parts;
  const counts = from?.counts ?? noCounts();
  const page: PageParts = { ...parts, isDryRun, found: hooks.found, counted: new Map() };
  const wanted: Wanted = { organizationId, settings, since };
  let listed: ListedIds | undefined = listedIds();

  const lists = {
    customers: {
      pages: api.customers,
      item: (row: PolarRow) => customerItem(row, wanted),
      async look(rows: readonly PolarRow[], items: readonly Item[]) {
        for (const { id } of rows) listed?.add(id);
        counts.inStep += await backfillPage(page, items, counts);
        counts.unsubscribed += await unsubscribedAmong(parts.store, items);
        counts.customers += items.length;
      },
    },
    subscriptions: {
      pages: api.subscriptions,
      item: (row: PolarRow) => purchaseItem('subscription.created', row, wanted),
      look: lookAtPurchases,
    },
    orders: {
      pages: api.orders,
      item: (row: PolarRow) => purchaseItem('order.paid', row, wanted),
      look: lookAtPurchases,
    },
  };

  async function lookAtPurchases(_: readonly PolarRow[], items: readonly Item[]): Promise<void> {
    await backfillPage(page, items, counts);
    counts.purchases += items.length;
  }

  for (const [index, phase] of backfillPhases.entries()) {
    if (from && index < backfillPhases.indexOf(from.phase)) {
      listed = undefined;
      continue;
    }
    if (phase === 'extra') {
      const extras = { ...parts, listed, isStopped: hooks.isStopped, progress: hooks.progress };
      return { kind: await findExtra(extras, page, counts), counts };
    }
    const start = from?.phase === phase ? from : undefined;
    if (start?.page !== undefined) listed = undefined;
    const { pages, item, look } = lists[phase];
    const position = { page: start?.page ?? 1, totalCount: start?.totalCount ?? 0 };
    for await (const read of pages(position)) {
      if (hooks.isStopped()) return { kind: 'stopped', counts };
      await look(
        read.items,
        read.items.flatMap((row) => item(row) ?? []),
      );
      hooks.progress(progressText(phase, read));
      const next = backfillPhases[index + 1] ?? phase;
      await hooks.save(
        read.isLast
          ? { phase: next, counts }
          : { phase, page: read.position.page + 1, totalCount: read.totalCount, counts },
      );
    }
  }
  return { kind: 'done', counts };
}

function progressText(phase: string, { position, totalCount }: PolarPage<unknown>): string {
  const looked = Math.min(position.page * 100, totalCount);
  return `${phase}: ${looked} of ${totalCount} looked at, ${totalCount - looked} left`;
}
