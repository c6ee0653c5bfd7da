import type { AudienceStore } from '#shared/audience/audience-store.ts';
import { continueErasure } from '#shared/audience/erase.ts';
import { holdsAddress } from '#shared/audience/holds-address.ts';
import { type Means, settle } from '#shared/audience/settle.ts';
import type { Known } from '#shared/audience/workspace.ts';
import type { EventRecords } from '#shared/aws/dynamo-event-records.ts';
import { inGroups } from '#shared/aws/in-groups.ts';
import type { ContactSweep, CustomerSweep } from '#shared/aws/worker-message.ts';

const pagesAtOnce = 10;
const recordsSideBySide = 10;

type Sweeping = Means & Readonly<{ records: EventRecords }>;

/**
 * Erases what addresses and event records still hold of an erased customer, or of an address that a customer had, a
 * bounded number at a time. Returns the erasure that is left to do, if any. Safe to repeat.
 */
export async function eraseRecords(
  sweep: CustomerSweep,
  { store, records, surroundings, pause }: Sweeping,
): Promise<CustomerSweep | undefined> {
  const { customerId, email } = sweep;
  for (;;) {
    const continued = (known: Known) => continueErasure(customerId, known, surroundings);
    const { decision } = await settle(store, continued, pause);
    if (decision.steps === undefined) break;
  }
  const meant = email === undefined ? 'all' : await meantRecords(customerId, email, store);
  if (meant === 'none') return undefined;
  const erase = async (webhookId: string) => {
    if (meant === 'all' || (await holds(webhookId, meant.email, store))) {
      await records.erase(webhookId);
    }
  };
  const next = await sweepPages(
    (after) => records.idsOfCustomer(customerId, after),
    erase,
    sweep.after,
  );
  return next && { ...sweep, after: next };
}

/** The same for the records of a contact that is erased. */
export async function eraseRecordsOfContact(
  sweep: ContactSweep,
  { records }: Pick<Sweeping, 'records'>,
): Promise<ContactSweep | undefined> {
  const next = await sweepPages(
    (after) => records.idsOfContact(sweep.recordsOfContact, after),
    records.erase,
    sweep.after,
  );
  return next && { ...sweep, after: next };
}

/** Of a customer who has the address again, or came to it anew, none; of one who left it those that hold it. */
async function meantRecords(
  customerId: string,
  email: string,
  store: AudienceStore,
): Promise<'all' | 'none' | { email: string }> {
  const known = await store.load([{ kind: 'customers', key: customerId }]);
  const customer = known.customers.get(customerId)?.row;
  if (customer?.erased) return 'all';
  return customer?.addresses.includes(email) ? 'none' : { email };
}

async function holds(webhookId: string, email: string, store: AudienceStore): Promise<boolean> {
  const recorded = await store.recorded(webhookId);
  return recorded !== undefined && holdsAddress(email, recorded.record, recorded.payload);
}

type Page = Awaited<ReturnType<EventRecords['idsOfContact']>>;

/** Returns where to go on, if there is more than one message should do. */
async function sweepPages(
  pageAfter: (position: Page['next']) => Promise<Page>,
  erase: (webhookId: string) => Promise<void>,
  after: Page['next'],
): Promise<Page['next']> {
  let position = after;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { webhookIds, next } = await pageAfter(position);
    await eraseAll(webhookIds, erase);
    if (next === undefined) return undefined;
    position = next;
  }
  return position;
}

async function eraseAll(
  webhookIds: readonly string[],
  erase: (webhookId: string) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await inGroups(
    webhookIds,
    (webhookId) => webhookId,
    (webhookId) => erase(webhookId).catch((error: unknown) => void failures.push(error)),
    recordsSideBySide,
  );
  if (failures.length > 0) throw failures[0];
}
