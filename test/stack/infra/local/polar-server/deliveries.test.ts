import type { IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bodyOf, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import type { Endpoint } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import { bothOrganizations, harbour } from '#infra/local/polar-server/shop/history.ts';
import { polarApi } from '#shared/polar/api.ts';
import { standardEventTypes } from '#shared/polar/event-types.ts';

type Received = Readonly<{ id: string; type: string; isGenuine: boolean }>;

let polar: FakePolar;
let api: ReturnType<typeof polarApi>;
let receiver: Awaited<ReturnType<typeof serveOnLoopback>>;
let received: Received[];
let answer: number;
let clockMs: number;

beforeEach(async () => {
  [received, answer, clockMs] = [[], 202, Date.now()];
  polar = await startFakePolar({
    organizations: bothOrganizations,
    now: () => new Date(clockMs),
  });
  receiver = await serveOnLoopback(
    async (request, response) => {
      const body = (await bodyOf(request)).toString();
      const id = String(request.headers['webhook-id']);
      received.push({ id, type: JSON.parse(body).type, isGenuine: isGenuine(request, body) });
      response.writeHead(answer).end(`answered ${answer}`);
    },
    0,
    'the receiver',
  );
  api = polarApi({ baseUrl: polar.url, token: async () => polar.organizationToken() });
  await api.createEndpoint({
    ...{ url: `${receiver.address}/webhooks/polar`, name: 'here', format: 'raw' },
    ...{ api_version: '2026-10', events: standardEventTypes },
  });
});

afterEach(async () => {
  await polar.stop();
  await receiver.stop();
});

const endpoint = (): Endpoint => {
  const [only] = polar.state.endpoints;
  if (!only) throw new Error('There is no endpoint.');
  return only;
};
function isGenuine({ headers }: IncomingMessage, body: string): boolean {
  const signed = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  try {
    new Webhook(endpoint().secret).verify(body, Object.fromEntries(signed));
    return true;
  } catch {
    return false;
  }
}
const poster = catalogue.at(-1)?.id ?? '';
const buys = (email: string, organization = polar.state.organizations[0]) =>
  polar.shop.signUp(organization?.id ?? '', { email, name: null }, poster);
const types = () => received.map(({ type }) => type);
/** The customer's own event comes from a job, a moment later. */
const arrived = (count: number) =>
  expect.poll(() => received.length, { timeout: 60_000 }).toBe(count);

/** Nobody has to wait for a job: it is due at once. */
const later = (seconds: number) => {
  clockMs += seconds * 1_000;
  polar.attemptDue();
};

test('only what the endpoint wants is sent, signed with its secret', async () => {
  buys('ada@example.com');
  later(2);
  await arrived(2);
  expect(types().sort()).toEqual(['customer.created', 'order.paid']);
  expect(received.every(({ isGenuine }) => isGenuine)).toBe(true);
});

test('nothing of another organization is sent', async () => {
  buys('otto@example.com', harbour);
  await polar.skipWaits();
  expect(received).toEqual([]);
  expect(polar.state.events).toEqual([]);
});

test('an event that failed is tried ten times in all, ever later, and is the same each time', async () => {
  answer = 500;
  buys('ada@example.com');
  await polar.skipWaits();
  const [customer, order] = polar.state.events;
  expect(polar.state.events).toMatchObject([
    { attempts: 10, succeeded: false, lastHttpCode: 500 },
    { attempts: 10, succeeded: false, lastHttpCode: 500 },
  ]);
  expect(received).toHaveLength(20);
  expect(new Set(received.map(({ id }) => id))).toEqual(new Set([customer?.id, order?.id]));
  expect(endpoint().enabled).toBe(true);
});

test('the waits between tries double, and take 17 to 34 minutes together', async () => {
  answer = 500;
  buys('ada@example.com');
  let seconds = 0;
  const order = polar.state.events.find(({ type }) => type === 'order.paid');
  for (let tries = 1; tries <= 10; tries += 1) {
    await polar.settled();
    expect(order?.attempts).toBe(tries);
    const due = order?.nextAttemptMs;
    if (tries === 10) expect(due).toBeNull();
    if (due == null) break;
    const wait = due - clockMs;
    expect(wait).toBeGreaterThanOrEqual(2_000 * 2 ** (tries - 1));
    expect(wait).toBeLessThanOrEqual(4_000 * 2 ** (tries - 1));
    seconds += wait / 1_000;
    clockMs = due;
    polar.attemptDue();
  }
  expect(seconds).toBeGreaterThan(17 * 60);
  expect(seconds).toBeLessThan(35 * 60);
});

test('ten events that fail in a row disable the endpoint, and while it is disabled nothing is recorded', async () => {
  answer = 401;
  for (let number = 0; number < 6; number += 1) buys(`${number}@example.com`);
  await polar.skipWaits();
  expect(endpoint().enabled).toBe(false);
  expect(polar.state.events.filter(({ succeeded }) => succeeded === false)).toHaveLength(10);
  expect(polar.state.events.filter(({ skipped }) => skipped)).toHaveLength(2);

  const recorded = polar.state.events.length;
  buys('lost@example.com');
  expect(polar.state.events).toHaveLength(recorded);

  answer = 202;
  await api.updateEndpoint(endpoint().id, { enabled: true });
  buys('new@example.com');
  await polar.skipWaits();
  expect(polar.state.events.at(-1)).toMatchObject({ type: 'order.paid', succeeded: true });
});

test('one that arrives among those that fail keeps the endpoint enabled', async () => {
  answer = 401;
  for (let number = 0; number < 4; number += 1) buys(`${number}@example.com`);
  await polar.skipWaits();
  answer = 202;
  buys('well@example.com');
  await polar.skipWaits();
  answer = 401;
  buys('again@example.com');
  await polar.skipWaits();
  expect(endpoint().enabled).toBe(true);
});

test('an event is delivered again as often as somebody asks, and shows what was answered', async () => {
  answer = 500;
  buys('ada@example.com');
  await polar.skipWaits();
  answer = 200;
  const failed = polar.state.events[0];
  await api.redeliver(failed?.id ?? '');
  await polar.redelivered();
  const { items } = await api.deliveries({ endpointId: endpoint().id, eventId: failed?.id });
  expect(failed?.succeeded).toBe(true);
  expect(items).toHaveLength(11);
  expect(items[0]).toMatchObject({ succeeded: true, http_code: 200, response: 'answered 200' });
});

test('what comes later waits until what came before has arrived, for a minute at most', async () => {
  answer = 500;
  buys('first@example.com');
  await expect.poll(() => types().includes('order.paid'), { timeout: 60_000 }).toBe(true);
  await polar.settled();
  answer = 202;
  buys('second@example.com');
  const second = polar.state.events.findLast(({ type }) => type === 'order.paid');
  await polar.settled();
  expect(second?.attempts).toBe(0);
  later(61);
  await expect.poll(() => second?.succeeded, { timeout: 60_000 }).toBe(true);
});
