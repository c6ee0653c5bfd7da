import type { Order } from './rows.ts';
import { type Clock, type Moment, story } from './story.ts';

/** What can still be given back of an order, without its tax. */
export function refundable({ net_amount, refunded_amount }: Order): number {
  return net_amount - refunded_amount;
}

/**
 * Some of an order is given back, without its tax, which follows in proportion. Its subscription stays as it is, and Polar
 * mails nobody. Of the refund itself, refund.created, this Polar sends nothing.
 */
export function refunded(order: Order, net: number, clock: Clock): Moment {
  const told = story(clock);
  const { net_amount, tax_amount } = order;
  const refunded_amount = order.refunded_amount + net;
  const isWhole = refunded_amount === net_amount;
  const refunded_tax_amount = isWhole
    ? tax_amount
    : Math.round((tax_amount * refunded_amount) / net_amount);
  const next: Order = {
    ...order,
    status: isWhole ? 'refunded' : 'partially_refunded',
    ...{ refunded_amount, refunded_tax_amount },
    refundable_amount: net_amount - refunded_amount,
    refundable_tax_amount: tax_amount - refunded_tax_amount,
    modified_at: clock.next(),
  };
  told.tell('order.updated', next);
  told.tell('order.refunded', next);
  return { orders: [next], events: told.events };
}
