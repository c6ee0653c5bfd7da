import type { Customer } from '#shared/audience/person/person.ts';
import type { Workspace } from '#shared/audience/rows/workspace.ts';

/** So many orders are marked on one customer: some 80 KB of a row that may have 400. */
export const mostLostOrders = 2_000;

type Marked = Readonly<{ id: string; organizationId?: string }>;

/**
 * Notes that `recover` applies orders of which Polar has not told. From then on all events about them have the same email
 * keys, so that a webhook that comes after all mails nobody twice: a mark is never dropped. Pure; safe to repeat.
 */
export function markLostOrders(
  w: Workspace,
  { id: customerId, organizationId }: Marked,
  orderIds: readonly string[],
): void {
  const customer = w.customers.get(customerId) ?? {
    customerId,
    ...(organizationId !== undefined && { organizationId }),
    addresses: [],
  };
  const lostOrders = withLostOrders(customer, orderIds);
  if (customer.erased || lostOrders.length === customer.lostOrders?.length) return;
  w.customers.put(customerId, { ...customer, lostOrders });
}

/** The orders that are marked on a customer once these are, too. */
export function withLostOrders(
  customer: Pick<Customer, 'lostOrders'> | undefined,
  orderIds: readonly string[],
): string[] {
  return [...new Set([...(customer?.lostOrders ?? []), ...orderIds])];
}
