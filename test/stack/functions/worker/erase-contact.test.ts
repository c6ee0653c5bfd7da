import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import { applyRefusal } from '#shared/audience/consent/refusals.ts';
import { normalisedEmail } from '#shared/audience/person/address.ts';
import { requestErasure, requestReplay } from '#shared/queue/events-queue.ts';
import { asMany } from '#test/support/as-many.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';
import { erasing, minutesAgo } from './erasing.ts';

let work: Awaited<ReturnType<typeof startWorker>>;
let actions: ReturnType<typeof erasing>;
beforeAll(async () => {
  work = await startWorker();
  actions = erasing(work);
});
afterAll(() => work.stop());

const by = 'an engineer';
/** Which of the points of an interruption are tried: every third one, and in a proof each. */
const everyNth = asMany(3, 1);

describe('a contact that a person has erased', () => {
  it('leaves its addresses nowhere but as a hash, whoever claimed them and however they are written', async () => {
    const tag = randomUUID();
    const [email, typed, former] = [
      `ann-${tag}@example.com`,
      `Ann-${tag}@Example.COM`,
      `old-${tag}@example.com`,
    ];
    const [ann, deleted, bob, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await actions.tell('customer.created', deleted, { minutesBefore: 90, email: typed });
    const deletedAt = minutesAgo(80);
    await actions.tell('customer.deleted', deleted, { minutesBefore: 80, email: typed, deletedAt });
    const escaped = (body: string) => body.replaceAll(`ann-${tag}`, `\\u0061nn-${tag}`);
    await actions.tell('customer.created', bob, { minutesBefore: 70, email, spoil: escaped });
    await actions.tell('customer.updated', bob, {
      minutesBefore: 60,
      email: `bob-${tag}@b.example`,
    });
    await actions.tell('customer.created', ann, {
      minutesBefore: 50,
      email: former,
      externalId: `x${tag}`,
    });
    const replayed = await actions.tell('customer.updated', ann, {
      minutesBefore: 40,
      email: typed,
    });
    await actions.tell('order.paid', ann, { minutesBefore: 30, email: typed.toUpperCase() });
    await actions.tell('customer.created', other, {
      minutesBefore: 20,
      email: `other-${tag}@b.example`,
    });
    const asked = { replayId: 'r', webhookId: replayed, triggers: true, again: false, by };
    await requestReplay({ ...asked, at: minutesAgo(10) }, work.parts.send);
    await work.drain();
    const no = { reason: 'unsubscribed', at: minutesAgo(5), by: 'the person' } as const;
    await applyRefusal({ email: normalisedEmail(email), ...no }, actions.means());
    expect(await work.item('Contacts', { email })).toMatchObject({ customerId: ann });
    const before = await actions.rowsOf(other);
    const ofBob = await work.item('Contacts', { email: `bob-${tag}@b.example` });

    const erasure = await actions.erase(email);
    for (const _ of ['at once', 'a quarter of an hour later']) {
      const left = await actions.everything();
      const gone = [email, former, encodeURIComponent(email), `x${tag}`];
      expect(gone.filter((text) => left.includes(text))).toEqual([]);
      for (const id of [ann, deleted]) {
        expect(await work.item('Customers', { customerId: id })).toMatchObject({
          erased: true,
          erasure: { at: erasure.request.at, by },
          addresses: [],
        });
      }
      expect(await actions.suppressed(email)).toEqual(['unsubscribed']);
      expect(await actions.rowsOf(other)).toEqual(before);
      expect(await work.item('Contacts', { email: `bob-${tag}@b.example` })).toEqual(ofBob);
      expect(await work.item('Customers', { customerId: bob })).toMatchObject({
        addresses: [`bob-${tag}@b.example`],
      });
      await erasure.wait();
    }
    expect(erasure.later).toEqual([]);
    expect(work.lines.join('\n')).not.toContain(tag);
  });

  it('does not come back, and later events of its customer keep nothing', async () => {
    const id = randomUUID();
    const email = `${id}@example.com`;
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    await actions.erase(email);
    const late = await actions.tell('order.paid', id, {
      minutesBefore: 0,
      email,
      name: `Name of ${id}`,
    });
    const record = await work.item('Events', { webhookId: late });
    expect(record).toMatchObject({ outcome: 'skipped', erased: true });
    expect(record).not.toHaveProperty('payload');
    expect((await actions.everything()).includes(email)).toBe(false);
    expect((await actions.everything()).includes(`name of ${id}`)).toBe(false);
  });

  it('that was added by hand and has no customer goes, too', async () => {
    const email = `${randomUUID()}@example.com`;
    await addContact({ email }, { at: minutesAgo(5), by }, actions.means());
    await applyRefusal(
      { email: normalisedEmail(email), reason: 'complained', at: minutesAgo(4), by: 'SES' },
      actions.means(),
    );
    await actions.erase(email);
    expect((await actions.everything()).includes(email)).toBe(false);
    expect(await actions.suppressed(email)).toEqual(['complained']);
  });

  it('has what was in flight erased a quarter of an hour later: a record, and a customer nobody knew', async () => {
    const [id, unknown] = [randomUUID(), randomUUID()];
    const email = `${id}@example.com`;
    const first = await actions.tell('customer.created', id, { minutesBefore: 50, email });
    const record = await work.item('Events', { webhookId: first });
    const erasure = await actions.erase(email);
    // Another worker had read the customer before, and writes its record only now.
    await work.put('Events', { ...record, webhookId: 'in flight' });
    await actions.tell('customer.created', unknown, { minutesBefore: 40, email });
    expect(await work.item('Contacts', { email })).toBeDefined();
    await erasure.wait();
    expect(await work.item('Contacts', { email })).toBeUndefined();
    expect((await actions.everything()).includes(email)).toBe(false);
    await erasure.wait();
    expect(erasure.later).toEqual([]);
  });

  it('does not take along who comes to its address after that', async () => {
    const [id, anew] = [randomUUID(), randomUUID()];
    const email = `${id}@example.com`;
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    const erasure = await actions.erase(email);
    const webhookId = await actions.tell('customer.created', anew, { minutesBefore: -1, email });
    const before = await actions.rowsOf(anew);
    await erasure.wait();
    await erasure.wait();
    expect(await actions.rowsOf(anew)).toEqual(before);
    expect(await work.item('Contacts', { email })).toMatchObject({ customerId: anew });
    expect(await work.item('Events', { webhookId })).toHaveProperty('payload');
  });

  it('does not take along another contact that moves to its address after that', async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const [email, before] = [`${id}@example.com`, `${other}@example.com`];
    await actions.tell('customer.created', id, { minutesBefore: 50, email });
    await actions.tell('customer.created', other, { minutesBefore: 40, email: before });
    const known = await work.item('Contacts', { email: before });
    const erasure = await actions.erase(email);
    await actions.tell('customer.updated', other, { minutesBefore: -1, email });
    await erasure.wait();
    await erasure.wait();
    expect(await work.item('Contacts', { email })).toMatchObject({
      customerId: other,
      contactId: known?.['contactId'],
    });
  });

  it.each([false, true])(
    'is found at the address that it has meanwhile, also where the index is late (%s)',
    async (isIndexLate) => {
      const id = randomUUID();
      const [email, moved] = [`${id}@example.com`, `${id}@new.example`];
      await actions.tell('customer.created', id, { minutesBefore: 50, email });
      const request = await actions.requestFor(email);
      await actions.tell('customer.updated', id, { minutesBefore: 0, email: moved });
      const { send, wait } = actions.queueWithTime();
      await requestErasure(request, send);
      const contactOf = async () => ({ contact: undefined, addresses: [], spellings: [] });
      expect(await work.drain({ send, ...(isIndexLate && { contactOf }) })).toEqual([]);
      await wait();
      const left = await actions.everything();
      expect([email, moved].filter((gone) => left.includes(gone))).toEqual([]);
    },
  );

  it('is erased after an interruption anywhere', async () => {
    for (let calls = 0; ; calls += everyNth) {
      const id = randomUUID();
      const email = `${id}@example.com`;
      await actions.tell('customer.created', id, { minutesBefore: 50, email });
      const { send, wait } = actions.queueWithTime();
      await requestErasure(await actions.requestFor(email), send);
      const failed = await work.drain(actions.interruptedAfter(calls, send));
      await wait();
      await wait();
      expect((await actions.everything()).includes(email)).toBe(false);
      if (failed.length === 0) {
        expect(calls).toBeGreaterThan(5);
        return;
      }
    }
  });
});
