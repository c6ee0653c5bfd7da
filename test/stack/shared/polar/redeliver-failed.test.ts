import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { redeliverFailed } from '#shared/polar/redelivery.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
let connection: Connection;
const person = {
  customerId: 'c-1',
  email: 'ann@example.com',
  name: 'Ann',
  externalId: null,
  isNew: true,
};
const paid = polarPayload('order.paid', person, new Date());
const since = new Date(Date.now() - 3_600_000).toISOString();

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startPolarConnection(dynamo.client);
  onTestFinished(() => at.stop());
  const access = at.token();
  const connected = await connectPolar(at.parts(access), { access, by: 'ann' });
  if (connected.kind !== 'connected') throw new Error('not connected');
  connection = connected.connection;
});

async function fail(options: Parameters<PolarConnection['polar']['emit']>[1] = {}) {
  at.receiver.goDown();
  const [id = ''] = await at.polar.emit(paid, options);
  at.receiver.comeBack();
  return id;
}
async function run(limit = 100, from?: string) {
  const result = await redeliverFailed(at.parts(), connection, { since, limit, from });
  await at.polar.redelivered();
  return result;
}
const redeliveries = () => at.polar.requests.filter((line) => line.endsWith('/redeliver'));

describe('redelivering what failed', () => {
  it('sends exactly the events that never succeeded, each once, and those only', async () => {
    const [delivered = ''] = await at.polar.emit(paid);
    const givenUp = await fail({ attempts: 3 });
    const tried = await fail({ attempts: 2, isStillTrying: true });
    const later = await fail({ attempts: 2 });
    await at.polar.redeliver(later);
    at.receiver.goDown();
    await at.polar.redeliver(delivered);
    at.receiver.comeBack();
    expect(at.receiver.taken).toEqual([delivered, later]);

    at.polar.requests.length = 0;
    expect(await run()).toEqual({
      kind: 'redelivered',
      events: 2,
      settled: 2,
      lost: 0,
      attemptsLeft: 0,
    });
    const listings = at.polar.requests.filter((line) => line.endsWith('/deliveries'));
    expect(listings).toHaveLength(1 + 3);
    expect(at.receiver.taken.slice(2).sort()).toEqual([givenUp, tried].sort());
    expect(await run()).toMatchObject({ events: 0, settled: 4 });
    expect(redeliveries()).toHaveLength(2);
  });

  it('does bounded work and goes on where it was, however often an event was tried', async () => {
    const ids: string[] = [];
    for (let event = 0; event < 7; event += 1)
      ids.push(await fail({ attempts: 3, isStillTrying: true }));
    const first = await run(3);
    expect(first).toMatchObject({ events: 3, attemptsLeft: expect.any(Number) });
    if (first.kind !== 'redelivered') return;
    expect(first.attemptsLeft).toBeGreaterThan(0);
    const counts = [first.events];
    let next = first.next;
    while (next !== undefined) {
      const more = await run(3, next);
      if (more.kind !== 'redelivered') throw new Error(more.reason);
      counts.push(more.events);
      next = more.next;
    }
    expect(counts.reduce((sum, count) => sum + count)).toBe(7);
    expect(redeliveries()).toHaveLength(7);
    expect([...at.receiver.taken].sort()).toEqual([...ids].sort());
  });

  it('asks for each event once in a run, although all fail again', async () => {
    for (let event = 0; event < 5; event += 1) await fail({ attempts: 4, isStillTrying: true });
    at.receiver.goDown();
    let next: string | undefined;
    let events = 0;
    do {
      const done = await run(2, next);
      if (done.kind !== 'redelivered') throw new Error(done.reason);
      events += done.events;
      next = done.next;
    } while (next !== undefined);
    expect(events).toBe(5);
    expect(redeliveries()).toHaveLength(5);
  });

  it('reads more attempts than fit on a page, and tries again what is refused for its number', async () => {
    const ids = [
      await fail({ attempts: 130, isStillTrying: true }),
      await fail({ attempts: 130, isStillTrying: true }),
    ];
    at.polar.setRateLimit({ every: 3, retryAfter: '1' });
    expect(await run()).toMatchObject({ events: 2, attemptsLeft: 0 });
    expect([...at.receiver.taken].sort()).toEqual([...ids].sort());
  });

  it('counts as lost what Polar keeps no payload of', async () => {
    const id = await fail();
    const event = at.polar.state.events.find((known) => known.id === id);
    if (event) event.isArchived = true;
    expect(await run()).toMatchObject({ events: 0, lost: 1 });
    expect(redeliveries()).toEqual([]);
  });

  it.each([
    ['the endpoint is disabled', { enabled: false }, /disabled in Polar/],
    ['it sends elsewhere', { url: 'https://example.com/' }, /sends to another address/],
    ['its secret is not ours', { secret: 'whsec_b3RoZXI=' }, /Repair the connection first/],
  ])('is refused while %s, for all would fail again', async (_, change, reason) => {
    await fail();
    Object.assign(at.polar.endpoints[0] ?? {}, change);
    const refused = await run();
    expect(refused).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
    expect(redeliveries()).toEqual([]);
  });
});
