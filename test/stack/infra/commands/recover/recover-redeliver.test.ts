import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type RedeliverParts, redeliverLost } from '#infra/commands/recover/redeliver.ts';
import { redeliveryLines } from '#infra/commands/recover/text.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
let parts: RedeliverParts;
let recorded: Set<string>;
let accepted: Set<string>;
let silenced: string[];
let waitedMs: number;
const person = {
  customerId: 'c-1',
  email: 'a@example.com',
  name: 'A',
  externalId: null,
  isNew: true,
};
const paid = polarPayload('order.paid', person, new Date());

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
  recorded = new Set();
  accepted = new Set();
  silenced = [];
  waitedMs = 0;
  parts = {
    api: at.parts().api,
    endpointId: connected.connection.endpointId,
    hasRecord: async (id) => recorded.has(id) || at.receiver.taken.includes(id),
    isAccepted: async ({ id }) => accepted.has(id),
    silenced: () => silenced,
    now: () => new Date(Date.now() + waitedMs),
    pause: async (ms) => {
      waitedMs += ms;
      await at.polar.redelivered();
    },
    progress: () => undefined,
    isStopped: () => false,
  };
});

async function fail(payload: Readonly<{ type: string }> = paid): Promise<string> {
  at.receiver.goDown();
  const [id = ''] = await at.polar.emit(payload, { isStillTrying: true });
  at.receiver.comeBack();
  return id;
}
const asked = () =>
  at.polar.requests.flatMap((line) => /^POST .*\/events\/(.*)\/redeliver$/.exec(line)?.[1] ?? []);

describe('delivering again what never arrived', () => {
  it('leaves alone what succeeded later, has a record here, or is not ours', async () => {
    await at.polar.emit(paid);
    const lost = [await fail(), await fail()];
    const later = await fail();
    await at.polar.redeliver(later);
    const here = await fail();
    recorded.add(here);
    Object.assign(at.polar.endpoints[0] ?? {}, { events: ['order.paid', 'refund.created'] });
    await fail({ type: 'refund.created' });
    const done = await redeliverLost(parts);
    expect(done).toMatchObject({ asked: 2, arrived: 2, here: 1, lost: 0, awaited: [] });
    expect(asked().sort()).toEqual(lost.sort());
    expect(done.stopped).toBeUndefined();
    expect(await redeliverLost(parts)).toMatchObject({ asked: 0, here: 1 });
  });

  it('begins with one alone, and asks for no more when that does not arrive', async () => {
    for (let event = 0; event < 4; event += 1) await fail();
    at.receiver.goDown();
    const done = await redeliverLost(parts);
    expect(done).toMatchObject({ asked: 1, arrived: 0 });
    expect(done.stopped).toContain('arrived within two minutes');
    expect(redeliveryLines(done).at(-1)).toMatch(/^on the way +1 /);
    expect(at.polar.endpoints[0]?.enabled).toBe(true);
  });

  it('counts as lost what Polar keeps no payload of', async () => {
    const id = await fail();
    Object.assign(at.polar.state.events.find((event) => event.id === id) ?? {}, {
      isArchived: true,
    });
    expect(await redeliverLost(parts)).toMatchObject({ asked: 0, lost: 1 });
    expect(asked()).toEqual([]);
  });

  it('keeps why Polar refuses an event, and goes on with the others', async () => {
    const [first, gone, last] = [await fail(), await fail(), await fail()];
    const { events } = at.polar.state;
    events.splice(
      events.findIndex(({ id }) => id === gone),
      1,
    );
    const done = await redeliverLost(parts);
    expect(done).toMatchObject({ asked: 2, arrived: 2, lost: 0, awaited: [] });
    expect([...done.refused.keys()]).toEqual([gone]);
    expect(done.refused.get(gone)).toMatch(
      /^Polar did not deliver an event again: it is not there/,
    );
    expect(redeliveryLines(done).join()).toMatch(/refused +1 /);
    expect(at.receiver.taken.sort()).toEqual([first, last].sort());
  });

  it('says what Polar was answered, and does not offer to lose what a wrong secret refuses', async () => {
    const id = await fail();
    await at.values.put('WebhookSecret', '{"current":"polar_whs_of-somebody-else-altogether"}');
    const { stopped } = await redeliverLost(parts);
    expect(stopped).toContain(`for example ${id}. Polar last got 401`);
    expect(stopped).toContain('Nothing is lost');
    expect(stopped).not.toContain('--accept');
  });

  it('goes on without one that can never arrive once somebody accepted that', async () => {
    const [stuck, other] = [await fail(), await fail()].reverse();
    const event = at.polar.state.events.find(({ id }) => id === stuck);
    Object.assign(event ?? {}, { endpointId: 'gone' });
    silenced = ['Receipt'];
    const waitedFor = await redeliverLost(parts);
    expect(waitedFor.stopped).toContain('would lose the emails of Receipt');
    expect(waitedFor.stopped).not.toContain('--accept');
    silenced = [];
    const first = await redeliverLost(parts);
    expect(first.stopped).toContain(`--accept ${stuck}`);
    accepted.add(stuck ?? '');
    expect(await redeliverLost(parts)).toMatchObject({ asked: 1, arrived: 1, accepted: 1 });
    expect(at.receiver.taken).toEqual([other]);
  });

  it('asks for many, although Polar refuses calls for their number', async () => {
    const ids: string[] = [];
    for (let event = 0; event < 60; event += 1) ids.push(await fail());
    at.polar.setRateLimit({ every: 5, retryAfter: '1' });
    expect(await redeliverLost(parts)).toMatchObject({ asked: 60, arrived: 60, awaited: [] });
    expect(
      asked()
        .filter((id, index, all) => all.indexOf(id) === index)
        .sort(),
    ).toEqual(ids.sort());
  });
});
