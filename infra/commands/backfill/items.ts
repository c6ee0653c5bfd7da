import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import { customerDrift, type DriftKind, purchaseDrift } from '#shared/audience/drift.ts';
import type { Customer } from '#shared/audience/person.ts';
import type { Settings } from '#shared/audience/settings.ts';
import type { PolarApi, PolarRow } from '#shared/polar/api.ts';
import { PolarInvalid, PolarMissing } from '#shared/polar/api-error.ts';
import { backfillDeletion, backfillEvent, type MadeEvent } from '#shared/polar/backfill-events.ts';
import { instant } from '#shared/polar/instant.ts';
import {
  type BackfillCounts,
  backfillPage,
  countReason,
  type Item,
  type Judgement,
  type ListedIds,
  listedIds,
  type PageParts,
} from './page.ts';

type ExtraParts = Readonly<{
  api: Pick<PolarApi, 'customers' | 'customer'>;
  organizationId: string;
  livingIds: () => AsyncIterable<readonly string[]>;
  /** The ids of all customers that Polar lists; absent: they are to be listed first. */
  listed: ListedIds | undefined;
  isStopped: () => boolean;
  progress: (text: string) => void;
}>;

const switchedOff = 'Switched off in the settings: customer.deleted.';

/**
 * Finds living customers here that Polar does not have any more, and applies their deletion. Not being listed is no
 * proof: Polar is asked for each, after it has shown that it finds one that it listed.
 */
export async function findExtra(
  parts: ExtraParts,
  page: PageParts,
  counts: BackfillCounts,
): Promise<'done' | 'stopped'> {
  const listed = parts.listed ?? (await allListed(parts));
  let looked = 0;
  let findsListed: boolean | undefined;
  for await (const ids of parts.livingIds()) {
    const extra: Item[] = [];
    for (const id of ids.filter((one) => !listed.has(one))) {
      if (parts.isStopped()) return 'stopped';
      findsListed ??= await canFind(parts, listed);
      if (!findsListed) {
        countReason(counts.refused, findsNone);
        return 'done';
      }
      const state = await stateInPolar(parts, id);
      if (state === 'unknown') countReason(counts.refused, notAsked);
      if (state === 'gone') extra.push(extraItem(id, page));
    }
    await backfillPage(page, extra, counts);
    looked += ids.length;
    parts.progress(`${looked} customers here looked for in Polar`);
    // A long table that is in step must not keep Ctrl-C from being heard.
    await setImmediate();
    if (parts.isStopped()) return 'stopped';
  }
  return 'done';
}

const findsNone =
  'Polar listed customers, or none at all, but does not find the first of them when asked for it alone. So nobody was taken for deleted. Try again later.';
const notAsked = 'Polar does not list it, and cannot say whether it has it. It was left as it is.';

async function allListed({ api, isStopped, progress }: ExtraParts): Promise<ListedIds> {
  const ids = listedIds();
  for await (const { items, totalCount } of api.customers()) {
    for (const { id } of items) ids.add(id);
    progress(`${ids.size()} of ${totalCount} customers listed again`);
    if (isStopped()) break;
  }
  return ids;
}

/** A wrong address, or a failure of Polar's, must not look as if all customers were deleted. */
async function canFind(parts: ExtraParts, listed: ListedIds): Promise<boolean> {
  for (const id of listed.last()) {
    if ((await stateInPolar(parts, id)) === 'there') return true;
  }
  return false;
}

const organizationSchema = z.object({ organization_id: z.string() });

async function stateInPolar(
  { api, organizationId }: ExtraParts,
  id: string,
): Promise<'there' | 'gone' | 'unknown'> {
  try {
    const found = organizationSchema.safeParse(await api.customer(id)).data;
    return found?.organization_id === organizationId ? 'there' : 'unknown';
  } catch (error) {
    if (error instanceof PolarMissing) return 'gone';
    if (error instanceof PolarInvalid) return 'unknown';
    throw error;
  }
}

function extraItem(customerId: string, { settings, now }: PageParts): Item {
  const deletion = backfillDeletion(customerId, now());
  return {
    customerId,
    judge(here) {
      if (!here || here.deletion || here.erased) return { kind: 'in-step' };
      if (!settings.events['customer.deleted'].enabled) {
        return { kind: 'unwanted', reason: switchedOff };
      }
      if (deletion.kind === 'unreadable') return { kind: 'refused', reason: deletion.reason };
      return { kind: 'drift', drift: 'extra', mend: deletion.made };
    },
  };
}

export type Wanted = Readonly<{
  organizationId: string;
  settings: Settings;
  since: string | undefined;
}>;

const customerSchema = z.object({ organization_id: z.string(), modified_at: z.string().nullish() });
const purchaseSchema = z.object({
  created_at: z.string(),
  customer: z.object({ organization_id: z.string() }),
});
const orderSchema = z.object({ paid: z.boolean().optional(), status: z.string().optional() });

/** What to look at for a customer of Polar's; `undefined` where it is of another organisation or older than wanted. */
export function customerItem(
  row: PolarRow,
  { organizationId, settings, since }: Wanted,
): Item | undefined {
  const known = customerSchema.safeParse(row).data;
  if (known && known.organization_id !== organizationId) return undefined;
  const created = backfillEvent('customer.created', row, settings.version);
  if (!known || created.kind === 'unreadable') return unreadable(created);
  const { customer } = created.made.event;
  if (since !== undefined && customer.version < since) return undefined;
  const said = { customer, isChanged: typeof known.modified_at === 'string' };
  return {
    customerId: customer.id,
    address: customer.email,
    judge(here) {
      const drift = customerDrift(said, here, settings);
      switch (drift.kind) {
        case 'in-step':
        case 'erased':
        case 'without-address':
          return { kind: drift.kind };
        case 'unwanted':
          return drift;
        case 'deleted-here':
          return { kind: 'refused', reason: deletedHere };
        case 'missing':
        case 'stale':
          return mended(drift.kind, backfillEvent(drift.type, row, settings.version));
      }
    },
  };
}

const deletedHere =
  'It was deleted here, and deleted stays deleted, but Polar lists it still. If Polar has deleted it by now, this is gone with the next run.';

/** The same for a subscription or an order; `undefined` for an order that is not paid, too. */
export function purchaseItem(
  type: 'subscription.created' | 'order.paid',
  row: PolarRow,
  { organizationId, settings, since }: Wanted,
): Item | undefined {
  const known = purchaseSchema.safeParse(row).data;
  if (known && known.customer.organization_id !== organizationId) return undefined;
  if (type === 'order.paid' && !isPaid(row)) return undefined;
  const event = backfillEvent(type, row, settings.version);
  if (!known || event.kind === 'unreadable') return unreadable(event);
  const createdAt = instant(known.created_at);
  if (since !== undefined && createdAt !== undefined && createdAt < since) return undefined;
  const { customer } = event.made.event;
  return {
    customerId: customer.id,
    address: customer.email,
    judge(here: Customer | undefined) {
      const drift = purchaseDrift(event.made.event, here, settings);
      return drift === 'in-step' ? { kind: 'in-step' } : mended(drift, event);
    },
  };
}

function isPaid(row: PolarRow): boolean {
  const { paid, status } = orderSchema.safeParse(row).data ?? {};
  return paid ?? (status !== undefined && /^(paid|refunded|partially_refunded)$/.test(status));
}

function mended(drift: DriftKind, event: MadeEvent): Judgement {
  if (event.kind === 'unreadable') return { kind: 'refused', reason: unreadableReason(event) };
  return { kind: 'drift', drift, mend: event.made };
}

function unreadable(event: MadeEvent): Item {
  return { customerId: '', judge: () => ({ kind: 'refused', reason: unreadableReason(event) }) };
}

function unreadableReason(event: MadeEvent): string {
  const why = event.kind === 'unreadable' ? event.reason : 'Its organisation is not said.';
  return `What Polar said of it cannot be read. ${why}`;
}
