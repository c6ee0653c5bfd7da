import {
  continueErasure,
  type ErasureByHand,
  eraseClaimant,
  eraseCustomer,
  eraseLayer,
  holdsAddress,
} from '#shared/audience/erasure.ts';
import { type NormalisedEmail, normalisedEmail } from '#shared/audience/person/address.ts';
import { addressesOf } from '#shared/audience/person/person.ts';
import {
  type AudienceStore,
  type ContactLookup,
  look,
  type Means,
  settle,
} from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { forgotten, putRun } from '#shared/audience/runs/customer-runs.ts';
import { inGroups } from '#shared/in-time.ts';
import {
  type ContactErasure,
  type ContactSweep,
  type CustomerSweep,
  type Erasure,
  erasureDelaysSeconds,
} from '#shared/queue/events-queue.ts';
import type { EventRecords } from '#shared/store/events/event-records.ts';
import type { RunLists } from '#shared/store/runs/run-lists.ts';

type Erasing = Means &
  Readonly<{
    contactOf: ContactLookup;
    /** Asks for an erasure that follows from this one. */
    ask: (erasure: Erasure, delaySeconds: number) => Promise<unknown>;
  }>;

const [later, atOnce] = erasureDelaysSeconds;

/**
 * Erases a contact wherever it is now, or a customer whom none shows, and what everyone who claims its address keeps of
 * that address. What event records hold goes in messages of their own, now and again later. Safe to repeat at any point:
 * the later messages are sent before the rows that name their customers go.
 */
export async function eraseContact(request: ContactErasure, means: Erasing): Promise<void> {
  const { contactId, hiddenCustomerId, email, at, by } = request;
  const { contact, spellings } = await means.contactOf({ contactId });
  const contactIds = distinct([contactId, contact?.contactId, ...(contact?.mergedIds ?? [])]);
  const erasure: ErasureByHand = { at, by, contactIds };
  for (const id of contactIds) await means.ask({ recordsOfContact: id }, later);
  if (hiddenCustomerId !== undefined) await eraseHidden(hiddenCustomerId, erasure, means);
  const typed = distinct([email, contact?.email]);
  for (const address of new Set(typed.map(normalisedEmail))) {
    await eraseAddress(address, [...typed, ...spellings], erasure, means);
  }
  for (const id of contactIds) await means.ask({ recordsOfContact: id }, atOnce);
}

async function eraseHidden(customerId: string, erasure: ErasureByHand, means: Erasing) {
  const { store, surroundings, pause, ask } = means;
  await ask({ customerId }, later);
  await settle(store, (w) => eraseCustomer(w, customerId, erasure, surroundings), pause);
  await ask({ customerId }, atOnce);
}

async function eraseAddress(
  email: NormalisedEmail,
  spellings: readonly string[],
  erasure: ErasureByHand,
  means: Erasing,
) {
  const { store, surroundings, pause, ask } = means;
  const spelled = (w: Pick<Workspace, 'spelled'>) => spellings.forEach(w.spelled);
  const address = await look(store, (w) => {
    spelled(w);
    return w.addresses.get(email);
  });
  const claims = address?.claims ?? {};
  for (const customerId of Object.keys(claims)) {
    await ask({ customerId, email }, later);
    const fate = await settle(
      store,
      (w) => {
        spelled(w);
        return eraseClaimant(w, customerId, email, erasure, surroundings);
      },
      pause,
    );
    if (fate !== 'spared') await ask({ customerId, email }, atOnce);
  }
  const byHand = (w: Workspace) => {
    spelled(w);
    eraseLayer(w, email, erasure, surroundings);
  };
  await settle(store, byHand, pause);
}

function distinct<T extends string>(texts: readonly (T | undefined)[]): T[] {
  return [...new Set(texts)].filter((text) => text !== undefined);
}

const pagesAtOnce = 10;
const recordsSideBySide = 10;

type Sweeping = Means & Readonly<{ records: EventRecords; runs: RunLists }>;

/**
 * Erases what addresses, runs and event records still hold of an erased customer, or of an address that a customer had, a
 * bounded number at a time. Returns the erasure that is left to do, if any. Safe to repeat.
 */
export async function eraseRecords(
  sweep: CustomerSweep,
  sweeping: Sweeping,
): Promise<CustomerSweep | undefined> {
  const { store, records, runs, surroundings, pause } = sweeping;
  const { customerId } = sweep;
  const email = sweep.email === undefined ? undefined : normalisedEmail(sweep.email);
  const continued = (w: Workspace) => continueErasure(w, customerId, surroundings);
  while (await settle(store, continued, pause));
  const meant = email === undefined ? 'all' : await meantRecords(customerId, email, store);
  if (meant === 'none') return undefined;
  if (meant === 'all') {
    const runsAfter = await eraseRuns(
      (position) => runs.idsOfCustomer(customerId, position),
      sweep,
      sweeping,
    );
    if (runsAfter) return { ...sweep, runsAfter };
  }
  const erase = async (webhookId: string) => {
    if (meant === 'all' || (await holds(webhookId, meant.email, store))) {
      await records.erase(webhookId);
    }
  };
  const next = await sweepPages(
    recordPages((after) => records.idsOfCustomer(customerId, after)),
    erase,
    sweep.after,
  );
  return next && { ...sweep, after: next };
}

/** The same for the runs and records of a contact that is erased. */
export async function eraseRecordsOfContact(
  sweep: ContactSweep,
  sweeping: Sweeping,
): Promise<ContactSweep | undefined> {
  const { records, runs } = sweeping;
  const { recordsOfContact } = sweep;
  const runsAfter = await eraseRuns(
    (position) => runs.idsOfContact(recordsOfContact, position),
    sweep,
    sweeping,
  );
  if (runsAfter) return { ...sweep, runsAfter };
  const next = await sweepPages(
    recordPages((after) => records.idsOfContact(recordsOfContact, after)),
    records.erase,
    sweep.after,
  );
  return next && { ...sweep, after: next };
}

type RunPage = Awaited<ReturnType<RunLists['idsOfCustomer']>>;

/**
 * Those that are over as well as those that wait, which an erasure of their customer has ended before. Returns where to
 * go on. A message that has come to the records is past them.
 */
async function eraseRuns(
  pageAfter: (position: RunPage['next']) => Promise<RunPage>,
  { after, runsAfter }: Pick<CustomerSweep, 'after' | 'runsAfter'>,
  { store, surroundings, pause }: Means,
): Promise<RunPage['next']> {
  if (after !== undefined) return undefined;
  const { now } = surroundings;
  const forget = (runId: string) => (w: Workspace) => {
    const run = w.runs.get(runId);
    if (run && !run.erased) putRun(w, forgotten(run, now));
  };
  return sweepPages(
    async (position) => {
      const { runIds, next } = await pageAfter(position);
      return { ids: runIds, next };
    },
    (runId) => settle(store, forget(runId), pause),
    runsAfter,
  );
}

/** Of a customer who has the address again, or came back to it, none; of one who left it those that hold it. */
async function meantRecords(
  customerId: string,
  email: NormalisedEmail,
  store: AudienceStore,
): Promise<'all' | 'none' | { email: NormalisedEmail }> {
  const known = await store.load([{ kind: 'customers', key: customerId }]);
  const customer = known.customers.get(customerId)?.row;
  if (customer?.erased) return 'all';
  return customer && addressesOf(customer).includes(email) ? 'none' : { email };
}

async function holds(
  webhookId: string,
  email: NormalisedEmail,
  store: AudienceStore,
): Promise<boolean> {
  const recorded = await store.recorded(webhookId);
  return recorded !== undefined && holdsAddress(email, recorded.record, recorded.payload);
}

type RecordPage = Awaited<ReturnType<EventRecords['idsOfContact']>>;
type Position = RecordPage['next'];
type Page = Readonly<{ ids: readonly string[]; next: Position }>;

function recordPages(pageAfter: (position: Position) => Promise<RecordPage>) {
  return async (position: Position): Promise<Page> => {
    const { webhookIds, next } = await pageAfter(position);
    return { ids: webhookIds, next };
  };
}

/** Returns where to go on, if there is more than one message should do. */
async function sweepPages(
  pageAfter: (position: Position) => Promise<Page>,
  erase: (id: string) => Promise<void>,
  after: Position,
): Promise<Position> {
  let position = after;
  for (let page = 0; page < pagesAtOnce; page++) {
    const { ids, next } = await pageAfter(position);
    await eraseAll(ids, erase);
    if (next === undefined) return undefined;
    position = next;
  }
  return position;
}

async function eraseAll(
  ids: readonly string[],
  erase: (id: string) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await inGroups(
    ids,
    (id) => id,
    (id) => erase(id).catch((error: unknown) => void failures.push(error)),
    recordsSideBySide,
  );
  if (failures.length > 0) throw failures[0];
}
