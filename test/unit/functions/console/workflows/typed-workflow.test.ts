import { expect, it } from 'vitest';
import { typedIn, typedOf, writtenOf } from '#functions/console/workflows/typed-workflow.ts';
import type { WorkflowDraft } from '#shared/mail/check/written-draft.ts';

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

const draft = (values: string[]): WorkflowDraft => ({
  ...{ name: 'Receipt', frequency: 'every-time', maxAgeHours: 72, audience: [], exitWhen: [] },
  trigger: {
    event: 'order.paid',
    conditions: [{ property: 'productName', operator: 'is-one-of', values }],
  },
  steps: [],
});

it.each([
  [['Pro', 'Basic']],
  [['Pro, yearly', 'Basic']],
  [['12" vinyl', '"Best of"', 'a ""b"", c']],
  [[' spaced ', ',', '"']],
])('saves the values %j of a condition as they were', (values) => {
  const [condition] = writtenOf(typedOf(draft(values))).trigger.conditions;
  expect(condition).toEqual({ property: 'productName', operator: 'is-one-of', values });
});

it.each([
  ['Pro,Basic', ['Pro', 'Basic']],
  [' Pro , , Basic, ', ['Pro', 'Basic']],
  ['12" vinyl, 7" vinyl', ['12" vinyl', '7" vinyl']],
  ['"Pro, yearly" , Basic', ['Pro, yearly', 'Basic']],
  ['"Pro, yearly', ['"Pro', 'yearly']],
  ['', []],
])('reads %j as %j', (value, values) => {
  const typed = typedOf(draft([]));
  const conditions = [{ property: 'productName', operator: 'is-one-of', value }];
  expect(writtenOf({ ...typed, conditions }).trigger.conditions).toEqual([
    { property: 'productName', operator: 'is-one-of', values },
  ]);
});
