import { expect, it } from 'vitest';
import { conditionGroups } from '#functions/console/workflows/condition-groups.ts';
import { conditionPropertySchema } from '#shared/audience/conditions.ts';

const everyScope = ['subscription', 'customer', 'contact', 'event'] as const;
const labels = (groups: ReturnType<typeof conditionGroups>) => groups.map(({ label }) => label);

it('lists each property once, and all of them', () => {
  const names = conditionGroups(everyScope, 'order.paid').flatMap((group) => [...group.names]);
  expect(names.toSorted()).toEqual([...conditionPropertySchema.options].sort());
});

it('begins with what people look for, and ends with what the event never has', () => {
  expect(labels(conditionGroups(['event'], 'subscription.created'))).toEqual([
    'Product and price',
    'Subscription',
    'Discount',
    'Customer',
    'Amounts as text',
    'Only in other events',
  ]);
  expect(labels(conditionGroups(everyScope, 'customer.created'))).toEqual([
    'Subscription, as it is now',
    'Customer, as it is now',
    'Contact, as it is now',
    'Event: customer',
    'Only in other events',
  ]);
  expect(labels(conditionGroups(['contact'], undefined))).toEqual(['Contact, as it is now']);
});

it.each([
  ['order.paid', 'Order'],
  ['subscription.created', 'Subscription'],
] as const)('has the status of %s under %s', (event, label) => {
  const found = conditionGroups(['event'], event).find(({ names }) => names.includes('status'));
  expect(found?.label).toBe(label);
});
