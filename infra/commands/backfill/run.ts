import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import {
  type BackfillPlace,
  type CompareHooks,
  compareLists,
  placeSchema,
} from '#shared/audience/backfill/compare.ts';
import { extraItem } from '#shared/audience/backfill/items.ts';
import { countLiving, type LivingCustomer } from '#shared/audience/backfill/living.ts';
import {
  type BackfillCounts,
  backfillPage,
  countReason,
  type FoundDrift,
  noCounts,
  notAgreed,
  type PageParts,
  takeOnOrganization,
  withAddresses,
} from '#shared/audience/backfill/page.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { PolarApi } from '#shared/polar/api.ts';
import type { PolarPage } from '#shared/polar/pages.ts';
import { findGone, mostDeletions, otherOrganization } from './gone.ts';

const phaseOrder = 2;
const stateSchema = z.extend(placeSchema, {
  /** Of the phases. Version 0.1.0 wrote none, and looked last who was deleted: its runs cannot be resumed. */
  order: z.literal(phaseOrder),
  organizationId: z.string(),
  since: z.nullable(z.string()),
  savedAt: z.string(),
});
export type BackfillState = z.infer<typeof stateSchema>;

const olderSchema = z.object({ phase: z.string(), order: z.optional(z.never()) });

export type BackfillStates = Readonly<{
  /**
   * `undefined`: there is none, or it cannot be read. `older`: version 0.1.0 left it. `stale`: it is so old that the pages
   * before it may differ again.
   */
  read: () => Promise<BackfillState | 'older' | 'stale' | undefined>;
  save: (state: Omit<BackfillState, 'order'>) => Promise<void>;
  forget: () => Promise<void>;
}>;

/** Of whoever runs the command. */
export const stateFolder = () => join(homedir(), '.polar-audience');

/** A run that is resumed says in the end that all is in step: what it compared must have been lately. */
const longestBreakMs = 24 * 3_600_000;

/** How far the backfill of one deployment is, in a file of the person who runs it. Written whole, or not at all. */
export function backfillStates(
  folder: string,
  deployment: string,
  now: () => Date,
): BackfillStates {
  const file = join(folder, `backfill-${deployment.replace(/[^\w-]+/g, '_')}.json`);
  return {
    async read() {
      const state = parsed(await readFile(file, 'utf8').catch(() => 'null'));
      if (olderSchema.safeParse(state).success) return 'older';
      const known = stateSchema.safeParse(state).data;
      const isStale = known && now().getTime() - Date.parse(known.savedAt) > longestBreakMs;
      return isStale ? 'stale' : known;
    },
    async save(state) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const part = `${file}.${process.pid}.part`;
      await writeFile(part, JSON.stringify({ ...state, order: phaseOrder }), {
        mode: 0o600,
        flush: true,
      });
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

export type BackfillParts = Omit<
  PageParts,
  'counted' | 'pretended' | 'isDryRun' | 'found' | 'refused'
> &
  Readonly<{
    api: Pick<PolarApi, 'customers' | 'customer' | 'subscriptions' | 'orders' | 'organizations'>;
    /** What else the access covers is left alone. */
    organizationId: string;
    settings: Settings;
    /** All customers here that live, page by page. */
    living: () => AsyncIterable<readonly LivingCustomer[]>;
    /** Of which organization a customer is whose row does not say it; `undefined`: nobody knows. */
    organizationOf: (customerId: string) => Promise<string | undefined>;
  }>;

type BackfillWish = Readonly<{
  /** Compares what Polar changed or made since, as `instant` writes it; absent: everything. */
  since?: string | undefined;
  isDryRun: boolean;
  from?: BackfillPlace | undefined;
  /** A person knows that customers of other organizations are here, and leaves them alone. */
  isMixed?: boolean | undefined;
}>;

/** Those who would be taken for deleted, and how many may be before their number has to be named. */
export type Deletions = Readonly<{ gone: readonly FoundDrift[]; most: number }>;
export type DeletionChoice = 'delete' | 'leave' | 'stop';

export type BackfillHooks = Pick<PageParts, 'found' | 'refused'> &
  Pick<CompareHooks, 'save' | 'isStopped' | 'listed'> &
  Readonly<{
    progress: (text: string) => void;
    /** Whether customers are to be taken for deleted. Not asked by a dry run. */
    deletions: (deletions: Deletions) => Promise<DeletionChoice>;
  }>;

export type Backfilled =
  /** Nothing was compared or changed. `deletions`: so many customers would have been taken for deleted. */
  | Readonly<{ kind: 'refused'; reason: string; deletions?: number }>
  | Readonly<{
      kind: 'done' | 'stopped';
      counts: BackfillCounts;
      /** How many customers Polar does not have any more, where more than may be taken for deleted without a number. */
      tooMany?: number;
    }>;

/**
 * Compares what Polar lists with what is known here, and repairs what differs; a dry run only reads. Holds one page at a
 * time, and the ids of the customers: some 300 bytes each, and at most the 16.7 million that a Set holds. May be broken
 * off at any point and run again. Throws a `PolarApiError`.
 */
export async function backfill(
  parts: BackfillParts,
  { since, isDryRun, from, isMixed = false }: BackfillWish,
  hooks: BackfillHooks,
): Promise<Backfilled> {
  const { api, organizationId } = parts;
  const living = await countLiving(parts.living(), organizationId);
  const reason = isMixed ? undefined : await otherOrganization(living, organizationId, api);
  if (reason !== undefined) return { kind: 'refused', reason };
  const counts = from?.counts ?? noCounts();
  const page: PageParts = {
    ...parts,
    isDryRun,
    found: hooks.found,
    refused: hooks.refused,
    counted: new Map(),
    pretended: new Map(),
  };
  let tooMany: { tooMany?: number } = {};
  if (!from && living.ours > 0) {
    const most = mostDeletions(living.ours);
    const extra = await extras(parts, page, counts, hooks, { most, isMixed });
    if (extra.kind !== 'done') return extra.kind === 'stopped' ? { ...extra, counts } : extra;
    ({ tooMany } = extra);
  }

  const kind = await compareLists(page, { api, since, from }, counts, {
    ...hooks,
    compared: (phase, read) => hooks.progress(progressText(phase, read)),
  });
  return { kind, counts, ...tooMany };
}

type Extras =
  | Readonly<{ kind: 'done'; tooMany: { tooMany?: number } }>
  | Readonly<{ kind: 'stopped' }>
  | Extract<Backfilled, { kind: 'refused' }>;

/** Finds who was deleted in Polar, and takes them for deleted here if that is agreed to. */
async function extras(
  parts: BackfillParts,
  page: PageParts,
  counts: BackfillCounts,
  hooks: BackfillHooks,
  { most, isMixed }: Readonly<{ most: number; isMixed: boolean }>,
): Promise<Extras> {
  const { isStopped, progress, deletions } = hooks;
  const found = await findGone({ ...parts, isStopped, progress });
  if (!found) return { kind: 'stopped' };
  const reason = isMixed
    ? undefined
    : await otherOrganization(found, parts.organizationId, parts.api);
  if (reason !== undefined) return { kind: 'refused', reason };
  for (const [why, count] of Object.entries(found.refused)) {
    countReason(counts.refused, why, count);
  }
  const gone = await withAddresses(parts.store, found.gone);
  const items = gone.map((one) => extraItem(one, parts, parts.now()));
  const isWanted = parts.settings.events['customer.deleted'].enabled;
  if (gone.length > 0 && isWanted && !page.isDryRun) {
    const choice = await deletions({ gone, most });
    if (choice === 'stop') {
      return {
        kind: 'refused',
        reason: stoppedAt(gone.length, most),
        deletions: gone.length,
      };
    }
    if (choice === 'leave') {
      counts.drift.extra += gone.length;
      countReason(counts.refused, notAgreed, gone.length);
      return { kind: 'done', tooMany: {} };
    }
    // Only now: whoever does not agree may know that they are of another organization.
    const unnamed = found.unnamed.map((customerId) => ({ customerId }));
    await takeOnOrganization(parts, unnamed);
  }
  for (let start = 0; start < items.length; start += atOnce) {
    if (isStopped()) return { kind: 'stopped' };
    await backfillPage(page, items.slice(start, start + atOnce), counts);
  }
  const isTooMany = isWanted && gone.length > most;
  return { kind: 'done', tooMany: isTooMany ? { tooMany: gone.length } : {} };
}

const atOnce = 100;
function stoppedAt(count: number, most: number): string {
  const here = `Polar no longer has ${count} customers of your audience`;
  const why =
    count > most
      ? `That's more than the ${most} that can be treated as deleted without confirming the number`
      : "That isn't the number passed with --accept-deletions";
  return `${here}. ${why}, so nothing was compared or changed.`;
}

function progressText(phase: string, { position, totalCount }: PolarPage<unknown>): string {
  const looked = Math.min(position.page * 100, totalCount);
  return `${phase}: ${looked} of ${totalCount} checked, ${totalCount - looked} left`;
}
