import * as z from 'zod/mini';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { DriftKind } from '#shared/audience/drift.ts';
import { type Customer, emailOf } from '#shared/audience/person/person.ts';
import { type AudienceStore, look, settle } from '#shared/audience/rows/unit-of-work.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';
import { followCustomer } from '#shared/audience/runs/customer-runs.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { inGroups } from '#shared/in-time.ts';
import type { BackfillEvent } from '#shared/polar/backfill-events.ts';
import type { PolarSubscription } from '#shared/polar/subscription-facts.ts';

const countSchema = z.int();
const reasons = z.record(z.string(), countSchema);

/** What a backfill has come to so far. Numbers and sentences only, no personal data. */
export const backfillCountsSchema = z.object({
  customers: countSchema,
  purchases: countSchema,
  inStep: countSchema,
  /** Subscriptions whose state here was missing or older. An earlier version did not count them. */
  subscriptions: z._default(countSchema, 0),
  erased: countSchema,
  withoutAddress: countSchema,
  /** For information: consent is never compared. */
  unsubscribed: countSchema,
  drift: z.object({
    missing: countSchema,
    stale: countSchema,
    'wrong-group': countSchema,
    extra: countSchema,
  } satisfies Record<DriftKind, unknown>),
  repaired: countSchema,
  /** What could not be repaired, by reason. */
  refused: reasons,
  /** What the settings keep from being repaired, by reason. */
  unwanted: reasons,
});
export type BackfillCounts = z.infer<typeof backfillCountsSchema>;

export function noCounts(): BackfillCounts {
  return {
    ...{ customers: 0, purchases: 0, inStep: 0, subscriptions: 0 },
    ...{ erased: 0, withoutAddress: 0, unsubscribed: 0 },
    drift: { missing: 0, stale: 0, 'wrong-group': 0, extra: 0 },
    repaired: 0,
    refused: {},
    unwanted: {},
  };
}

export function countReason(counts: Record<string, number>, reason: string, more = 1): void {
  counts[reason] = (counts[reason] ?? 0) + more;
}

export function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

/** What is to be looked at on one page: a customer, or an order or a subscription of it. */
export type Item = Readonly<{
  /** Empty: what Polar said cannot be read. */
  customerId: string;
  address?: string | undefined;
  /** Its state, where it is a subscription. */
  subscription?: PolarSubscription | undefined;
  /** Whether the row here is as it should be, and if not, the event that mends it. Pure. */
  judge: (row: Customer | undefined) => Judgement;
}>;

export type Judgement =
  | Readonly<{ kind: 'in-step' }>
  | Readonly<{ kind: 'erased' }>
  | Readonly<{ kind: 'without-address' }>
  | Readonly<{ kind: 'drift'; drift: DriftKind; mend: BackfillEvent }>
  | Readonly<{ kind: 'unwanted' | 'refused'; reason: string }>;

export type FoundDrift = Readonly<{
  drift: DriftKind;
  customerId: string;
  address?: string | undefined;
}>;

export type PageParts = Readonly<{
  store: AudienceStore;
  /** Of which what Polar listed is. */
  organizationId: string;
  settings: Settings;
  now: () => Date;
  newId: () => string;
  pause: (lostRaces: number) => Promise<void>;
  isDryRun: boolean;
  found: (drift: FoundDrift) => void;
  /** Gets whom it could not compare or repair, and why; without an id where that cannot be read. */
  refused?: ((customerId: string, reason: string) => void) | undefined;
  /** The customers that were counted already, by how they differ: one with ten orders counts once. */
  counted: Map<DriftKind, Set<string>>;
  /** Customers that a dry run would have repaired by now: when the event happened that gives their group, if one does. */
  pretended: Map<string, string>;
}>;

type Drifting = Item & Extract<Judgement, { kind: 'drift' }>;

const atOnce = 8;

type Rows = ReadonlyMap<string, Customer>;

/** How many of a page were in step, and the rows of its customers before and after what was missing was applied. */
export type ComparedPage = Readonly<{ inStep: number; before: Rows; after: Rows }>;

/**
 * Compares one page of what Polar says with the rows here, and applies what is missing as events that no workflow sees.
 * A page in step costs reads only. What was repaired is read again before it counts as that. Safe to repeat.
 */
export async function backfillPage(
  parts: PageParts,
  items: readonly Item[],
  counts: BackfillCounts,
): Promise<ComparedPage> {
  const rows = await customerRows(parts.store, items);
  if (!parts.isDryRun) await takeOnOrganization(parts, [...rows.values()]);
  const drifting: Drifting[] = [];
  let inStep = 0;
  for (const item of items) {
    const judgement = item.judge(asIfRepaired(parts, rows.get(item.customerId), item));
    if (judgement.kind === 'drift' && parts.isDryRun) pretend(parts, item, judgement);
    if (judgement.kind === 'drift') drifting.push({ ...item, ...judgement });
    else if (judgement.kind === 'in-step') inStep += 1;
    else count(judgement, counts);
    if (judgement.kind === 'refused') parts.refused?.(item.customerId, judgement.reason);
  }
  const fresh = drifting.filter((one) => isNew(parts, one));
  for (const { drift, customerId, address } of fresh) {
    counts.drift[drift] += 1;
    parts.found({ drift, customerId, address });
  }
  if (parts.isDryRun || drifting.length === 0) return { inStep, before: rows, after: rows };
  const reasons = await applied(parts, drifting);
  const after = await customerRows(parts.store, drifting);
  for (const item of drifting) {
    const judgement = item.judge(after.get(item.customerId));
    const reason = reasons.get(item.mend.webhookId) ?? stillDiffers;
    if (judgement.kind === 'drift') {
      countReason(counts.refused, reason);
      parts.refused?.(item.customerId, reason);
    } else if (fresh.includes(item)) counts.repaired += 1;
  }
  return { inStep, before: rows, after: new Map([...rows, ...after]) };
}

/** What a dry run has found missing counts as repaired from there on, so that it finds what a run would find. */
function asIfRepaired(
  { pretended }: PageParts,
  row: Customer | undefined,
  { customerId, address }: Item,
): Customer | undefined {
  const occurredAt = pretended.get(customerId);
  if (occurredAt === undefined || address === undefined) return row;
  return {
    ...(row ?? { customerId, addresses: [] }),
    email: row?.email ?? { value: address, version: '' },
    ...(occurredAt !== '' && { alwaysGroup: { occurredAt, webhookId: '', group: '' } }),
  };
}

function pretend(
  { pretended, settings }: PageParts,
  { customerId }: Item,
  { mend: { event } }: Extract<Judgement, { kind: 'drift' }>,
): void {
  const { userGroup, userGroupMode } = settings.events[event.type];
  const isAlways = userGroup !== null && userGroupMode === 'always';
  pretended.set(customerId, isAlways ? event.occurredAt : (pretended.get(customerId) ?? ''));
}

/** Rows of an older version do not name their organization. Polar has just listed these customers as those of this one. */
export async function takeOnOrganization(
  parts: Pick<PageParts, 'store' | 'pause' | 'now' | 'organizationId'>,
  customers: readonly Pick<Customer, 'customerId' | 'organizationId' | 'erased'>[],
): Promise<void> {
  const { organizationId } = parts;
  const unnamed = customers.filter((one) => one.organizationId === undefined && !one.erased);
  const ids = unnamed.map(({ customerId }) => customerId);
  await changeCustomers(parts, ids, (row) =>
    row.erased || row.organizationId !== undefined ? row : { ...row, organizationId },
  );
}

/**
 * Changes the rows of these customers that are here, some side by side, and moves their runs that wait for a date which it
 * moves. One that `changed` gives back stays unwritten.
 */
export async function changeCustomers(
  { store, pause, now }: Pick<PageParts, 'store' | 'pause' | 'now'>,
  customerIds: readonly string[],
  changed: (row: Customer) => Customer,
): Promise<void> {
  let failure: { error: unknown } | undefined;
  const change = async (customerId: string): Promise<void> => {
    if (failure) return;
    const decide = (w: Workspace) => {
      const row = w.customers.get(customerId);
      const next = row && changed(row);
      if (!next || next === row) return;
      w.customers.put(customerId, next);
      followCustomer(w, row, now());
    };
    try {
      await settle(store, decide, pause);
    } catch (error) {
      failure ??= { error };
    }
  };
  await inGroups(customerIds, (customerId) => customerId, change, atOnce);
  if (failure) throw failure.error;
}

const stillDiffers =
  'It still differs after the repair. Run the backfill again, and check the customer if it keeps differing.';

/** How many of these customers have a contact that is unsubscribed. */
export async function unsubscribedAmong(
  store: AudienceStore,
  items: readonly Item[],
): Promise<number> {
  const rows = await customerRows(store, items);
  const contacts = await look(store, (w) => {
    const emails = [...rows.values()].flatMap((row) => {
      if (row.email) w.spelled(row.email.value);
      return emailOf(row) ?? [];
    });
    return [...new Set(emails)].map((email) => w.contacts.get(email));
  });
  return contacts.filter((one) => one?.customerId !== undefined && !one.subscribed).length;
}

/** Why customers that Polar does not have any more were left. */
export const notAgreed =
  'Polar no longer has them. Nobody agreed to treat them as deleted, so they were left as is.';

/** These customers with the addresses that are known of them. */
export async function withAddresses(
  store: AudienceStore,
  customerIds: readonly string[],
): Promise<FoundDrift[]> {
  const found: FoundDrift[] = [];
  for (let start = 0; start < customerIds.length; start += 100) {
    const some = customerIds.slice(start, start + 100).map((customerId) => ({ customerId }));
    const rows = await customerRows(store, some);
    for (const { customerId } of some) {
      found.push({ drift: 'extra', customerId, address: rows.get(customerId)?.email?.value });
    }
  }
  return found;
}

async function customerRows(
  store: AudienceStore,
  items: readonly Pick<Item, 'customerId'>[],
): Promise<Map<string, Customer>> {
  const ids = [...new Set(items.map(({ customerId }) => customerId))].filter((id) => id !== '');
  if (ids.length === 0) return new Map();
  const { customers } = await store.load(ids.map((key) => ({ kind: 'customers' as const, key })));
  return new Map([...customers].flatMap(([id, stored]) => (stored ? [[id, stored.row]] : [])));
}

function count(
  judgement: Exclude<Judgement, { kind: 'drift' | 'in-step' }>,
  counts: BackfillCounts,
): void {
  if (judgement.kind === 'erased') counts.erased += 1;
  else if (judgement.kind === 'without-address') counts.withoutAddress += 1;
  else countReason(counts[judgement.kind], judgement.reason);
}

function isNew({ counted }: PageParts, { drift, customerId }: Drifting): boolean {
  const ids = counted.get(drift) ?? new Set();
  counted.set(drift, ids);
  if (ids.has(customerId)) return false;
  ids.add(customerId);
  return true;
}

/** Applies the events, those of one customer one after another. Gives why one did nothing, by its id. */
async function applied(
  { store, settings, now, newId, pause }: PageParts,
  drifting: readonly Drifting[],
): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  let failure: { error: unknown } | undefined;
  const apply = async ({ mend }: Drifting): Promise<void> => {
    if (failure) return;
    try {
      const { webhookId, payload, event } = mend;
      const received = { ...event, webhookId, receivedAt: now().toISOString() };
      const surroundings = { settings, now: now(), newId };
      const means = { store, surroundings, workflows: [], pause };
      const { record } = await applyEvent(received, payload, means);
      if (record.reason !== undefined) reasons.set(webhookId, record.reason);
    } catch (error) {
      failure ??= { error };
    }
  };
  await inGroups(drifting, ({ customerId }) => customerId, apply, atOnce);
  if (failure) throw failure.error;
  return reasons;
}
