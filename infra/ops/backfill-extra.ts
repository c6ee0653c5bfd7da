import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import { backfillDeletion } from '#shared/polar/backfill-events.ts';
import type { PolarApi } from '#shared/polar/polar-api.ts';
import { PolarInvalid, PolarMissing } from '#shared/polar/polar-api-error.ts';
import { type BackfillCounts, countReason } from './backfill-counts.ts';
import { backfillPage, type Item, type PageParts } from './backfill-page.ts';
import { type ListedIds, listedIds } from './listed-ids.ts';

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
