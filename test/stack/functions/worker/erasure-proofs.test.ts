import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { requestErasure } from '#shared/queue/events-queue.ts';
import { addressHash } from '#shared/store/audience/audience-store.ts';
import { erasureProofs } from '#shared/store/operator-log.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { erasing, minutesAgo } from './erasing.ts';

let work: Awaited<ReturnType<typeof startWorker>>;
let actions: ReturnType<typeof erasing>;
beforeAll(async () => {
  work = await startWorker();
  actions = erasing(work);
});
afterAll(() => work.stop());

const hash = addressHash('a key of this test');
const proofs = (...names: string[]) => erasureProofs(work.db, work.tableOf('Acts'), names);

describe('the proof of an erasure', () => {
  it('that a person asked for is found by customer, contact and every address, and keeps no address', async () => {
    const [id, tag] = [randomUUID(), randomUUID()];
    const [first, last] = [`old-${tag}@example.com`, `new-${tag}@example.com`];
    await actions.tell('customer.created', id, { minutesBefore: 20, email: first });
    await actions.tell('customer.updated', id, { minutesBefore: 10, email: last });
    const { request } = await actions.erase(last);

    const proof = {
      customerId: id,
      contactId: request.contactId,
      askedAt: request.at,
      askedBy: request.by,
    };
    for (const name of [id, request.contactId, hash(first), hash(last)]) {
      expect([name, await proofs(name)]).toMatchObject([name, [proof]]);
    }
    const [{ erasedAt = '' } = {}] = await proofs(id);
    expect(erasedAt >= request.at).toBe(true);
    const kept = await work.items('Acts');
    expect(kept.filter((item) => item['expiresAt'] !== undefined)).toEqual([]);
    expect(JSON.stringify(kept)).not.toContain(tag);
  });

  it('that a deletion with anonymisation asked for tells of the deletion', async () => {
    const id = randomUUID();
    const email = `${id}@example.com`;
    await actions.tell('customer.created', id, { minutesBefore: 20, email });
    const deletedAt = minutesAgo(10);
    const deletion = { minutesBefore: 10, deletedAt, anonymised: true };
    await actions.tell('customer.deleted', id, deletion);
    expect(await proofs(hash(email))).toMatchObject([
      { customerId: id, askedBy: 'Polar, by a deletion', askedAt: expect.stringMatching(/^2/) },
    ]);
  });

  it('of a contact that was added by hand is found by its id and address', async () => {
    const email = `hand-${randomUUID()}@example.com`;
    const act = { at: minutesAgo(5), by: 'an engineer' };
    await addContact({ email }, act, actions.means());
    const { request } = await actions.erase(email);
    expect(await proofs(request.contactId)).toMatchObject([{ contactId: request.contactId }]);
    expect(await proofs(hash(normalisedEmail(email)))).toHaveLength(1);
  });

  it('is there once the rows are gone, wherever the worker crashes', async () => {
    for (let calls = 0; ; calls++) {
      const id = randomUUID();
      const email = `${id}@example.com`;
      await actions.tell('customer.created', id, { minutesBefore: 20, email });
      const queue = actions.queueWithTime();
      await requestErasure(await actions.requestFor(email), queue.send);
      const isWhole = (await work.drain(actions.interruptedAfter(calls, queue.send))).length === 0;
      const erased = (await work.item('Customers', { customerId: id }))?.['erased'] === true;
      expect([calls, await proofs(hash(email))]).toHaveProperty('1.length', erased ? 1 : 0);
      if (isWhole) break;
      expect(calls).toBeLessThan(50);
    }
  });

  it('is not made for somebody who is not erased', async () => {
    expect(await proofs(hash(`nobody-${randomUUID()}@example.com`))).toEqual([]);
  });
});
