import { Advice } from '#infra/terminal/advice.ts';
import type { EventRecord, ReceivedEvent } from '#shared/audience/event-record.ts';
import {
  markLostOrders,
  mostLostOrders,
  withLostOrders,
} from '#shared/audience/replay/lost-order.ts';
import { type RehearsalParts, rehearseLostOrder } from '#shared/audience/replay/rehearsal.ts';
import { type AudienceStore, settle } from '#shared/audience/rows/unit-of-work.ts';
import { inGroups } from '#shared/in-time.ts';
import type { PolarRow } from '#shared/polar/api.ts';
import { lostOrderEvent } from '#shared/polar/backfill-events.ts';
import { type Connection, connectedSince } from '#shared/polar/connection/connection.ts';
import { isBackfilled, isLostOrder, type SupportedEventType } from '#shared/polar/event-types.ts';
import { instant } from '#shared/polar/instant.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import type { QueuedWebhook } from '#shared/queue/events-queue.ts';
import type { RecordsOfCustomer } from '#shared/store/events/records-of-customer.ts';
import type { Moment, SeenInGap } from './gap.ts';

export type LostParts = Readonly<{
  store: AudienceStore;
  /** Everything that decides on the emails of an order, as it is now. */
  rehearsal: Omit<RehearsalParts, 'store'>;
  recordsOf: RecordsOfCustomer;
  /** How long records are kept. */
  retentionDays: number;
  connection: Pick<Connection, 'connectedAt' | 'organizationId' | 'since'>;
  hasRecord: (webhookId: string) => Promise<boolean>;
  isAccepted: (event: UndeliveredEvent) => Promise<boolean>;
  /** Puts an event into the queue of the worker, as ingest does. */
  enqueue: (webhook: QueuedWebhook) => Promise<unknown>;
  now: () => Date;
  pause: (ms: number) => Promise<unknown>;
  racePause: (lostRaces: number) => Promise<void>;
  progress: (text: string) => void;
  isStopped: () => boolean;
}>;

/** A paid order of which no webhook came. */
export type LostOrder = Readonly<{
  orderId: string;
  paidAt: string;
  event: ReceivedEvent;
  payload: string;
  /** The workflows whose mails would go if it were applied now. */
  due: readonly string[];
  /** Why none would. */
  reason: string;
}>;

export type Lost = Readonly<{
  since: string;
  /** Where the gap is longer than records are kept: for how many days they are. */
  keptDays?: number;
  orders: readonly LostOrder[];
  /** How often something happened of which no webhook came and which Polar's API cannot tell again. */
  moments: ReadonlyMap<SupportedEventType, number>;
}>;

const sideBySide = 8;
const dayMs = 86_400_000;
const marginMs = 3_600_000;

/**
 * What happened in the gap without a webhook: the orders, with the mails that are due, and moments that are lost. Only
 * what is so young that the record of its webhook is surely kept still.
 */
export async function lostInGap(whole: SeenInGap, parts: LostParts): Promise<Lost> {
  const kept = keptSince(parts);
  const seen = youngerThan(kept, whole);
  const recordsOf = remembering(parts, seen);
  const orders: LostOrder[] = [];
  const moments = new Map<SupportedEventType, number>();
  let failure: { error: unknown } | undefined;
  const guarded = (look: () => Promise<void>) => async () => {
    if (failure || parts.isStopped()) return;
    try {
      await look();
    } catch (error) {
      failure ??= { error };
    }
  };
  const looks = [
    ...seen.orders.map((row) =>
      guarded(async () => {
        const order = await lostOrder(row, recordsOf, parts);
        if (order) orders.push(order);
        parts.progress(`${orders.length} orders without a webhook`);
      }),
    ),
    ...seen.moments.map((moment) =>
      guarded(async () => {
        const records = await recordsOf(moment.customerId);
        if (records.some((record) => tellsOf(record, moment))) return;
        moments.set(moment.type, (moments.get(moment.type) ?? 0) + 1);
      }),
    ),
  ];
  let next = 0;
  await inGroups(
    looks,
    () => String(next++),
    (look) => look(),
    sideBySide,
  );
  if (failure) throw failure.error;
  orders.sort((one, other) => (one.paidAt < other.paidAt ? -1 : 1));
  const { retentionDays: keptDays } = parts;
  return { since: seen.since, ...(whole.since < kept && { keptDays }), orders, moments };
}

/** As `instant` writes it. Records go no earlier than their days after the event; some time is left to apply it. */
function keptSince({ now, retentionDays }: LostParts): string {
  const at = new Date(now().getTime() - retentionDays * dayMs + marginMs).toISOString();
  return instant(at) ?? at;
}

function youngerThan(since: string, seen: SeenInGap): SeenInGap {
  const isYoung = (time: unknown) => (instant(String(time)) ?? '') >= since;
  return {
    since: seen.since > since ? seen.since : since,
    orders: seen.orders.filter((row) => isYoung(row['created_at'])),
    moments: seen.moments.filter(({ at }) => isYoung(at)),
  };
}

/** Reads the records of each customer once. */
function remembering({ recordsOf }: LostParts, { since, orders }: SeenInGap) {
  const oldest = orders.map((row) => String(row['created_at'])).reduce(earlier, since);
  const from = new Date(Date.parse(oldest) - marginMs).toISOString();
  const read = new Map<string, Promise<EventRecord[]>>();
  return (customerId: string) => {
    const records = read.get(customerId) ?? recordsOf(customerId, from);
    read.set(customerId, records);
    return records;
  };
}

function earlier(one: string, other: string): string {
  return Date.parse(one) < Date.parse(other) ? one : other;
}

async function lostOrder(
  row: PolarRow,
  recordsOf: (customerId: string) => Promise<EventRecord[]>,
  parts: LostParts,
): Promise<LostOrder | undefined> {
  const made = lostOrderEvent(row);
  if (made.kind === 'unreadable') return undefined;
  const { event, payload, webhookId } = made.made;
  if (event.customer.organizationId !== parts.connection.organizationId) return undefined;
  const { occurredAt } = event;
  if (Date.parse(occurredAt) < Date.parse(connectedSince(parts.connection))) return undefined;
  const orderId = event.object.id;
  const records = await recordsOf(event.customer.id);
  if (records.some((record) => isOfOrder(record, orderId))) return undefined;
  const asked = { id: orderId, type: event.type, createdAt: occurredAt, isLost: true };
  if (await parts.isAccepted(asked)) return undefined;
  const received = { ...event, webhookId, receivedAt: parts.now().toISOString() };
  const base = { orderId, paidAt: occurredAt, event: received, payload };
  if (row['status'] === 'refunded') {
    return { ...base, due: [], reason: 'It has been refunded since.' };
  }
  const { store, rehearsal } = parts;
  const surroundings = { ...rehearsal.surroundings, now: parts.now() };
  const { record, mails } = await rehearseLostOrder(received, {
    ...rehearsal,
    store,
    surroundings,
  });
  const due = mails.filter(({ goes }) => goes).map(({ name }) => name);
  const reasons = [...mails, ...(record.workflows ?? [])].flatMap(({ reason }) => reason ?? []);
  return { ...base, due, reason: reasons[0] ?? record.reason ?? noWorkflow };
}

const noWorkflow = 'No active workflow waits for order.paid.';

function isOfOrder({ type, webhookId, properties }: EventRecord, orderId: string): boolean {
  const isTold = !isBackfilled(webhookId) || isLostOrder(webhookId);
  return isTold && type === 'order.paid' && properties.orderId === orderId;
}

function tellsOf({ type, webhookId, properties }: EventRecord, moment: Moment): boolean {
  if (isBackfilled(webhookId) || type !== moment.type) return false;
  return type === 'customer.created' || properties.subscriptionId === moment.objectId;
}

/** So long a worker may still hold what it read of a customer before the order was marked there. */
const workerMs = 65_000;
const stepMs = 500;
const patienceMs = 120_000;

/**
 * Applies lost orders as the events that workflows see, through the worker. Each is marked on its customer first, and
 * when every worker must have seen that, looked for once more: should Polar's webhook come after all, whenever that is,
 * nobody is mailed twice. Gives how many have a record now. Throws Advice, with nothing done, where a customer has more
 * lost orders than can be marked. Safe to repeat.
 */
export async function applyLost(
  orders: readonly LostOrder[],
  parts: LostParts,
  settling: (seconds: number) => void,
): Promise<number> {
  const { store, racePause, pause, now, isStopped } = parts;
  const byCustomer = Map.groupBy(orders, ({ event }) => event.customer.id);
  await requireRoom(byCustomer, store);
  for (const [, [first, ...more]] of byCustomer) {
    if (isStopped()) return 0;
    if (!first) continue;
    const ids = [first, ...more].map(({ orderId }) => orderId);
    await settle(store, (w) => markLostOrders(w, first.event.customer, ids), racePause);
  }
  settling(workerMs / 1_000);
  for (let ms = 0; ms < workerMs && !isStopped(); ms += stepMs) await pause(stepMs);
  const sent: LostOrder[] = [];
  for (const order of orders) {
    if (isStopped()) return 0;
    const since = new Date(Date.parse(order.paidAt) - marginMs).toISOString();
    const records = await parts.recordsOf(order.event.customer.id, since);
    if (records.some((record) => isOfOrder(record, order.orderId))) continue;
    const { webhookId, type } = order.event;
    const receivedAt = now().toISOString();
    await parts.enqueue({ webhookId, type, receivedAt, body: order.payload });
    sent.push(order);
  }
  return arrived(sent, parts);
}

async function requireRoom(
  byCustomer: ReadonlyMap<string, readonly LostOrder[]>,
  store: AudienceStore,
): Promise<void> {
  for (const [customerId, orders] of byCustomer) {
    const { customers } = await store.load([{ kind: 'customers', key: customerId }]);
    const ids = orders.map(({ orderId }) => orderId);
    const marked = withLostOrders(customers.get(customerId)?.row, ids).length;
    if (marked > mostLostOrders) throw new Advice(tooManyText(customerId, marked));
  }
}

function tooManyText(customerId: string, marked: number): string {
  return `No order was applied: customer ${customerId} would have ${marked} orders noted as lost, but only ${mostLostOrders} can be noted. Without the note, a late webhook would send a second email. Leave out ${marked - mostLostOrders} of them: npm run recover -- --accept <order id>`;
}

async function arrived(
  orders: readonly LostOrder[],
  { hasRecord, now, pause, progress, isStopped }: LostParts,
): Promise<number> {
  const untilMs = now().getTime() + patienceMs;
  let missing = [...orders];
  for (;;) {
    const known = await Promise.all(missing.map(({ event }) => hasRecord(event.webhookId)));
    missing = missing.filter((_, index) => !known[index]);
    const done = orders.length - missing.length;
    progress(`${done} of ${orders.length} orders applied`);
    if (missing.length === 0 || isStopped() || now().getTime() >= untilMs) return done;
    await pause(stepMs);
  }
}
