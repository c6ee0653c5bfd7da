import { customer, type Person, uuidOf } from '#shared/polar/sample/sample-customer.ts';
import { order, subscription, subscriptionFacts } from '#shared/polar/sample/sample-purchase.ts';
import type { Row } from './polar-state.ts';

export type RowCounts = Readonly<{ customers: number; subscriptions: number; orders: number }>;

/** So many customers, an hour apart up to `until`; the first of them have subscriptions and orders. */
export function madeUpRows({ customers, subscriptions, orders }: RowCounts, until: Date) {
  const times = Array.from({ length: Math.max(customers, subscriptions, orders) }, (_, index) => {
    return new Date(until.getTime() - (customers - index) * 3_600_000);
  });
  const upTo = (count: number, make: (person: Person, at: Date) => Row): Row[] =>
    times.slice(0, count).map((at, index) => make(personOf(index), at));
  return {
    customers: upTo(customers, customer),
    subscriptions: upTo(subscriptions, (person, at) =>
      subscription(person, at, 'subscription.active'),
    ),
    orders: upTo(orders, (person, at) => order(person, at, subscriptionFacts(person, at))),
  };
}

function personOf(index: number): Person {
  const email = `customer-${index}@example.com`;
  return {
    // None that a made-up event would be about.
    customerId: uuidOf(`customer ${email}`),
    email,
    name: `Customer ${index}`,
    externalId: null,
    isNew: true,
  };
}
