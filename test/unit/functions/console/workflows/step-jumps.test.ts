import { expect, test } from 'vitest';
import { stepJumps } from '#functions/console/workflows/step-jumps.ts';
import type { TypedStep } from '#functions/console/workflows/typed-workflow.ts';

const wait = (count: string, unit: 'days' | 'hours'): TypedStep => ({
  kind: 'wait',
  id: `wait-${count}-${unit}`,
  ...{ count, unit, end: 'for' },
});

test('a link to a wait counts days and hours as people do', () => {
  const steps = [wait('1', 'days'), wait('2', 'days'), wait('1', 'hours'), wait('36', 'hours')];
  const words = [...String(stepJumps(steps, new Map())).matchAll(/>([^<]+)<\/a>/g)];
  expect(words.map(([, text]) => text)).toEqual([
    '1. Wait 1 day',
    '2. Wait 2 days',
    '3. Wait 1 hour',
    '4. Wait 36 hours',
  ]);
});
