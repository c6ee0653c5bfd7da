import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clock } from '#functions/clock/clock.ts';
import { eraseRecords } from '#functions/worker/erase.ts';
import type { MailMessage } from '#shared/audience/emails/email.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { wakeMessage } from '#shared/queue/events-queue.ts';
import { dynamoDueRuns } from '#shared/store/runs/due-runs.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';

let time = Date.parse('2026-11-02T12:00:00.000Z');
const now = () => new Date(time);
const day = 86_400_000;
const person = {
  customerId: '5b1f7f6e-0000-4000-8000-000000000001',
  ...{ email: 'ann@example.com', name: 'Ann', externalId: null, isNew: true },
};
let work: Awaited<ReturnType<typeof startWorker>>;
const mails: MailMessage[] = [];
const workflows = [...sequences];

beforeAll(async () => {
  work = await startWorker({ now });
  for (const workflow of workflows) await work.put('Workflows', workflow);
});
afterAll(() => work.stop());

const drain = () =>
  work.drain({
    workflows: async () => workflows,
    workflowsNow: async () => workflows,
    sendMail: async (mail) => mails.push(mail),
  });

async function tell(webhookId: string, type: 'subscription.past_due' | 'subscription.active') {
  const payload = polarPayload(type, person, now());
  const data = { ...Object(payload['data']), modified_at: now().toISOString() };
  await work.queue(webhookId, type, JSON.stringify({ ...payload, data }));
  expect(await drain()).toEqual([]);
}

/** The clock strikes, and the worker handles what it asked for. */
async function strike() {
  const silent = () => {};
  await clock({
    emails: {
      due: async () => [],
      held: async () => [],
      take: async () => ({ kind: 'gone' }),
      settled: async () => undefined,
    },
    isReleased: async () => false,
    queue: async () => undefined,
    runs: dynamoDueRuns(work.db, work.tableOf('Runs')),
    wake: async (wakes) => {
      for (const wake of wakes) await work.parts.send(wakeMessage(wake), 0);
    },
    ...{ mostEmails: 10, mostRuns: 10, now },
    log: { info: silent, warn: silent, error: silent },
  })({}, { getRemainingTimeInMillis: () => 60_000 });
  expect(await drain()).toEqual([]);
}

const asked = () => mails.map(({ stepId }) => stepId);
const run = async () => (await work.items('Runs'))[0];

describe('a run in DynamoDB', () => {
  it('asks for its emails on their days, once, and ends when the card works again', async () => {
    await tell('evt-1', 'subscription.past_due');
    expect(asked()).toEqual(['email']);
    expect(await run()).toMatchObject({ state: 'waiting', stepId: 'until-3' });
    expect((await work.items('Customers'))[0]?.['runs']).toHaveLength(1);

    time += 2 * day;
    await strike();
    expect(asked()).toEqual(['email']);
    time += day;
    await strike();
    await strike();
    expect(asked()).toEqual(['email', 'day-3']);
    expect(mails[1]).toMatchObject({ stepDueAt: now().toISOString(), webhookId: 'evt-1' });

    time += day;
    await tell('evt-2', 'subscription.active');
    time += 4 * day;
    await strike();
    expect(asked()).toEqual(['email', 'day-3']);
    expect(await run()).toMatchObject({
      state: 'exited',
      reason: 'The workflow ends early when subscription.status is not past_due.',
    });
    expect(await run()).not.toHaveProperty('wakeAt');
    expect((await work.items('Customers'))[0]).not.toHaveProperty('runs');
  });

  it('that is asked for again, because its message was lost, goes on once', async () => {
    const before = mails.length;
    await tell('evt-3', 'subscription.past_due');
    time += 3 * day;
    const due = dynamoDueRuns(work.db, work.tableOf('Runs'));
    const [lost] = (await due.due(now().toISOString(), 10)).runs;
    expect(lost && (await due.take(lost, new Date(time + 300_000).toISOString()))).toBe(true);
    expect(lost && (await due.take(lost, new Date(time + 300_000).toISOString()))).toBe(false);
    await strike();
    expect(mails).toHaveLength(before + 1);
    time += 300_000;
    await strike();
    expect(mails).toHaveLength(before + 2);
  });

  it('ends with its customer, and an erasure leaves nothing of the person in any run', async () => {
    const payload = polarPayload('customer.deleted', person, now());
    await work.queue('evt-4', 'customer.deleted', JSON.stringify(payload));
    expect(await drain()).toEqual([]);
    const states = (await work.items('Runs')).map(({ workflowId, state }) => [workflowId, state]);
    // The deletion itself began the last one.
    expect(states.sort()).toEqual([
      ['dunning', 'exited'],
      ['dunning', 'exited'],
      ['farewell', 'waiting'],
    ]);

    const surroundings = { settings: defaultSettings, now: now(), newId: randomUUID };
    await eraseRecords({ customerId: person.customerId }, { ...work.parts, surroundings });
    for (const row of await work.items('Runs')) {
      expect(row).toMatchObject({ erased: true, history: [] });
      expect(row['properties']).toEqual({ customerId: person.customerId });
    }
  });
});
