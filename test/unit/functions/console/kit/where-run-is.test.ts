import { expect, it } from 'vitest';
import { whereRunIs } from '#functions/console/kit/run-view.ts';
import type { Run } from '#shared/audience/runs/run.ts';

const endedAt = '2026-12-05T18:38:00.000Z';
const run: Run = {
  ...{ runId: 'r', workflowId: 'dunning', workflowVersion: 1, customerId: 'c', contactId: 'k' },
  ...{ webhookId: 'w', type: 'subscription.past_due', properties: { customerId: 'c' } },
  ...{ state: 'done', history: [], occurredAt: endedAt, beganAt: endedAt, updatedAt: endedAt },
};

it.each<[string, Partial<Run>, string]>([
  ['all of whose steps were taken', { endedAt }, 'All steps taken, 5 Dec 2026, 18:38 UTC'],
  [
    'that a condition ended',
    {
      ...{ state: 'exited', endedAt },
      reason: 'The workflow ends early when subscription.status is not past_due.',
    },
    '5 Dec 2026, 18:38 UTC: subscription.status is not past_due.',
  ],
  [
    'that somebody stopped',
    { state: 'stopped', endedAt, reason: 'Stopped by ann.' },
    '5 Dec 2026, 18:38 UTC: Stopped by ann.',
  ],
  ['whose reason is not known', { state: 'exited', endedAt }, '5 Dec 2026, 18:38 UTC'],
])('a run %s says how and when it ended', (_, change, text) => {
  const view = String(whereRunIs({ run: { ...run, ...change }, endsNext: undefined }, undefined));
  expect(view.replaceAll(/<[^>]+>/g, '')).toBe(text);
});
