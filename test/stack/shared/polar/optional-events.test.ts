import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { followSettings } from '#shared/polar/connection/follow-settings.ts';
import { connectionHealth, surplusNote } from '#shared/polar/connection/health.ts';
import { repairConnection } from '#shared/polar/connection/tend-connection.ts';
import { optionalEventTypes, standardEventTypes } from '#shared/polar/event-types.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startPolarConnection(dynamo.client);
  onTestFinished(() => at.stop());
});

const updated = 'subscription.updated';
const refunded = 'order.refunded';

/** Settings in which these are on, and of the others nothing is said. */
async function switchOn(...types: readonly string[]) {
  const events = Object.fromEntries(types.map((type) => [type, { enabled: true }]));
  const Item = { name: 'settings', events };
  await at.db.send(new PutCommand({ TableName: at.table, Item }));
}

async function connect() {
  const access = at.token();
  const connected = await connectPolar(at.parts(access), { access, by: 'ann' });
  if (connected.kind !== 'connected') throw new Error('not connected');
  return connected.connection;
}

const follow = () => followSettings({ connections: at.connections, partsFor: () => at.parts() });
const eventsInPolar = () => at.polar.endpoints.map(({ events }) => [...events].sort());
const these = (...more: readonly string[]) => [[...standardEventTypes, ...more].sort()];

describe('the endpoint in Polar', () => {
  it.each([
    ['the standard events, where the settings say nothing of the others', []],
    ['those that are switched on as well', [updated, refunded]],
    ['all fifteen', optionalEventTypes],
  ])('is made with %s', async (_, on) => {
    if (on.length > 0) await switchOn(...on);
    const connection = await connect();
    expect(eventsInPolar()).toEqual(these(...on));
    const { faults, events, surplus } = await connectionHealth(at.parts(), connection);
    const all = standardEventTypes.length + on.length;
    expect({ faults, events, surplus }).toEqual({
      faults: [],
      events: { has: all, wanted: all },
      surplus: [],
    });
  });

  it('gets an event that is switched on and loses it again, and keeps what somebody chose in Polar', async () => {
    await connect();
    at.polar.endpoints[0]?.events.push('checkout.created');
    await switchOn(updated);
    expect(await follow()).toEqual({
      isBehind: false,
      sentences: ['Added to the endpoint in Polar: subscription.updated.'],
    });
    expect(eventsInPolar()).toEqual(these(updated, 'checkout.created'));
    await switchOn(refunded);
    expect((await follow()).sentences).toEqual([
      'Added to the endpoint in Polar: order.refunded.',
      'Took out of the endpoint in Polar: subscription.updated.',
    ]);
    await switchOn();
    expect(await follow()).toMatchObject({ isBehind: false });
    expect(eventsInPolar()).toEqual(these('checkout.created'));
    const before = at.polar.requests.length;
    expect((await follow()).sentences).toEqual([
      'The endpoint in Polar has just these events already.',
    ]);
    expect(at.polar.requests.length - before).toBe(1);
  });

  it('that Polar did not change is behind the settings, which is said, and repaired', async () => {
    const connection = await connect();
    await switchOn(updated);
    at.polar.goDown();
    const { isBehind, sentences } = await follow();
    expect(isBehind).toBe(true);
    expect(sentences.join(' ')).toMatch(
      /^The setting is saved, but the endpoint in Polar still has the events of before\. .+ To try again, repair the connection\.$/,
    );
    at.polar.comeBack();
    const { faults } = await connectionHealth(at.parts(), connection);
    expect(faults).toMatchObject([{ kind: 'events', repair: 'repair' }]);
    expect(faults[0]?.sentence).toContain('does not send subscription.updated');
    await repairConnection(at.parts(), connection);
    expect(eventsInPolar()).toEqual(these(updated));
    expect((await connectionHealth(at.parts(), connection)).faults).toEqual([]);
  });

  it('that sends one which is off is no fault, and repairing takes that one out', async () => {
    const connection = await connect();
    at.polar.endpoints[0]?.events.push(updated, 'checkout.created');
    const health = await connectionHealth(at.parts(), connection);
    expect(health).toMatchObject({ faults: [], surplus: [updated] });
    expect(surplusNote(health)).toContain('also sends subscription.updated, which is switched off');
    const repaired = await repairConnection(at.parts(), connection);
    expect(repaired).toMatchObject({
      kind: 'done',
      done: expect.arrayContaining(['Took out of the endpoint in Polar: subscription.updated.']),
    });
    expect(eventsInPolar()).toEqual(these('checkout.created'));
    expect(surplusNote(await connectionHealth(at.parts(), connection))).toBeUndefined();
  });

  it('of a revoked access is not changed, and the reason is said', async () => {
    await connect();
    await switchOn(updated);
    at.polar.state.tokens.clear();
    expect(await follow()).toMatchObject({ isBehind: true });
    expect(eventsInPolar()).toEqual(these());
  });
});

it('without a connection nothing is behind, and the next step is said', async () => {
  await switchOn(updated);
  const { isBehind, sentences } = await follow();
  expect(isBehind).toBe(false);
  expect(sentences).toEqual([
    expect.stringMatching(/^Polar is not connected.*connecting gives it these events\./),
  ]);
  expect(at.polar.requests).toEqual([]);
});

it('whatever else is wrong with the settings, the endpoint keeps its standard events', async () => {
  const events = {
    'order.paid': { enabled: false },
    [updated]: 'on',
    [refunded]: { enabled: true },
  };
  const Item = { name: 'settings', events, customerDeleted: 'forget' };
  await at.db.send(new PutCommand({ TableName: at.table, Item }));
  await connect();
  expect(eventsInPolar()).toEqual(these(refunded));
});
