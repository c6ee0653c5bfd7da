import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { type Answer, type Asked, notFound } from './answer.ts';
import { deliveryLoop } from './delivery-loop.ts';
import { desk } from './desk/desk.ts';
import { type Faults, noFaults } from './faults.ts';
import { restoreState, stateKeeper } from './kept-state.ts';
import { type ConsentOptions, consentPages, oauthServer } from './oauth-server.ts';
import {
  newId,
  newToken,
  northlight,
  type Organization,
  type PolarState,
  polarState,
  type Row,
} from './polar-state.ts';
import { restApi } from './rest-api.ts';
import { madeUpRows, type RowCounts } from './shop/history.ts';
import { polarShop } from './shop/shop.ts';
import { webhookSender } from './webhook-sender.ts';

export const allScopes = [
  'organizations:read',
  'webhooks:read',
  'webhooks:write',
  'customers:read',
  'orders:read',
  'subscriptions:read',
];

const deskScopes = [...allScopes, 'organizations:write', 'products:read', 'payments:read'];

export type FakePolarOptions = Partial<
  ConsentOptions &
    RowCounts & {
      organizations: readonly Organization[];
      accessTokenSeconds: number;
      role: 'admin' | 'member';
      /** Whether endpoints may have addresses on this machine, which Polar itself refuses. */
      loopbackUrls: boolean;
      port: number;
      now: () => Date;
      /** Where everything is kept from one start to the next; absent: in memory only. */
      file: string;
      /** Customers, subscriptions, orders and products that were there before. */
      history: (until: Date) => Partial<PolarState>;
    }
>;

export type FakePolar = Awaited<ReturnType<typeof startFakePolar>>;

/** A Polar on a loopback port, with pages to sign in, the REST API and real, signed webhooks. Tests may change `state`. */
export async function startFakePolar(options: FakePolarOptions = {}) {
  const { now = () => new Date(), port = 0 } = options;
  const state = polarState(options.organizations ?? [northlight], now);
  const { customers = 0, subscriptions = 0, orders = 0 } = options;
  Object.assign(state, madeUpRows({ customers, subscriptions, orders }, now()));
  const { file, history } = options;
  const isKept = file !== undefined && (await restoreState(file, state));
  if (history && !isKept) Object.assign(state, history(now()));
  const keeper = file === undefined ? undefined : stateKeeper(file, state);
  const sender = webhookSender(state);
  const oauthOptions = { accessTokenSeconds: options.accessTokenSeconds ?? 3_600 };
  const oauth = oauthServer(state, oauthOptions);
  const { consent = 'automatic', covers = 'one' } = options;
  const consentOptions: ConsentOptions = { consent, covers };
  const pages = consentPages(state, consentOptions);
  const { role = 'admin', loopbackUrls = true } = options;
  const redelivering: Promise<void>[] = [];
  const faults: Faults = { ...noFaults };
  const restOptions = { role, loopbackUrls, redeliver, record };
  const rest = restApi(state, faults, restOptions);

  const requests: string[] = [];
  let limited = 0;
  const lost: { method: string; path: RegExp; isBefore: boolean }[] = [];

  const loop = deliveryLoop(state, sender, () => keeper?.changed());
  const shop = polarShop(state, (organizationId, { type, timestamp, data, isJob }) => {
    sender.record(organizationId, { type, timestamp, api_version: '2026-10', data }, isJob);
    loop.wake();
  });

  function record(organizationId: string, type: string, data: Row): void {
    const timestamp = state.timestamp();
    sender.record(organizationId, { type, timestamp, api_version: '2026-10', data }, false);
    loop.wake();
  }

  function redeliver(eventId: string): void {
    const event = state.events.find(({ id }) => id === eventId);
    if (event) redelivering.push(sender.redeliver(event));
  }

  function organizationToken(
    scopes: readonly string[] = allScopes,
    organization = state.organizations[0],
  ): string {
    const token = newToken('polar_oat_');
    state.tokens.set(token, {
      kind: 'organization',
      organizationIds: organization ? [organization.id] : [],
      scopes,
      family: newId(),
      expiresAtMs: Number.POSITIVE_INFINITY,
    });
    return token;
  }

  const deskPages = desk({
    ...{ state, faults, shop, record, skipWaits: loop.skipWaits },
    redeliver: async (eventId) => {
      redeliver(eventId);
      await redelivering.at(-1);
    },
    newToken: (organization) => organizationToken(deskScopes, organization),
    revokeAll: () => {
      oauth.revokeAll();
      state.tokens.clear();
    },
  });

  function answerTo(asked: Asked): Answer {
    if (faults.outage !== undefined)
      return { status: faults.outage, body: 'upstream connect error' };
    const { method, path } = asked;
    if (method === 'GET' && path === '/oauth2/authorize') return pages.authorize(asked);
    if (method === 'POST' && path === '/oauth2/consent') return pages.consent(asked);
    if (method === 'POST' && path === '/v1/oauth2/register') return oauth.register(asked);
    if (method === 'POST' && path === '/v1/oauth2/token') return oauth.token(asked);
    if (!path.startsWith('/v1/')) return notFound;
    limited += 1;
    const { rateLimit } = faults;
    if (rateLimit && limited % rateLimit.every === 0) {
      return { status: 429, headers: { 'retry-after': rateLimit.retryAfter } };
    }
    return rest(asked);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await askedOf(request);
    if (asked.method !== 'GET') keeper?.changed();
    const page = await deskPages(asked);
    if (page) return send(response, page);
    requests.push(`${asked.method} ${asked.path}`);
    if (faults.delayMs > 0) await setTimeout(faults.delayMs);
    const loss = lost.findIndex(
      ({ method, path }) => method === asked.method && path.test(asked.path),
    );
    const [lostHere] = loss < 0 ? [] : lost.splice(loss, 1);
    if (lostHere?.isBefore) return void request.socket.destroy();
    const answer = answerTo(asked);
    if (lostHere) request.socket.destroy();
    else send(response, answer);
  }

  const server = await serveOnLoopback(handle, port, 'the local Polar');
  // What was on its way when it ended goes on.
  loop.wake();
  const url = server.address;

  return {
    url,
    authorizeUrl: `${url}/oauth2/authorize`,
    addresses: { apiUrl: url, authorizeUrl: `${url}/oauth2/authorize` },
    state,
    faults,
    /** What customers do, with the events of each moment. */
    shop,
    /** Attempts what its clock says is due now, rather than at its next look within a second. */
    attemptDue: loop.wake,
    /** When everything that is due was sent. */
    settled: loop.settled,
    /** When what has become due was sent, once the clock was moved on. */
    async catchUp(): Promise<void> {
      loop.wake();
      await loop.settled();
    },
    /** As if the waits before retries were over. */
    skipWaits: loop.skipWaits,
    organizations: state.organizations,
    endpoints: state.endpoints,
    deliveries: state.deliveries,
    /** Method and path of every request, in order. */
    requests,
    emit: sender.emit,
    /** One more attempt of an event, at once. */
    async redeliver(eventId: string): Promise<void> {
      redeliver(eventId);
      await redelivering.at(-1);
    },
    /** When every redelivery that was asked for has been attempted. */
    redelivered: async () => void (await Promise.all(redelivering)),
    revokeAll: oauth.revokeAll,

    /** An organization access token, as made on Polar's settings page. */
    organizationToken,

    /** A client as a person makes it on Polar's settings page. */
    confidentialClient(redirectUri: string) {
      const client = { id: newToken('polar_ci_'), secret: newToken('polar_cs_') };
      state.clients.set(client.id, { ...client, redirectUris: [redirectUri] });
      return { clientId: client.id, clientSecret: client.secret };
    },

    setRole: (role: 'admin' | 'member') => Object.assign(restOptions, { role }),
    setConsent: (next: Partial<ConsentOptions>) => Object.assign(consentOptions, next),
    setAccessTokenSeconds: (seconds: number) =>
      Object.assign(oauthOptions, { accessTokenSeconds: seconds }),
    /** Every so many calls of the API get 429. */
    setRateLimit: (next: Faults['rateLimit']) => {
      faults.rateLimit = next;
      limited = 0;
    },
    setDelay: (ms: number) => {
      faults.delayMs = ms;
    },
    goDown: (status = 503) => {
      faults.outage = status;
    },
    comeBack: () => {
      faults.outage = undefined;
    },
    /** Lists leave out the newer half of the customers; `hidden`: their ids are answered 404, too. */
    shortenLists: (hidden = false) =>
      Object.assign(faults, { shortLists: true, hideLeftOut: hidden }),
    restoreLists: () => Object.assign(faults, { shortLists: false, hideLeftOut: false }),
    /** The next such call is done, but nobody hears of it; `isBefore`: it is not even done. */
    loseAnswer: (method: string, path: RegExp, isBefore = false) => {
      lost.push({ method, path, isBefore });
    },
    stop: async () => {
      await loop.stop();
      await keeper?.flush();
      await server.stop();
    },
  };
}

async function askedOf(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://polar.localhost');
  return {
    method: request.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers: request.headers,
    body: await text(request),
  };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, {
    ...(!isText && { 'content-type': 'application/json' }),
    ...headers,
  });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}
