import { expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

const dayOf = (day: number) => `2026-11-0${day}T00:00:00.000000Z`;

/** What Polar tells of a subscription on a day. `since`: on which day its payment failed; absent: it is paid. */
function told(day: number, since?: number): ReceivedEvent {
  const type = since === undefined ? 'subscription.active' : 'subscription.past_due';
  const status = since === undefined ? 'active' : 'past_due';
  const overdue = since === undefined ? {} : { pastDueSince: dayOf(since) };
  return {
    ...{ type, webhookId: `evt-${day}-${since}`, occurredAt: dayOf(day), receivedAt: dayOf(day) },
    object: { id: 'sub', version: dayOf(day) },
    customer: { id: 'ann', version: dayOf(1), email: 'ann@example.com', anonymised: false },
    subscription: { id: 'sub', version: dayOf(day), toldAt: dayOf(day), status, ...overdue },
    properties: { customerId: 'ann', subscriptionId: 'sub', status, ...overdue },
  };
}

function dunningAtWork() {
  const { store, rows } = memoryAudienceStore();
  const workflows = sequences.filter(({ workflowId }) => workflowId === 'dunning');
  return {
    async tell(event: ReceivedEvent) {
      const now = new Date(event.occurredAt);
      const surroundings = { settings: defaultSettings, now, newId: () => 'contact-1' };
      const means = { store, surroundings, workflows, pause: async () => undefined };
      return (await applyEvent(event, '{}', means)).record.workflows?.[0];
    },
    runs: () => [...rows.runs.values()].map(({ row }) => row),
  };
}

it('a payment that fails after the one before was made begins a dunning of its own', async () => {
  const { tell, runs } = dunningAtWork();
  await tell(told(1, 1));
  await tell(told(2));
  expect(await tell(told(3, 3))).toMatchObject({ verdict: 'send' });
  expect(runs()).toMatchObject([
    { state: 'exited', reason: 'That payment was made, and another one failed since.' },
    { state: 'waiting', dueAt: '2026-11-06T00:00:00.000Z' },
  ]);
});

it('a change while the same payment is overdue begins none', async () => {
  const { tell, runs } = dunningAtWork();
  await tell(told(1, 1));
  expect(await tell(told(3, 1))).toMatchObject({
    verdict: 'skip',
    reason: 'A run of this workflow is already in progress for this customer.',
  });
  expect(runs()).toMatchObject([{ state: 'waiting' }]);
});
