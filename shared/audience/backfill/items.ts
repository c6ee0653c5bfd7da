import * as z from 'zod/mini';
import { isDeletedByBackfill } from '#shared/audience/deletion.ts';
import { customerDrift, type DriftKind, purchaseDrift } from '#shared/audience/drift.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { PolarRow } from '#shared/polar/api.ts';
import { backfillDeletion, backfillEvent, type MadeEvent } from '#shared/polar/backfill-events.ts';
import { instant } from '#shared/polar/instant.ts';
import type { Item, Judgement } from './page.ts';

export type Wanted = Readonly<{
  organizationId: string;
  settings: Settings;
  since: string | undefined;
}>;

const customerSchema = z.object({
  organization_id: z.string(),
  modified_at: z.nullish(z.string()),
});
const purchaseSchema = z.object({
  created_at: z.string(),
  modified_at: z.nullish(z.string()),
  customer: z.object({ organization_id: z.string() }),
});
const organizationSchema = z.object({
  organization_id: z.optional(z.string()),
  customer: z.optional(z.object({ organization_id: z.optional(z.string()) })),
});
const orderSchema = z.object({ paid: z.optional(z.boolean()), status: z.optional(z.string()) });

/** Whether what Polar lists says itself that it is of this organization: a customer, a subscription or an order. */
export function isOfOrganization(row: PolarRow, organizationId: string): boolean {
  const { organization_id, customer } = organizationSchema.safeParse(row).data ?? {};
  return (customer?.organization_id ?? organization_id) === organizationId;
}

/** What to look at for a customer of Polar's; `undefined` where it is of another organization or older than wanted. */
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
          return { kind: 'refused', reason: deletedHere(here) };
        case 'missing':
        case 'stale':
          return mended(drift.kind, backfillEvent(drift.type, row, settings.version));
      }
    },
  };
}

function deletedHere(here: Customer | undefined): string {
  return here && isDeletedByBackfill(here) ? deletedByBackfill : deletedByWebhook;
}

const deletedByBackfill =
  'A backfill treated it as deleted, but Polar has it. Bring it back with: npm run backfill -- --restore';
const deletedByWebhook =
  "Polar reported it deleted, and deleted stays deleted, but Polar still lists it. If Polar has deleted it by now, the next run won't show this.";

/** The same for a subscription or an order; `undefined` for an order that is not paid, too. */
export function purchaseItem(
  type: 'subscription.created' | 'order.paid',
  row: PolarRow,
  { organizationId, settings, since }: Wanted,
): Item | undefined {
  const known = purchaseSchema.safeParse(row).data;
  if (known && known.customer.organization_id !== organizationId) return undefined;
  if (type === 'order.paid' && !isPaidOrder(row)) return undefined;
  const event = backfillEvent(type, row, settings.version);
  if (!known || event.kind === 'unreadable') return unreadable(event);
  const changedAt = instant(known.modified_at ?? known.created_at);
  if (since !== undefined && changedAt !== undefined && changedAt < since) return undefined;
  const { customer, subscription } = event.made.event;
  return {
    customerId: customer.id,
    address: customer.email,
    // An order shows its subscription, too, but without its product.
    subscription: type === 'subscription.created' ? subscription : undefined,
    judge(here: Customer | undefined) {
      const drift = purchaseDrift(event.made.event, here, settings);
      return drift === 'in-step' ? { kind: 'in-step' } : mended(drift, event);
    },
  };
}

/** Whether an order of Polar's API was paid, also where the money was paid back since. */
export function isPaidOrder(row: PolarRow): boolean {
  const { paid, status } = orderSchema.safeParse(row).data ?? {};
  return paid ?? (status !== undefined && /^(paid|refunded|partially_refunded)$/.test(status));
}

/** The deletion of a customer here that Polar does not have any more. */
export function extraItem(
  { customerId, address }: Readonly<{ customerId: string; address?: string | undefined }>,
  { organizationId, settings }: Pick<Wanted, 'organizationId' | 'settings'>,
  now: Date,
): Item {
  return {
    customerId,
    address,
    judge(here) {
      if (!here || here.deletion || here.erased) return { kind: 'in-step' };
      if (!settings.events['customer.deleted'].enabled) {
        return { kind: 'unwanted', reason: switchedOff };
      }
      const gone = { customerId, organizationId, restoredAt: here.restored?.at };
      return mended('extra', backfillDeletion(gone, now));
    },
  };
}

const switchedOff = 'Switched off in the settings: customer.deleted.';

function mended(drift: DriftKind, event: MadeEvent): Judgement {
  if (event.kind === 'unreadable') return { kind: 'refused', reason: unreadableReason(event) };
  return { kind: 'drift', drift, mend: event.made };
}

function unreadable(event: MadeEvent): Item {
  return { customerId: '', judge: () => ({ kind: 'refused', reason: unreadableReason(event) }) };
}

function unreadableReason(event: MadeEvent): string {
  const why = event.kind === 'unreadable' ? event.reason : "It doesn't name its organization.";
  return `Couldn't read what Polar says about it. ${why}`;
}
