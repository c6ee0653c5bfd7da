import { expect, it } from 'vitest';
import { resumeRuns, wakeRun } from '#functions/worker/runs.ts';
import { applyEvent } from '#shared/audience/apply-event.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Step } from '#shared/audience/workflow.ts';
import { readWorkerRequest, type WorkerMessage } from '#shared/queue/events-queue.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { memoryRunLists } from '#test/prove/runs/memory-lists.ts';
import { sequences } from '#test/prove/runs/workflows.ts';

const began = '2026-11-01T00:00:00.000000Z';
const trial = { trialEnd: '2026-11-29T00:00:00.000000Z', status: 'trialing' };

const begun: ReceivedEvent = {
  ...{ type: 'subscription.created', webhookId: 'evt-1', occurredAt: began, receivedAt: began },
  object: { id: 'sub', version: began },
  customer: { id: 'ann', version: began, email: 'ann@example.com', anonymised: false },
  subscription: { id: 'sub', version: began, createdAt: began, ...trial },
  properties: { customerId: 'ann', subscriptionId: 'sub', status: 'trialing' },
};

it('a run waits for a date as it is edited, also where that is earlier', async () => {
  const { store, rows } = memoryAudienceStore();
  const [workflow] = sequences.filter(({ workflowId }) => workflowId === 'trial-ending');
  if (!workflow) throw new Error('There is no such sequence.');
  const pause = async () => undefined;
  const surroundings = {
    ...{ settings: defaultSettings, now: new Date(began), newId: () => 'contact-1' },
  };
  const means = { store, surroundings, pause };
  await applyEvent(begun, '{}', { ...means, workflows: [workflow] });
  const run = () => [...rows.runs.values()][0]?.row;
  expect(run()).toMatchObject({ state: 'waiting', dueAt: '2026-11-26T00:00:00.000Z' });

  const weekBefore = { date: 'trialEnd', offsetHours: -168 } as const;
  const steps = workflow.steps.map(
    (step): Step => (step.kind === 'wait' ? { ...step, until: weekBefore } : step),
  );
  rows.workflows.set('trial-ending', { row: { ...workflow, version: 2, steps }, revision: '' });
  const messages: WorkerMessage[] = [];
  await resumeRuns(
    { workflowId: 'trial-ending', datedAt: ['before-end'] },
    {
      runs: memoryRunLists(() => [...rows.runs.values()].map(({ row }) => row)),
      send: async (message) => void messages.push(message),
    },
  );
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent };
  for (const { MessageBody } of messages) {
    const request = readWorkerRequest('run', MessageBody);
    if (request?.kind !== 'run') throw new Error('The message wakes no run.');
    await wakeRun(request.wake, { ...means, log, sendMail: async () => undefined });
  }
  const dueAt = '2026-11-22T00:00:00.000Z';
  expect(run()).toMatchObject({ state: 'waiting', dueAt, wakeAt: dueAt, until: weekBefore });
});
