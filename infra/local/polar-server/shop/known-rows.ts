import type { PolarState } from '../polar-state.ts';
import { catalogue, type Product } from './catalogue.ts';
import {
  type Customer,
  customerSchema,
  type Order,
  orderSchema,
  type Subscription,
  subscriptionSchema,
} from './rows.ts';

/** Something that cannot be done, as a sentence for the person who tried. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** What there is of customers, subscriptions, orders and products. Throws `NotPossible` about what there is not. */
export function rowsOf(state: PolarState) {
  const customerOf = (id: string): Customer => {
    const row = state.customers.find((known) => known.id === id);
    if (!row) throw new NotPossible('There is no such customer any more.');
    return customerSchema.parse(row);
  };
  /** Undefined: nobody there has this address. */
  const customerAt = (organizationId: string, address: string): Customer | undefined => {
    const sought = address.trim().toLowerCase();
    return state.customers
      .map((row) => customerSchema.parse(row))
      .find(
        ({ organization_id, email }) =>
          organization_id === organizationId && email?.toLowerCase() === sought,
      );
  };
  const subscriptionOf = (id: string): Subscription => {
    const row = state.subscriptions.find((known) => known.id === id);
    if (!row) throw new NotPossible('There is no such subscription.');
    return subscriptionSchema.parse(row);
  };
  const livingOf = (id: string, ...statuses: readonly Subscription['status'][]): Subscription => {
    const subscription = subscriptionOf(id);
    if (statuses.includes(subscription.status)) return subscription;
    throw new NotPossible(
      `This subscription is ${subscription.status}, so that cannot happen to it.`,
    );
  };
  const productOf = (id: unknown): Product => {
    const product = catalogue.find((known) => known.id === id);
    if (!product) throw new NotPossible('There is no such product.');
    return product;
  };
  const subscriptionsOf = (customerId: string): Subscription[] =>
    state.subscriptions
      .filter((row) => row['customer_id'] === customerId)
      .map((row) => subscriptionSchema.parse(row));
  const ordersOf = (customerId: string): Order[] =>
    state.orders
      .filter((row) => row['customer_id'] === customerId)
      .map((row) => orderSchema.parse(row));
  const pendingOf = (subscription: Subscription): Order[] =>
    ordersOf(subscription.customer_id).filter(
      ({ status, subscription_id }) => status === 'pending' && subscription_id === subscription.id,
    );

  return { customerOf, customerAt, livingOf, productOf, subscriptionsOf, ordersOf, pendingOf };
}
