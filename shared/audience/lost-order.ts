import type { Workspace } from './unit-of-work.ts';

const most = 50;

/**
 * Notes that `recover` applies an order of which Polar has not told. From then on all events about it have the same email
 * keys, so that a webhook that comes after all mails nobody twice. Pure; safe to repeat.
 */
export function markLostOrder(w: Workspace, customerId: string, orderId: string): void {
  const customer = w.customers.get(customerId) ?? { customerId, addresses: [] };
  const { lostOrders = [] } = customer;
  if (customer.erased || lostOrders.includes(orderId)) return;
  w.customers.put(customerId, { ...customer, lostOrders: [...lostOrders, orderId].slice(-most) });
}
