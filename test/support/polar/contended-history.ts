import fc from 'fast-check';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';

/**
 * What reaches a worker of few customers who take each other's addresses, in any order: each event tells of its customer,
 * and perhaps of a subscription, in a version of its own. Many orders tell only of a subscription what is not known yet.
 */
const toldArbitrary = fc.record({
  customer: fc.nat({ max: 2 }),
  type: fc.constantFrom(
    'customer.updated',
    'customer.updated',
    'order.paid',
    'order.paid',
    'subscription.past_due',
    'customer.deleted',
  ),
  address: fc.constantFrom('x@example.com', 'y@example.com', 'X@example.com', undefined),
  name: fc.constantFrom('Ann Lee', undefined),
  version: fc.nat({ max: 9 }),
  isAnonymised: fc.boolean(),
  subscription: fc.option(
    fc.record({ version: fc.nat({ max: 9 }), status: fc.constantFrom('active', 'past_due') }),
  ),
});
type ToldThing = typeof toldArbitrary extends fc.Arbitrary<infer T> ? T : never;

const time = (minute: number) => `2026-11-20T12:0${minute}:00.000000Z`;

function eventOf(told: ToldThing, nth: number): ReceivedEvent {
  const { type, customer, address, name, version, isAnonymised, subscription } = told;
  const id = `customer-${customer}`;
  const at = time(version);
  const isDeletion = type === 'customer.deleted';
  const tellsOfOne = type !== 'customer.updated' && !isDeletion && subscription !== null;
  return {
    ...{ type, webhookId: `evt-${nth}`, occurredAt: at, receivedAt: '2026-11-23T12:00:00.000Z' },
    customer: {
      ...{ id, version: at, anonymised: isDeletion && isAnonymised },
      ...(address !== undefined && !isDeletion && { email: address }),
      ...(name !== undefined && { name }),
      ...(isDeletion && { deletedAt: at }),
    },
    object: { id: type === 'order.paid' ? `order-${nth}` : id, version: at },
    ...(tellsOfOne && {
      subscription: {
        ...{ id: `subscription-of-${id}`, status: subscription.status },
        ...{ createdAt: time(0), version: time(subscription.version) },
        ...(type !== 'order.paid' && { toldAt: at }),
      },
    }),
    properties: {
      customerId: id,
      ...(tellsOfOne && { subscriptionId: `subscription-of-${id}`, status: subscription.status }),
    },
  };
}

/** Some batches of a queue. */
export const contendedBatchesArbitrary = fc
  .array(fc.array(toldArbitrary, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })
  .map((batches) => {
    let made = 0;
    return batches.map((batch) => batch.map((one) => eventOf(one, made++)));
  });
