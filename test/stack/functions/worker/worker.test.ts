import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worker } from '#functions/worker/worker.ts';
import { retryDelaySeconds } from '#shared/queue/each-record.ts';
import { startWorker } from '#test/support/audience/worker-at-work.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8');

let work: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  work = await startWorker();
});
afterAll(() => work.stop());

let made = 0;
function freshId(name: string): string {
  made += 1;
  return `${name}-${made}`;
}

type Data = Record<string, unknown>;

/** A customer.created of a new customer, in Polar's shape. */
function customerCreated(id: string, change: (data: Data) => void = () => undefined): string {
  const body = JSON.parse(fixture('customer.created.plain.json'));
  Object.assign(body.data, { id, email: `${id}@example.com`, external_id: null });
  change(body.data);
  return JSON.stringify(body);
}

describe('the worker', () => {
  it('seeds the settings with the defaults once', async () => {
    const webhookId = freshId('evt');
    await work.queue(webhookId, 'customer.created', customerCreated(freshId('c')));
    await work.drain();
    expect(await work.item('Settings', { name: 'settings' })).toMatchObject({
      version: 0,
      customerDeleted: 'unsubscribe',
      newContacts: 'subscribed',
    });
  });

  it('sends what cannot be read to the dead letters with its reason, and applies the rest of the batch', async () => {
    const [bad, good, id] = [freshId('bad'), freshId('good'), freshId('c')];
    const text = JSON.stringify({
      type: 'customer.created',
      timestamp: '2026-11-01T00:00:00Z',
      data: { email: 'ann@example.com' },
    });
    await work.queue(bad, 'customer.created', text);
    await work.queue(good, 'customer.created', customerCreated(id));
    expect(await work.drain()).toEqual([]);
    expect(await work.item('Events', { webhookId: good })).toMatchObject({ outcome: 'applied' });
    expect(await work.item('Events', { webhookId: bad })).toBeUndefined();
    const dead = await work.receive(work.deadLettersUrl);
    expect(dead).toHaveLength(1);
    expect(dead[0]).toMatchObject({
      body: text,
      messageAttributes: { webhookId: { stringValue: bad } },
    });
    const failure = await work.item('Failures', { webhookId: bad });
    expect(failure).toMatchObject({
      isFinal: true,
      attempts: 1,
      firstReason: expect.stringContaining('data.id'),
      lastReason: expect.stringContaining('data.id'),
    });
    expect(JSON.stringify([failure, work.lines])).not.toContain('ann@example.com');
  });

  it('retries what fails for a while with growing delay, keeps the reasons and clears them at last', async () => {
    const [webhookId, id] = [freshId('evt'), freshId('c')];
    await work.queue(webhookId, 'customer.created', customerCreated(id));
    const failing = {
      settings: () => Promise.reject(new Error('The table is away, says ann@example.com.')),
    };
    expect(await work.drain(failing)).toHaveLength(1);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      isFinal: false,
      firstReason: 'The table is away, says [address]',
    });
    expect(await work.counts(work.queueUrl)).toMatchObject({ visible: 0, inFlight: 1 });
    await work.queue(webhookId, 'customer.created', customerCreated(id));
    const failingOtherwise = { settings: () => Promise.reject(new Error('It took too long.')) };
    expect(await work.drain(failingOtherwise)).toHaveLength(1);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      attempts: 2,
      firstReason: 'The table is away, says [address]',
      lastReason: 'It took too long.',
    });

    const record = await recordOf(webhookId, customerCreated(id));
    record.attributes.ApproximateReceiveCount = '2';
    const time = { getRemainingTimeInMillis: () => 60_000 };
    const result = await worker(work.parts)({ Records: [record] }, time);
    expect(result.batchItemFailures).toEqual([]);
    expect(await work.item('Failures', { webhookId })).toBeUndefined();
    expect(await work.item('Contacts', { email: `${id}@example.com` })).toBeDefined();
  });

  it('reports what it has no time left for', async () => {
    const webhookId = freshId('evt');
    await work.queue(webhookId, 'customer.created', customerCreated(freshId('c')));
    expect(await work.drain({}, { getRemainingTimeInMillis: () => 500 })).toHaveLength(1);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      lastReason: expect.stringContaining('no time left'),
    });
  });

  it('names the field of a settings document that is not valid, and retries', async () => {
    const saved = await work.item('Settings', { name: 'settings' });
    const webhookId = freshId('evt');
    await work.put('Settings', { ...saved, newContacts: 'perhaps' });
    await work.queue(webhookId, 'customer.created', customerCreated(freshId('c')));
    expect(await work.drain()).toHaveLength(1);
    expect(await work.item('Failures', { webhookId })).toMatchObject({
      isFinal: false,
      lastReason: expect.stringContaining('newContacts'),
    });
    await work.put('Settings', { ...saved });
  });

  it('leaves out of an index what DynamoDB cannot index', async () => {
    const [webhookId, id] = [freshId('evt'), freshId('c')];
    const body = customerCreated(id, (data) => {
      data['external_id'] = 'x'.repeat(3_000);
    });
    await work.queue(webhookId, 'customer.created', body);
    expect(await work.drain()).toEqual([]);
    const contact = await work.item('Contacts', { email: `${id}@example.com` });
    expect(contact).toMatchObject({ externalId: 'x'.repeat(3_000) });
    expect(contact).not.toHaveProperty('externalIdKey');
  });

  it('leaves out a payload that is too large for an item, and says so', async () => {
    const [webhookId, id] = [freshId('evt'), freshId('c')];
    const noise = Array.from({ length: 30_000 }, () => crypto.randomUUID()).join('');
    const body = customerCreated(id, (data) => {
      data['metadata'] = { noise: noise.slice(0, 900_000) };
    });
    await work.queue(webhookId, 'customer.created', body);
    expect(await work.drain()).toEqual([]);
    const record = await work.item('Events', { webhookId });
    expect(record).toMatchObject({ outcome: 'applied', payloadOmitted: true });
    expect(record).not.toHaveProperty('payload');
  });

  it('applies the events of one customer in one batch one after another, in one transaction', async () => {
    const id = freshId('c');
    const webhookIds = Array.from({ length: 8 }, () => freshId('evt'));
    const loads: string[] = [];
    const store = {
      ...work.parts.store,
      load: async (keys: Parameters<typeof work.parts.store.load>[0]) => {
        loads.push('load');
        return work.parts.store.load(keys);
      },
      commit: async (commit: Parameters<typeof work.parts.store.commit>[0]) => {
        const result = await work.parts.store.commit(commit);
        loads.push(result.kind);
        return result;
      },
    };
    for (const [n, webhookId] of webhookIds.entries()) {
      const body = customerCreated(id, (data) => {
        data['name'] = `Name ${n}`;
        data['modified_at'] = `2026-11-01T00:00:0${n}Z`;
      });
      await work.queue(webhookId, 'customer.created', body);
    }
    expect(await work.drain({ store })).toEqual([]);
    expect(loads).toEqual(['load', 'committed']);
    for (const [n, webhookId] of webhookIds.entries()) {
      const { changes } = Object((await work.item('Events', { webhookId })) ?? {});
      const [from, to] = [n === 0 ? null : String(n - 1), String(n)];
      expect(changes).toContainEqual({ field: 'lastName', from, to });
    }
    expect(await work.item('Contacts', { email: `${id}@example.com` })).toMatchObject({
      lastName: '7',
    });
  });
});

describe('the delays of retries', () => {
  it('grow, and twelve receives are more than an hour', () => {
    const delays = Array.from({ length: 11 }, (_, n) => retryDelaySeconds(n + 1));
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays[0]).toBe(15);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(3_600);
    expect(Math.max(...delays)).toBeLessThanOrEqual(900);
  });
});

async function recordOf(webhookId: string, body: string) {
  await work.queue(webhookId, 'customer.created', body);
  const [record] = await work.receive();
  if (!record) throw new Error('The queue is empty');
  return record;
}
