import { expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';
import { keepSubscriptions } from '#shared/audience/backfill/subscriptions.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { PolarSubscription } from '#shared/polar/subscription-facts.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

const now = () => new Date('2026-11-01T12:00:00.000Z');

/** A customer in a trial until then, as Polar told it in this version. */
function trial(version: string, trialEnd: string): PolarSubscription {
  return {
    id: 'sub',
    version,
    createdAt: '2026-11-01T00:00:00.000000Z',
    status: 'trialing',
    trialEnd,
  };
}

const begun: ReceivedEvent = {
  ...{ type: 'subscription.created', webhookId: 'evt-1', receivedAt: now().toISOString() },
  occurredAt: '2026-11-01T00:00:00.000000Z',
  object: { id: 'sub', version: '2026-11-01T00:00:00.000000Z' },
  customer: {
    ...{ id: 'ann', version: '2026-11-01T00:00:00.000000Z', email: 'ann@example.com' },
    anonymised: false,
  },
  subscription: trial('2026-11-01T00:00:00.000000Z', '2026-11-29T00:00:00.000000Z'),
  properties: { customerId: 'ann', subscriptionId: 'sub', status: 'trialing' },
};

it('a date that an import finds moved moves the run that waits for it', async () => {
  const { store, rows } = memoryAudienceStore();
  const pause = async () => undefined;
  const surroundings = { settings: defaultSettings, now: now(), newId: () => 'contact-1' };
  const workflows = sequences.filter(({ workflowId }) => workflowId === 'trial-ending');
  await applyEvent(begun, '{}', { store, surroundings, workflows, pause });
  const run = () => [...rows.runs.values()].map(({ row }) => row);
  expect(run()).toMatchObject([{ state: 'waiting', dueAt: '2026-11-26T00:00:00.000Z' }]);

  const subscription = trial('2026-11-02T00:00:00.000000Z', '2026-11-15T00:00:00.000000Z');
  const items = [{ customerId: 'ann', subscription, judge: () => ({ kind: 'in-step' }) as const }];
  const known = new Map([...rows.customers].map(([id, { row }]) => [id, row]));
  await keepSubscriptions(
    { ...{ store, pause, now, organizationId: 'o-1' }, isDryRun: false, pretended: new Map() },
    items,
    { before: known, after: known },
    noCounts(),
  );
  expect(run()).toMatchObject([
    { state: 'waiting', dueAt: '2026-11-12T00:00:00.000Z', wakeAt: '2026-11-12T00:00:00.000Z' },
  ]);
});
