import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestErasure } from '#shared/queue/events-queue.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { metAtACall } from '#test/support/cloud/met-at-a-call.ts';
import { audienceTables } from '#test/support/cloud/stack-tables.ts';
import { erasing, minutesAgo } from './erasing.ts';

let work: Awaited<ReturnType<typeof startWorker>>;
let actions: ReturnType<typeof erasing>;
beforeAll(async () => {
  work = await startWorker();
  actions = erasing(work);
});
afterAll(() => work.stop());

type Queue = ReturnType<typeof actions.queueWithTime>;

const erasures: Record<string, (id: string, email: string, queue: Queue) => Promise<unknown>> = {
  'a person asks to erase the contact': async (_, email, { send }) =>
    requestErasure(await actions.requestFor(email), send),
  'Polar deletes the customer with anonymisation': (id, email) =>
    actions.queued('customer.deleted', id, {
      ...{ minutesBefore: 5, email, deletedAt: minutesAgo(5), anonymised: true },
    }),
};

/** It reads, writes the state, and then the record. */
const ofARenewal = ['BatchGetItemCommand', 'PutItemCommand', 'PutItemCommand'];
const callForTheRecord = ofARenewal.length;

describe('a worker that has written the state of a renewal when its customer is erased', () => {
  it.each(Object.entries(erasures))(
    'brings nothing back for longer than a quarter of an hour: %s',
    async (_, eraseFrom) => {
      const id = randomUUID();
      const email = `${id}@example.com`;
      const known = { email, version: minutesAgo(50) };
      await actions.tell('customer.created', id, { minutesBefore: 50, ...known });
      await actions.tell('subscription.active', id, {
        ...{ minutesBefore: 40, ...known, status: 'active' },
      });

      const queue = actions.queueWithTime();
      const { client, calls } = metAtACall(work.db, callForTheRecord, async (putRecord) => {
        await eraseFrom(id, email, queue);
        expect(await work.drain({ send: queue.send })).toEqual([]);
        expect(await actions.everything()).not.toContain(email);
        return putRecord();
      });
      const store = dynamoAudienceStore(client, audienceTables(work.tableOf), {
        addressHash: async () => addressHash('a key of this test'),
        retentionDays: 90,
      });
      const webhookId = await actions.queued('subscription.past_due', id, {
        ...{ minutesBefore: 30, ...known, status: 'past_due' },
      });
      expect(await work.drain({ store })).toEqual([]);
      expect(calls.slice(0, callForTheRecord)).toEqual(ofARenewal);
      expect(await work.item('Events', { webhookId })).toMatchObject({
        outcome: 'unchanged',
        email,
      });

      await queue.wait();
      expect(await actions.everything()).not.toContain(email);
      expect(await work.item('Events', { webhookId })).toMatchObject({ erased: true });
      expect(await work.item('Customers', { customerId: id })).toMatchObject({ erased: true });
      expect(await work.item('Customers', { customerId: id })).not.toHaveProperty('subscriptions');
    },
  );
});
