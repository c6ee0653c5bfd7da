import { expect, it } from 'vitest';
import { typedIn, writtenOf } from '#functions/console/workflows/typed-workflow.ts';

it('keeps every condition of a workflow that excludes many products', () => {
  const form = new FormData();
  const ids = Array.from({ length: 60 }, (_, index) => `product-${index}`);
  for (const [index, value] of ids.entries()) {
    form.set(`property-${index}`, 'productId');
    form.set(`operator-${index}`, 'is-not');
    form.set(`value-${index}`, value);
  }
  expect(writtenOf(typedIn(form)).trigger.conditions).toEqual(
    ids.map((value) => ({ property: 'productId', operator: 'is-not', value })),
  );
});
