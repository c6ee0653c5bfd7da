import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import type { Access } from '#shared/polar/access.ts';
import { PolarRefused, PolarUnavailable, WeakSecret } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { connectionHealth } from '#shared/polar/connection/health.ts';
import { missingScopesText } from '#shared/polar/connection/scopes.ts';
import { disconnectPolar } from '#shared/polar/connection/tend-connection.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
const southwind = {
  id: 'b0a1c2d3-0000-4000-8000-000000000002',
  name: 'Southwind',
  slug: 'southwind',
};
const person = {
  customerId: 'c-1',
  email: 'ann@example.com',
  name: 'Ann',
  externalId: null,
  isNew: true,
};
const created = polarPayload('customer.created', person, new Date());

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startPolarConnection(dynamo.client, { organizations: [northlight, southwind] });
  onTestFinished(() => at.stop());
});

const connect = (access: Access, organization?: string) =>
  connectPolar(at.parts(access), { access, organization, by: 'ann' });
const nothingChanged = async () => {
  expect(at.polar.endpoints).toEqual([]);
  expect(at.webhookSecret()).toEqual({ current: '', previous: '' });
  expect(at.accessDocument().access).toBeUndefined();
  expect(await at.connections.read()).toBeUndefined();
};
const failure = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('connecting Polar', () => {
  it('with a token makes the endpoint, takes over its secret and says so', async () => {
    const access = at.token();
    expect(await connect(access)).toMatchObject({
      kind: 'connected',
      done: [
        `Created the webhook endpoint “Polar Audience” in Polar, for ${at.receiver.url}.`,
        expect.stringContaining('Copied its secret.'),
        'Connected with Northlight.',
      ],
    });
    const [endpoint] = at.polar.endpoints;
    expect(endpoint).toMatchObject({
      name: 'Polar Audience',
      url: at.receiver.url,
      format: 'raw',
      api_version: '2026-10',
      events: [...standardEventTypes],
    });
    expect(at.webhookSecret()).toEqual({ current: endpoint?.secret, previous: '' });
    expect(at.accessDocument().access).toEqual(access);
    expect(await at.connections.read()).toMatchObject({
      version: 1,
      organizationSlug: 'northlight',
      pagesUrl: at.polar.url,
      endpointId: endpoint?.id,
      method: 'token',
      by: 'ann',
    });
    expect(JSON.stringify(await at.connections.read())).not.toMatch(/whsec_|polar_oat_/);
    const ids = await at.polar.emit(created);
    expect(ids).toHaveLength(1);
    expect(at.receiver.taken).toEqual(ids);
  });

  it('by signing in names the organization, keeps the tokens and ends the sign-in', async () => {
    const access = await at.signedIn();
    expect(at.accessDocument()).toMatchObject({ access: undefined, candidate: access });
    expect(await connect(access)).toMatchObject({ kind: 'connected' });
    expect(at.accessDocument()).toEqual({
      access,
      registration: expect.objectContaining({ server: 'production' }),
    });
    expect(await at.connections.read()).toMatchObject({ method: 'oauth' });
  });

  it('with a token that cannot import works, and which scopes it lacks is known', async () => {
    const needed = ['organizations:read', 'webhooks:read', 'webhooks:write'];
    const few = at.token([...needed, 'orders:read']);
    expect(await connect(few)).toMatchObject({ kind: 'connected' });
    expect(await missingScopesText(at.parts(few).api)).toMatch(
      /^This access lacks the scopes customers:read, subscriptions:read\. .* has all three of /,
    );
    expect(await missingScopesText(at.parts(at.token(needed)).api)).toMatch(
      /^This access lacks the scopes customers:read, subscriptions:read, orders:read\. .* has these\.$/,
    );
    expect(await missingScopesText(at.parts(at.token()).api)).toBeUndefined();
    at.polar.goDown();
    expect(await missingScopesText(at.parts(few).api)).toBeUndefined();
  });

  it('twice makes one endpoint and changes no secret', async () => {
    const access = at.token();
    await connect(access);
    const secret = at.webhookSecret();
    expect(await connect(access)).toMatchObject({
      kind: 'connected',
      done: [
        'Reused the webhook endpoint that Polar already has.',
        'Its secret is already in use.',
        'Connected with Northlight.',
      ],
    });
    expect(at.polar.endpoints).toHaveLength(1);
    expect(at.webhookSecret()).toEqual(secret);
    expect(await at.connections.read()).toMatchObject({ version: 2 });
  });

  it('again keeps when it was connected first, also of what version 0.1.0 connected', async () => {
    const access = at.token();
    const connectAt = (time: string) =>
      connectPolar(
        { ...at.parts(access), now: () => new Date(time) },
        { access, organization: undefined, by: 'ann' },
      );
    const first = '2026-11-20T08:00:00.000Z';
    const later = '2026-11-23T12:00:00.000Z';
    await connectAt(first);
    expect(await at.connections.read()).toMatchObject({ connectedAt: first, since: first });
    await connectAt(later);
    expect(await at.connections.read()).toMatchObject({ connectedAt: later, since: first });

    const connection = await at.connections.read();
    if (!connection) throw new Error('not connected');
    const { since: _, ...old } = { ...connection, connectedAt: first };
    expect(await at.connections.save(old, connection)).toBe(true);
    await connectAt(later);
    expect(await at.connections.read()).toMatchObject({ connectedAt: later, since: first });

    const present = await at.connections.read();
    if (!present) throw new Error('not connected');
    expect((await disconnectPolar(at.parts(), present)).kind).toBe('done');
    const last = '2026-11-24T12:00:00.000Z';
    await connectAt(last);
    expect(await at.connections.read()).toMatchObject({ connectedAt: last, since: first });
  });

  it('knows that webhooks are missing since it was disconnected from the same organization', async () => {
    const connectAt = (iso: string) => {
      const access = at.token();
      const parts = { ...at.parts(access), now: () => new Date(iso) };
      return connectPolar(parts, { access, by: 'ann' });
    };
    await connectAt('2026-11-22T12:00:00.000Z');
    const present = await at.connections.read();
    if (!present) throw new Error('not connected');
    const since = '2026-11-23T12:00:00.000Z';
    await disconnectPolar({ ...at.parts(), now: () => new Date(since) }, present);

    const again = await connectAt('2026-11-24T12:00:00.000Z');
    expect(again).toMatchObject({
      kind: 'connected',
      done: expect.arrayContaining([expect.stringContaining('npm run recover')]),
    });
    const connection = await at.connections.read();
    expect(connection?.gap).toEqual({ since, known: 'disconnecting' });

    if (!connection?.gap) throw new Error('no gap');
    expect(await at.connections.closeGap(connection, connection.gap)).toBe(true);
    await connectAt('2026-11-25T12:00:00.000Z');
    expect((await at.connections.read())?.gap).toBeUndefined();
  });

  it('puts its secret in the place of a stand-in, with which nobody signs, and keeps none', async () => {
    const standIn = {
      current: 'polar_whs_made-up-on-this-machine-here',
      previous: '',
      isStandIn: true,
    };
    await at.values.put('WebhookSecret', JSON.stringify(standIn));
    const done = [expect.any(String), 'Copied its secret.', expect.any(String)];
    expect(await connect(at.token())).toMatchObject({ kind: 'connected', done });
    const [endpoint] = at.polar.endpoints;
    expect(at.webhookSecret()).toEqual({ current: endpoint?.secret, previous: '' });
  });

  it('uses an endpoint that somebody made for this URL, and sets right what differs', async () => {
    const access = at.token();
    await at.parts(access).api.createEndpoint({
      url: at.receiver.url,
      name: 'By hand',
      format: 'raw',
      api_version: '2026-04',
      events: ['order.paid', 'checkout.created'],
    });
    const [endpoint] = at.polar.endpoints;
    if (endpoint) endpoint.enabled = false;
    await at.values.put('WebhookSecret', '{"current":"polar_whs_of-before-and-long-enough"}');
    const connected = await connect(access);
    expect(connected).toMatchObject({ kind: 'connected' });
    expect(JSON.stringify(connected)).toMatch(
      /Enabled it.*Added the events customer\.created.*Pinned/,
    );
    expect(at.polar.endpoints).toHaveLength(1);
    expect(endpoint).toMatchObject({
      name: 'By hand',
      enabled: true,
      api_version: '2026-10',
      events: [...standardEventTypes, 'checkout.created'],
    });
    expect(at.webhookSecret()).toEqual({
      current: endpoint?.secret,
      previous: 'polar_whs_of-before-and-long-enough',
      previousUntil: expect.any(String),
    });
  });

  it.each(['chosen by hand', 'whsec_', 'polar_whs_or_whsec_…'])(
    'refuses the secret “%s”, and changes nothing in Polar either',
    async (secret) => {
      const access = at.token();
      await at.parts(access).api.createEndpoint({
        url: at.receiver.url,
        name: 'By hand',
        format: 'raw',
        api_version: '2026-04',
        events: ['order.paid'],
      });
      const [endpoint] = at.polar.endpoints;
      Object.assign(endpoint ?? {}, { secret, enabled: false });
      const before = structuredClone(endpoint);
      const error = await failure(connect(access));
      expect(error).toBeInstanceOf(WeakSecret);
      expect(String(error)).toContain('fewer than 24 bytes of key');
      expect(String(error)).not.toContain(secret);
      expect(endpoint).toEqual(before);
      expect(at.webhookSecret()).toEqual({ current: '', previous: '' });
      expect(await at.connections.read()).toBeUndefined();
    },
  );

  it('goes on with a short secret that is in force here already', async () => {
    const access = at.token();
    await connect(access);
    const secret = 'chosen by hand';
    Object.assign(at.polar.endpoints[0] ?? {}, { secret });
    await at.values.put('WebhookSecret', JSON.stringify({ current: secret }));
    expect(await connect(access)).toMatchObject({ kind: 'connected' });
    const connection = await at.connections.read();
    expect(connection && (await connectionHealth(at.parts(), connection))).toMatchObject({
      faults: [],
    });
  });

  it('makes one endpoint although the answer to its creation is lost', async () => {
    at.polar.loseAnswer('POST', /endpoints/);
    expect(await connect(at.token())).toMatchObject({ kind: 'connected' });
    expect(at.polar.endpoints).toHaveLength(1);
    expect(at.webhookSecret().current).toBe(at.polar.endpoints[0]?.secret);
  });

  it.each([
    ['webhook secret', [true]],
    ['access', [false, true]],
  ])('can be done again after the %s could not be written', async (_, puts) => {
    const access = at.token();
    at.failPuts(...puts);
    await expect(connect(access)).rejects.toHaveProperty('$metadata');
    expect(await at.connections.read()).toBeUndefined();
    expect(await connect(access)).toMatchObject({ kind: 'connected' });
    expect(at.polar.endpoints).toHaveLength(1);
    expect(at.webhookSecret()).toEqual({ current: at.polar.endpoints[0]?.secret, previous: '' });
  });

  it('of several organizations lets a person choose, and refuses what is not covered', async () => {
    at.polar.setConsent({ covers: 'all' });
    const access = await at.signedIn();
    expect(await connect(access)).toEqual({
      kind: 'choose',
      organizations: [northlight, southwind],
    });
    await nothingChanged();
    expect(await connect(access, 'westwind')).toEqual({
      kind: 'refused',
      reason:
        'This access does not cover the organization “westwind”; it covers northlight, southwind. Nothing was changed.',
    });
    expect(await connect(access, southwind.id)).toMatchObject({ kind: 'connected' });
    expect(at.polar.endpoints).toMatchObject([{ organization_id: southwind.id }]);
  });

  it('with a second organization is refused until the first is disconnected', async () => {
    await connect(at.token());
    const other: Access = {
      kind: 'token',
      server: 'production',
      token: at.polar.organizationToken(undefined, southwind),
    };
    const refused = await connect(other);
    expect(refused).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(refused)).toContain('disconnect that one before you connect Southwind');
    expect(await connect(other, northlight.id)).toMatchObject({
      kind: 'refused',
      reason:
        'This access does not cover the organization “Northlight”; it covers southwind. Nothing was changed. To connect another organization, disconnect Northlight first.',
    });
    expect(at.polar.endpoints).toHaveLength(1);
  });
});

describe('connecting that Polar refuses', () => {
  it.each([
    ['a role that is not enough', () => void at.polar.setRole('member'), undefined, PolarRefused],
    [
      'a token without the scope to write webhooks',
      () => undefined,
      ['organizations:read', 'webhooks:read'],
      PolarRefused,
    ],
    [
      'a token without the scope to read organizations',
      () => undefined,
      ['webhooks:write'],
      PolarRefused,
    ],
    ['an outage', () => at.polar.goDown(), undefined, PolarUnavailable],
  ])('for %s changes nothing anywhere', async (_, arrange, scopes, kind) => {
    const access = at.token(scopes);
    arrange();
    expect(await failure(connect(access))).toBeInstanceOf(kind);
    await nothingChanged();
  });

  it('keeps the connection and the access that work', async () => {
    const access = at.token();
    await connect(access);
    const before = [at.accessDocument(), await at.connections.read(), at.webhookSecret()];
    expect(await failure(connect(at.token(['organizations:read'])))).toBeInstanceOf(PolarRefused);
    expect([at.accessDocument(), await at.connections.read(), at.webhookSecret()]).toEqual(before);
  });
});

it('an address that Polar cannot reach is refused before Polar is asked anything', async () => {
  const access = at.token();
  const parts = { ...at.parts(access), apiUrl: 'https://api.polar.sh' };
  expect(await connectPolar(parts, { access, by: 'ann' })).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(/^Nothing was changed\. Polar sends webhooks to public https/),
  });
  expect(at.polar.requests).toEqual([]);
  await nothingChanged();
});
