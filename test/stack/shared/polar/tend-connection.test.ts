import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Endpoint } from '#infra/local/polar-server/polar-state.ts';
import { PolarUnavailable } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { Connection } from '#shared/polar/connection/connection.ts';
import { connectionHealth } from '#shared/polar/connection/health.ts';
import {
  disconnectPolar,
  dropPreviousSecret,
  enableEndpoint,
  repairConnection,
  rotateSecret,
} from '#shared/polar/connection/tend-connection.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
let connection: Connection;
let endpoint: Endpoint;
const person = {
  customerId: 'c-1',
  email: 'ann@example.com',
  name: 'Ann',
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
  connection = connected.connection;
  endpoint = found(at.polar.endpoints[0]);
});

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is none');
  return value;
}
const health = () => connectionHealth(at.parts(), connection);
const faults = async () => (await health()).faults.map(({ kind, repair }) => [kind, repair]);

describe('the health of the connection', () => {
  it('is good right after connecting, and shows the last deliveries without a secret', async () => {
    await at.polar.emit(paid);
    const found = await health();
    expect(found.faults).toEqual([]);
    expect(found.endpoint).toMatchObject({ id: endpoint.id, enabled: true });
    expect(found.deliveries).toMatchObject([
      { type: 'order.paid', succeeded: true, httpCode: 202 },
    ]);
    expect(JSON.stringify(found)).not.toContain(endpoint.secret);
  });

  it.each([
    ['somebody disabled the endpoint', { enabled: false }, ['disabled', 'enable']],
    ['its URL is another', { url: 'https://example.com/' }, ['url', 'repair']],
    ['an event was taken out', { events: standardEventTypes.slice(1) }, ['events', 'repair']],
    ['its API version is another', { api_version: '2026-04' }, ['api-version', 'repair']],
    ['its format is for chats', { format: 'slack' }, ['format', 'repair']],
    ['its secret was reset in Polar', { secret: 'whsec_b3RoZXI=' }, ['secret', 'repair']],
  ])('says that %s, and what mends it', async (_, change, fault) => {
    Object.assign(endpoint, change);
    expect(await faults()).toEqual([fault]);
  });

  it.each([
    ['it was removed', () => void at.polar.endpoints.pop(), ['missing', 'repair']],
    ['the token was revoked', () => at.polar.state.tokens.clear(), ['access', 'connect']],
    ['Polar is down', () => at.polar.goDown(), ['unreachable', 'wait']],
  ])('says that %s, and what mends it', async (_, arrange, fault) => {
    arrange();
    expect(await faults()).toEqual([fault]);
  });

  it('does not mind more events than ours', async () => {
    endpoint.events.push('checkout.created');
    expect(await faults()).toEqual([]);
  });

  it('counts the events that were given up and those that are still tried, not the attempts', async () => {
    at.receiver.goDown();
    await at.polar.emit(paid, { attempts: 4 });
    await at.polar.emit(paid, { attempts: 2, isStillTrying: true });
    const { failed, faults } = await health();
    expect(failed).toEqual({ givenUp: 1, stillTried: 1, isMore: false });
    expect(faults).toMatchObject([{ kind: 'failed', repair: 'redeliver' }]);
    expect(faults[0]?.sentence).toContain('gave up on 1 event and is still retrying 1 event');
  });

  it('counts as given up what Polar was still trying when the endpoint was disabled', async () => {
    at.receiver.goDown();
    const [id] = await at.polar.emit(paid, { attempts: 2, isStillTrying: true });
    Object.assign(found(at.polar.state.events.find((one) => one.id === id)), { skipped: true });
    const { failed, faults } = await health();
    expect(failed).toEqual({ givenUp: 1, stillTried: 0, isMore: false });
    expect(faults).toMatchObject([{ kind: 'failed', repair: 'redeliver' }]);
  });

  it('is looked at with a bounded number of calls, however many attempts failed', async () => {
    at.receiver.goDown();
    await at.polar.emit(paid, { attempts: 150, isStillTrying: true });
    await at.polar.emit(paid, { attempts: 200, isStillTrying: true });
    const before = at.polar.requests.length;
    const { failed, faults } = await health();
    expect(failed).toEqual({ givenUp: 0, stillTried: 2, isMore: true });
    expect(faults[0]?.sentence).toContain('It tries again by itself: each is applied once.');
    expect(at.polar.requests.length - before).toBeLessThanOrEqual(6);
  });
});

describe('the endpoint that Polar disabled after ten failures', () => {
  it('is enabled again', async () => {
    at.receiver.goDown();
    for (let failed = 0; failed < 10; failed += 1) await at.polar.emit(paid);
    expect(await faults()).toEqual([
      ['disabled', 'enable'],
      ['failed', 'redeliver'],
    ]);
    expect(await at.polar.emit(paid)).toEqual([]);
    at.receiver.comeBack();
    expect(await enableEndpoint(at.parts(), connection)).toMatchObject({
      kind: 'done',
      next: expect.stringContaining('npm run recover'),
    });
    const ids = await at.polar.emit(paid);
    expect(at.receiver.taken).toEqual(ids);
  });

  it('leaves a gap since the last delivery that arrived, which a second outage does not move', async () => {
    await at.polar.emit(paid);
    const since = at.polar.state.deliveries[0]?.created_at;
    endpoint.enabled = false;
    await enableEndpoint(at.parts(), connection);
    const gap = { since: new Date(since ?? '').toISOString(), known: 'delivery' };
    expect((await at.connections.read())?.gap).toEqual(gap);

    await at.polar.emit(paid);
    endpoint.enabled = false;
    await repairConnection(at.parts(), connection);
    expect((await at.connections.read())?.gap).toEqual(gap);
  });

  it('leaves the gap noted where the endpoint could not be enabled', async () => {
    endpoint.enabled = false;
    at.polar.goDown();
    await expect(enableEndpoint(at.parts(), connection)).rejects.toThrow(PolarUnavailable);
    const { connectedAt } = connection;
    expect((await at.connections.read())?.gap).toEqual({ since: connectedAt, known: 'connecting' });
  });

  it('leaves a gap when it is connected again, too', async () => {
    endpoint.enabled = false;
    const access = at.token();
    const again = await connectPolar(at.parts(access), { access, by: 'ann' });
    expect(again).toMatchObject({
      connection: { gap: { since: connection.connectedAt, known: 'connecting' } },
      done: expect.arrayContaining([expect.stringContaining('Run npm run recover')]),
    });
    expect((await at.connections.read())?.gap?.since).toBe(connection.connectedAt);
    const third = await connectPolar(at.parts(access), { access, by: 'ann' });
    expect(third).toMatchObject({ connection: { gap: { since: connection.connectedAt } } });
  });
});

const previousUntil = expect.stringMatching(/^\d{4}-.*Z$/);

describe('repairing', () => {
  it('sets right all that differs, and takes over the secret', async () => {
    const old = endpoint.secret;
    const secret = 'whsec_b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIhIQ==';
    Object.assign(endpoint, { enabled: false, url: 'https://example.com/', events: [], secret });
    expect(await repairConnection(at.parts(), connection)).toMatchObject({
      kind: 'done',
      next: expect.stringContaining('npm run recover'),
    });
    expect(endpoint).toMatchObject({ url: at.receiver.url, events: [...standardEventTypes] });
    expect(at.webhookSecret()).toEqual({ current: secret, previous: old, previousUntil });
    expect(await faults()).toEqual([]);
    expect(await at.polar.emit(paid)).toEqual(at.receiver.taken);
  });

  it('makes a new endpoint where it is gone, and remembers it', async () => {
    at.polar.endpoints.pop();
    expect(await repairConnection(at.parts(), connection)).toMatchObject({
      next: expect.stringContaining('npm run recover'),
    });
    const now = found(await at.connections.read());
    expect(now).toMatchObject({ version: 2, endpointId: at.polar.endpoints[0]?.id });
    expect(now.gap).toEqual({ since: connection.connectedAt, known: 'connecting' });
    expect((await connectionHealth(at.parts(), now)).faults).toEqual([]);
  });

  it('changes nothing where nothing is wrong', async () => {
    const before = [structuredClone(endpoint), at.webhookSecret()];
    expect(await repairConnection(at.parts(), connection)).not.toHaveProperty('next');
    expect([endpoint, at.webhookSecret()]).toEqual(before);
    expect(await at.connections.read()).toEqual(connection);
  });
});

describe('rotating the secret', () => {
  it('loses no event: what was signed with the old one still counts', async () => {
    const old = endpoint.secret;
    at.receiver.goDown();
    const [inFlight] = await at.polar.emit(paid, { isStillTrying: true });
    at.receiver.comeBack();
    expect(await rotateSecret(at.parts(), connection)).toMatchObject({ kind: 'done' });
    expect(endpoint.secret).not.toBe(old);
    expect(at.webhookSecret()).toEqual({ current: endpoint.secret, previous: old, previousUntil });
    const [fresh] = await at.polar.emit(paid);
    const rotated = endpoint.secret;
    endpoint.secret = old;
    const event = found(at.polar.state.events.find(({ id }) => id === inFlight));
    await at.polar.redeliver(event.id);
    endpoint.secret = rotated;
    expect(at.receiver.taken).toEqual([fresh, inFlight]);
    expect(await faults()).toEqual([]);
  });

  it('lets the old one count for an hour', async () => {
    await rotateSecret(at.parts(), connection);
    const leftMs = Date.parse(at.webhookSecret().previousUntil) - Date.now();
    expect(leftMs).toBeGreaterThan(3_590_000);
    expect(leftMs).toBeLessThanOrEqual(3_600_000);
  });

  it('takes over what Polar has although the answer was lost', async () => {
    at.polar.loseAnswer('PATCH', /secret$/);
    const old = endpoint.secret;
    expect(await rotateSecret(at.parts(), connection)).toMatchObject({ kind: 'done' });
    expect(at.webhookSecret()).toEqual({ current: endpoint.secret, previous: old, previousUntil });
  });

  it('is not said to be done where Polar neither answered nor made a new one', async () => {
    const before = at.webhookSecret();
    const { api, ...parts } = at.parts();
    const resetSecret = async () => {
      throw new PolarUnavailable('Polar did not answer in time.');
    };
    expect(
      await rotateSecret({ ...parts, api: { ...api, resetSecret } }, connection),
    ).toMatchObject({
      kind: 'unfinished',
      reason: expect.stringContaining('still signs with the old secret'),
    });
    expect(at.webhookSecret()).toEqual(before);
  });

  it('that could not be stored here says so, and the next repair takes it over', async () => {
    const old = endpoint.secret;
    at.failPuts(true);
    expect(await rotateSecret(at.parts(), connection)).toMatchObject({
      kind: 'unfinished',
      reason: expect.stringContaining('Repair the connection now'),
    });
    expect(at.webhookSecret().current).toBe(old);
    expect(await faults()).toEqual([['secret', 'repair']]);
    await repairConnection(at.parts(), connection);
    expect(at.webhookSecret()).toEqual({ current: endpoint.secret, previous: old, previousUntil });
    expect(await faults()).toEqual([]);
  });

  it('while somebody else does the same ends with the secret that Polar has', async () => {
    const { webhookSecrets, ...parts } = at.parts();
    const overtaken = {
      ...webhookSecrets,
      write: async (secrets: Parameters<typeof webhookSecrets.write>[0]) => {
        const isFirst = endpoint.secret === secrets.current;
        await webhookSecrets.write(secrets);
        if (isFirst && rounds++ === 0) await parts.api.resetSecret(endpoint.id);
      },
    };
    let rounds = 0;
    await rotateSecret({ ...parts, webhookSecrets: overtaken }, connection);
    expect(at.webhookSecret().current).toBe(endpoint.secret);
    expect(rounds).toBe(2);
  });
});

describe('dropping the previous secret', () => {
  it('ends it at once, and says so once more when it is done again', async () => {
    const old = endpoint.secret;
    await rotateSecret(at.parts(), connection);
    expect(await dropPreviousSecret(at.parts())).toMatchObject({ kind: 'done' });
    expect(at.webhookSecret()).toEqual({ current: endpoint.secret, previous: '' });
    endpoint.secret = old;
    await at.polar.emit(paid);
    expect(at.receiver.taken).toEqual([]);
    expect(await dropPreviousSecret(at.parts())).toMatchObject({
      done: ['There is no previous secret to drop.'],
    });
  });

  it('keeps one that is the only secret', async () => {
    const document = { previous: endpoint.secret };
    await at.values.put('WebhookSecret', JSON.stringify(document));
    expect(await dropPreviousSecret(at.parts())).toMatchObject({ kind: 'unfinished' });
    expect(at.webhookSecret()).toEqual(document);
  });
});

describe('disconnecting', () => {
  it('removes the endpoint and forgets the access, and keeps the webhook secret', async () => {
    const secret = at.webhookSecret();
    expect(await disconnectPolar(at.parts(), connection)).toMatchObject({ kind: 'done' });
    expect(at.polar.endpoints).toEqual([]);
    expect(at.accessDocument()).toEqual({});
    expect(await at.connections.read()).toBeUndefined();
    expect(at.webhookSecret()).toEqual(secret);
  });

  it('works although Polar does not accept the access anymore, and says what is left to do', async () => {
    at.polar.state.tokens.clear();
    const done = await disconnectPolar(at.parts(), connection);
    expect(JSON.stringify(done)).toContain('remove it in Polar, under Settings');
    expect(await at.connections.read()).toBeUndefined();
  });

  it('knows since when webhooks may be missing, also where Polar does not accept the access anymore', async () => {
    at.polar.state.tokens.clear();
    const since = new Date(Date.parse(connection.connectedAt) + 60_000).toISOString();
    await disconnectPolar({ ...at.parts(), now: () => new Date(since) }, connection);
    // A person removes it in Polar, as the answer says.
    at.polar.endpoints.pop();
    const access = at.token();
    await connectPolar(at.parts(access), { access, by: 'ann' });
    expect((await at.connections.read())?.gap).toEqual({ since, known: 'disconnecting' });
  });

  it('leaves a connection alone that somebody made in between', async () => {
    const other = { ...connection, by: 'bob', version: connection.version + 1 };
    const { access } = at.parts();
    const forget = async () => {
      await access.forget();
      await at.connections.save(other, connection);
    };
    const ended = await disconnectPolar(
      { ...at.parts(), access: { ...access, forget } },
      connection,
    );
    expect(ended).toMatchObject({ kind: 'unfinished' });
    expect(await at.connections.read()).toMatchObject({ by: 'bob' });
  });

  it('changes nothing while Polar is down', async () => {
    at.polar.goDown();
    const attempt = disconnectPolar(at.parts(), connection);
    await expect(attempt).rejects.toBeInstanceOf(PolarUnavailable);
    expect(await at.connections.read()).toEqual(connection);
    expect(at.accessDocument().access).toBeDefined();
  });

  it('notes no gap where Polar fails before the endpoint is removed', async () => {
    const parts = at.parts();
    const removeEndpoint = () => Promise.reject(new PolarUnavailable('Polar is failing.'));
    const failing = { ...parts, api: { ...parts.api, removeEndpoint } };
    await expect(disconnectPolar(failing, connection)).rejects.toBeInstanceOf(PolarUnavailable);
    expect(await at.connections.read()).toEqual(connection);
  });

  it('keeps an open gap where Polar fails before the endpoint is removed', async () => {
    const gap = { since: connection.connectedAt, known: 'connecting' } as const;
    await at.connections.noteGap(connection, gap);
    const parts = at.parts();
    const removeEndpoint = () => Promise.reject(new PolarUnavailable('Polar is failing.'));
    const failing = { ...parts, api: { ...parts.api, removeEndpoint } };
    await expect(disconnectPolar(failing, connection)).rejects.toBeInstanceOf(PolarUnavailable);
    expect((await at.connections.read())?.gap).toEqual(gap);
  });

  it('knows when it began where Polar removed the endpoint, but its answer was lost', async () => {
    const parts = at.parts();
    const removeEndpoint = async (id: string) => {
      await parts.api.removeEndpoint(id);
      throw new PolarUnavailable('Polar took too long.');
    };
    const since = new Date(Date.parse(connection.connectedAt) + 60_000);
    const failing = { ...parts, api: { ...parts.api, removeEndpoint }, now: () => since };
    await expect(disconnectPolar(failing, connection)).rejects.toBeInstanceOf(PolarUnavailable);
    const gap = { since: since.toISOString(), known: 'disconnecting' };
    expect((await at.connections.read())?.gap).toEqual(gap);
  });

  it('can be done again after it stopped midway', async () => {
    at.failPuts(true);
    await expect(disconnectPolar(at.parts(), connection)).rejects.toHaveProperty('$metadata');
    expect(await disconnectPolar(at.parts(), connection)).toMatchObject({
      kind: 'done',
      done: ['The webhook endpoint in Polar was gone already.', expect.anything()],
    });
  });
});
