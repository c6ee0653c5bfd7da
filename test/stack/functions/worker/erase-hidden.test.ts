import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteErasure } from '#shared/audience/erasure.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { settle } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { type ContactErasure, requestErasure } from '#shared/queue/events-queue.ts';
import { asMany } from '#test/support/as-many.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { erasing, minutesAgo } from './erasing.ts';

let work: Awaited<ReturnType<typeof startWorker>>;
let actions: ReturnType<typeof erasing>;
beforeAll(async () => {
  work = await startWorker();
  actions = erasing(work);
  await work.put('Settings', { name: 'settings', ...defaultSettings, customerDeleted: 'delete' });
});
afterAll(() => work.stop());

const by = 'an engineer';
/** Which of the points of an interruption are tried: every third one, and in a proof each. */
const everyNth = asMany(3, 1);
let id: string;
let email: string;
beforeEach(() => {
  id = randomUUID();
  email = `${id}@example.com`;
});

async function bornAndDeleted(birth: Readonly<{ name?: string }> = {}) {
  const former = `old-${email}`;
  const externalId = `ext-${id}`;
  await actions.tell('customer.created', id, { minutesBefore: 50, email: former, ...birth });
  await actions.tell('customer.updated', id, { minutesBefore: 40, email, externalId });
  const deletedAt = minutesAgo(30);
  await actions.tell('customer.deleted', id, { minutesBefore: 30, email, deletedAt });
  expect(await work.item('Contacts', { email })).toBeUndefined();
  expect(await work.item('Customers', { customerId: id })).toMatchObject({
    email: { value: email },
    externalId: { value: externalId },
  });
}

/** What the console asks for. */
function requestFor(change: Partial<ContactErasure> = {}): ContactErasure {
  return {
    contactId: id,
    hiddenCustomerId: id,
    email: normalisedEmail(email),
    by,
    at: new Date().toISOString(),
    ...change,
  };
}

async function erase(request: ContactErasure) {
  const queue = actions.queueWithTime();
  await requestErasure(request, queue.send);
  expect(await work.drain({ send: queue.send })).toEqual([]);
  return queue;
}

describe('a customer whom no contact shows', () => {
  it('has everything of it erased, now and what was in flight a quarter of an hour later', async () => {
    await bornAndDeleted({ name: `Name of ${id}` });
    const [event] = (await work.items('Events')).filter((row) => row['customerId'] === id);
    const request = requestFor();
    const queue = await erase(request);
    // Another worker had read the customer before, and writes its record only now.
    await work.put('Events', { ...event, webhookId: `in flight ${id}`, email });
    await queue.wait();
    await queue.wait();
    expect(queue.later).toEqual([]);
    const left = await actions.everything();
    for (const gone of [email, `old-${email}`, `ext-${id}`, `name of ${id}`]) {
      expect(left).not.toContain(gone);
    }
    const customer = await work.item('Customers', { customerId: id });
    expect(customer).toMatchObject({ erased: true, erasure: { at: request.at, by } });
  });

  it('keeps nothing of later events', async () => {
    await bornAndDeleted();
    await erase(requestFor());
    const webhookId = await actions.tell('order.paid', id, { minutesBefore: 0, email });
    expect(await work.item('Events', { webhookId })).toMatchObject({ erased: true });
    expect(await actions.everything()).not.toContain(email);
  });

  it('is erased without an address, too', async () => {
    await actions.tell('customer.created', id, { minutesBefore: 50, name: `Team ${id}` });
    const { email: _none, ...request } = requestFor();
    await erase(request);
    expect(await actions.everything()).not.toContain(`team ${id}`);
    expect(await work.item('Customers', { customerId: id })).toMatchObject({ erased: true });
  });

  it('takes along others who had its address, and nobody who came there after that', async () => {
    const [twin, anew] = [randomUUID(), randomUUID()];
    await bornAndDeleted();
    await actions.tell('customer.created', twin, { minutesBefore: 25, email });
    const deletedAt = minutesAgo(20);
    await actions.tell('customer.deleted', twin, { minutesBefore: 20, email, deletedAt });
    const queue = await erase(requestFor());
    await actions.tell('customer.created', anew, { minutesBefore: -1, email });
    const before = await actions.rowsOf(anew);
    await queue.wait();
    await queue.wait();
    for (const customerId of [id, twin]) {
      expect(await work.item('Customers', { customerId })).toMatchObject({ erased: true });
    }
    expect(await actions.rowsOf(anew)).toEqual(before);
    expect(await work.item('Contacts', { email })).toMatchObject({ customerId: anew });
  });

  it('leaves the contact of somebody else at its address alone, where that is asked for', async () => {
    const owner = randomUUID();
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    await actions.tell('customer.created', owner, { minutesBefore: 40, email });
    const there = await work.item('Contacts', { email });
    expect(there).toMatchObject({ customerId: owner });
    const { email: _unsaid, ...request } = requestFor();
    const queue = await erase(request);
    await queue.wait();
    expect(await work.item('Contacts', { email })).toEqual(there);
    expect(await work.item('Customers', { customerId: id })).toMatchObject({ erased: true });
  });

  it('is erased after an interruption anywhere', async () => {
    for (let calls = 0; ; calls += everyNth) {
      id = randomUUID();
      email = `${id}@example.com`;
      await bornAndDeleted();
      const { send, wait } = actions.queueWithTime();
      await requestErasure(requestFor(), send);
      const failed = await work.drain(actions.interruptedAfter(calls, send));
      await wait();
      await wait();
      expect(await actions.everything()).not.toContain(email);
      if (failed.length === 0) {
        expect(calls).toBeGreaterThan(5);
        return;
      }
    }
  });
});

describe('the note that an erasure was asked for', () => {
  const note = (request: Parameters<typeof noteErasure>[1]) =>
    settle(work.parts.store, (w) => noteErasure(w, request), work.parts.pause);

  it('stands until it is done, and changes nothing else', async () => {
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    const request = await actions.requestFor(email);
    const before = await work.item('Customers', { customerId: id });
    const contact = await work.item('Contacts', { email });
    await note(request);
    const { at } = request;
    expect(await work.item('Customers', { customerId: id })).toEqual({
      ...before,
      erasure: { at, by },
      revision: expect.any(String),
    });
    expect(await work.item('Contacts', { email })).toMatchObject({ ...contact });
    await actions.tell('customer.updated', id, { minutesBefore: 10, email, name: 'Ann' });
    expect(await work.item('Customers', { customerId: id })).toMatchObject({ erasure: { at, by } });
  });

  it('is not written where the erasure was faster, or the contact has gone elsewhere', async () => {
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    const { request } = await actions.erase(email);
    const before = await actions.rowsOf(id);
    await note(request);
    await note({ customerId: id, at: new Date().toISOString(), by: 'somebody' });
    await note({ customerId: 'nobody', at: new Date().toISOString(), by: 'somebody' });
    expect(await actions.rowsOf(id)).toEqual(before);
    expect(await work.item('Customers', { customerId: 'nobody' })).toBeUndefined();
  });
});
