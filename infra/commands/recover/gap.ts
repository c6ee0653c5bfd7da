import * as z from 'zod';
import { isPaidOrder } from '#shared/audience/backfill/items.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import type { PolarRow } from '#shared/polar/api.ts';
import { type Connection, connectedSince } from '#shared/polar/connection/connection.ts';
import type { SupportedEventType } from '#shared/polar/event-types.ts';
import { instant } from '#shared/polar/instant.ts';

/** Something of which Polar's API shows that it happened in the gap, and of which it should have sent this event. */
export type Moment = Readonly<{
  type: SupportedEventType;
  customerId: string;
  /** The customer or subscription. */
  objectId: string;
  /** As `instant` writes it. */
  at: string;
}>;

export type SeenInGap = Readonly<{
  /** As `instant` writes it. */
  since: string;
  /** Paid orders of the gap. */
  orders: readonly PolarRow[];
  moments: readonly Moment[];
}>;

const hourMs = 3_600_000;
const leastHours = 72;

type LostSince = Readonly<{
  since: string | undefined;
  connection: Pick<Connection, 'connectedAt' | 'since' | 'gap'>;
}>;

/**
 * From when on orders may have been lost, as `instant` writes it. Where nobody says when the gap began, as far back as a
 * workflow would still mail, and at least to an hour before the gap that is noted, as Polar may have been trying to
 * deliver what came just before it; never before Polar was connected first.
 */
export function lostSince(
  { since, connection }: LostSince,
  workflows: readonly Workflow[],
  now: Date,
): string {
  if (since !== undefined) return since;
  const ages = workflows
    .filter(({ status, trigger }) => status === 'active' && trigger.event === 'order.paid')
    .map(({ maxAgeHours }) => maxAgeHours);
  const mailedMs = now.getTime() - Math.max(leastHours, ...ages) * hourMs;
  const { gap } = connection;
  const earliest = gap ? Math.min(mailedMs, Date.parse(gap.since) - hourMs) : mailedMs;
  const from = new Date(Math.max(earliest, Date.parse(connectedSince(connection)))).toISOString();
  return instant(from) ?? from;
}

const text = z.string().nullish();
const orderSchema = z.object({ created_at: z.string(), modified_at: text });
const subscriptionSchema = z.object({
  customer_id: z.string(),
  created_at: text,
  canceled_at: text,
  past_due_at: text,
  ended_at: text,
});

/** Keeps of the lists that are compared what happened since then. */
export function watchGap(since: string) {
  const orders = new Map<string, PolarRow>();
  const moments = new Map<string, Moment>();
  const note = (moment: Omit<Moment, 'at'>, time: string | null | undefined) => {
    const at = time == null ? undefined : instant(time);
    if (at === undefined || at < since) return;
    moments.set(`${moment.type} ${moment.objectId}`, { ...moment, at });
  };

  function see(phase: string, rows: readonly PolarRow[]): void {
    for (const row of rows) {
      if (phase === 'orders') seeOrder(row);
      else if (phase === 'subscriptions') seeSubscription(row);
      else seeCustomer(row);
    }
  }

  function seeOrder(row: PolarRow): void {
    const known = orderSchema.safeParse(row).data;
    if (!known || !isPaidOrder(row)) return;
    const changedAt = instant(known.modified_at ?? known.created_at);
    if (changedAt !== undefined && changedAt >= since) orders.set(row.id, row);
  }

  function seeCustomer(row: PolarRow): void {
    const { created_at } = orderSchema.safeParse(row).data ?? {};
    note({ type: 'customer.created', customerId: row.id, objectId: row.id }, created_at);
  }

  function seeSubscription(row: PolarRow): void {
    const known = subscriptionSchema.safeParse(row).data;
    if (!known) return;
    const about = { customerId: known.customer_id, objectId: row.id };
    note({ ...about, type: 'subscription.created' }, known.created_at);
    note({ ...about, type: 'subscription.canceled' }, known.canceled_at);
    note({ ...about, type: 'subscription.past_due' }, known.past_due_at);
    note({ ...about, type: 'subscription.revoked' }, known.ended_at);
  }

  return {
    see,
    seen: (): SeenInGap => ({
      since,
      orders: [...orders.values()],
      moments: [...moments.values()],
    }),
  };
}
