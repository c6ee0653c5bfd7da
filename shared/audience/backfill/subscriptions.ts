import { isDeepStrictEqual } from 'node:util';
import type { Customer } from '#shared/audience/person/person.ts';
import { withSubscription } from '#shared/audience/person/subscription-snapshot.ts';
import type { PolarSubscription } from '#shared/polar/subscription-facts.ts';
import {
  type BackfillCounts,
  type ComparedPage,
  changeCustomers,
  type Item,
  type PageParts,
} from './page.ts';

/**
 * Keeps the state of each subscription on a page on the row of its customer, where it is missing or older, so that
 * contacts show what they are subscribed to. One write for each such customer and no event: whether an event gives a
 * group is judged before, and a state alone gives none. Safe to repeat; a page in step costs nothing more.
 */
export async function keepSubscriptions(
  parts: Pick<PageParts, 'store' | 'pause' | 'now' | 'organizationId' | 'isDryRun' | 'pretended'>,
  items: readonly Item[],
  { before, after }: Pick<ComparedPage, 'before' | 'after'>,
  counts: BackfillCounts,
): Promise<void> {
  const { organizationId, isDryRun, pretended } = parts;
  const told = new Map<string, PolarSubscription[]>();
  for (const { customerId, subscription } of items) {
    const isHere = takesIt(after.get(customerId), organizationId);
    if (!subscription || !(isHere || (isDryRun && pretended.has(customerId)))) continue;
    // What an event has just brought counts, too.
    if (isNews(before.get(customerId), subscription)) counts.subscriptions += 1;
    told.set(customerId, [...(told.get(customerId) ?? []), subscription]);
  }
  if (isDryRun) return;
  const withAll = (row: Customer): Customer => {
    const news = (told.get(row.customerId) ?? []).filter((one) => isNews(row, one));
    if (news.length === 0 || !takesIt(row, organizationId)) return row;
    return { ...row, subscriptions: news.reduce(withSubscription, row.subscriptions ?? {}) };
  };
  const lacking = [...told.keys()].filter((customerId) => {
    const row = after.get(customerId);
    return row !== undefined && withAll(row) !== row;
  });
  await changeCustomers(parts, lacking, withAll);
}

/** Of one who was erased or deleted nothing comes back, and an event of another organization changes nothing either. */
function takesIt(row: Customer | undefined, organizationId: string): boolean {
  if (!row || row.erased || row.deletion) return false;
  return row.organizationId === undefined || row.organizationId === organizationId;
}

function isNews(row: Customer | undefined, subscription: PolarSubscription): boolean {
  const known = row?.subscriptions;
  return !isDeepStrictEqual(withSubscription(known, subscription), known);
}
