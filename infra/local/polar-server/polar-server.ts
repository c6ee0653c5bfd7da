import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { type Answer, type Asked, notFound } from './answer.ts';
import { type ConsentOptions, consentPages } from './consent.ts';
import { madeUpRows, type RowCounts } from './made-up-rows.ts';
import { oauthServer } from './oauth-server.ts';
import { newId, newToken, northlight, type Organization, polarState } from './polar-state.ts';
import { restApi } from './rest-api.ts';
import { webhookSender } from './webhook-sender.ts';

export const allScopes = [
  'organizations:read',
  'webhooks:read',
  'webhooks:write',
  'customers:read',
  'orders:read',
  'subscriptions:read',
];

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
    }
>;

export type FakePolar = Awaited<ReturnType<typeof startFakePolar>>;

/** A Polar on a loopback port, with pages to sign in, the REST API and real, signed webhooks. Tests may change `state`. */
export async function startFakePolar(options: FakePolarOptions = {}) {
  const { now = () => new Date(), port = 0 } = options;
  const state = polarState(options.organizations ?? [northlight], now);
  const { customers = 0, subscriptions = 0, orders = 0 } = options;
  Object.assign(state, madeUpRows({ customers, subscriptions, orders }, now()));
  const sender = webhookSender(state);
  const oauthOptions = { accessTokenSeconds: options.accessTokenSeconds ?? 3_600 };
  const oauth = oauthServer(state, oauthOptions);
  const { consent = 'automatic', covers = 'one' } = options;
  const consentOptions: ConsentOptions = { consent, covers };
  const pages = consentPages(state, consentOptions);
  const { role = 'admin', loopbackUrls = true } = options;
  const redelivering: Promise<void>[] = [];
  const restOptions = { role, loopbackUrls, redeliver };
  const rest = restApi(state, restOptions);

  const requests: string[] = [];
  let outage: number | undefined;
  let limit: { every: number; retryAfter: string } | undefined;
  let limited = 0;
  let delayMs = 0;
  const lost: { method: string; path: RegExp; isBefore: boolean }[] = [];

  function redeliver(eventId: string): void {
    const event = state.events.find(({ id }) => id === eventId);
    if (event) redelivering.push(sender.redeliver(event));
  }

  function answerTo(asked: Asked): Answer {
    if (outage !== undefined) return { status: outage, body: 'upstream connect error' };
    const { method, path } = asked;
    if (method === 'GET' && path === '/oauth2/authorize') return pages.authorize(asked);
    if (method === 'POST' && path === '/oauth2/consent') return pages.consent(asked);
    if (method === 'POST' && path === '/v1/oauth2/register') return oauth.register(asked);
    if (method === 'POST' && path === '/v1/oauth2/token') return oauth.token(asked);
    if (!path.startsWith('/v1/')) return notFound;
    limited += 1;
    if (limit && limited % limit.every === 0) {
      const headers = { 'retry-after': limit.retryAfter };
      return { status: 429, body: { detail: 'Too many requests' }, headers };
    }
    return rest(asked);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await askedOf(request);
    requests.push(`${asked.method} ${asked.path}`);
    if (delayMs > 0) await setTimeout(delayMs);
    const loss = lost.findIndex(
      ({ method, path }) => method === asked.method && path.test(asked.path),
    );
    const [lostHere] = loss < 0 ? [] : lost.splice(loss, 1);
    if (lostHere?.isBefore) return void request.socket.destroy();
    const answer = answerTo(asked);
    if (lostHere) request.socket.destroy();
    else send(response, answer);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      send(response, { status: 500, body: String(error) });
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    authorizeUrl: `${url}/oauth2/authorize`,
    addresses: { apiUrl: url, authorizeUrl: `${url}/oauth2/authorize` },
    state,
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

    /** An organisation access token, as made on Polar's settings page. */
    organizationToken(
      scopes: readonly string[] = allScopes,
      organization = state.organizations[0],
    ) {
      const token = newToken('polar_oat_');
      state.tokens.set(token, {
        kind: 'organization',
        organizationIds: organization ? [organization.id] : [],
        scopes,
        family: newId(),
        expiresAtMs: Number.POSITIVE_INFINITY,
      });
      return token;
    },

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
    setRateLimit: (next: { every: number; retryAfter: string } | undefined) => {
      limit = next;
      limited = 0;
    },
    setDelay: (ms: number) => {
      delayMs = ms;
    },
    goDown: (status = 503) => {
      outage = status;
    },
    comeBack: () => {
      outage = undefined;
    },
    /** The next such call is done, but nobody hears of it; `isBefore`: it is not even done. */
    loseAnswer: (method: string, path: RegExp, isBefore = false) => {
      lost.push({ method, path, isBefore });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
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
