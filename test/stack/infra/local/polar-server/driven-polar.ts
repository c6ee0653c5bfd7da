import type { IncomingHttpHeaders } from 'node:http';
import { createPolar, type models, webhooks } from '@polar-sh/sdk/2026-10';
import { bodyOf, serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { allScopes, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import { bothOrganizations, earlierDays } from '#infra/local/polar-server/shop/history.ts';
import type { Shop } from '#infra/local/polar-server/shop/shop.ts';
import { declarationName } from '#test/support/polar/polar-declarations.ts';
import { publishedTypes } from '#test/support/polar/published-type.ts';

export const published = publishedTypes('2026-10');
export const allowed = [...allScopes, 'organizations:write', 'products:read', 'payments:read'];

export type DrivenPolar = Awaited<ReturnType<typeof startDrivenPolar>>;

/** A local Polar with customers of every kind, Polar's own SDK for it, and an endpoint that gets every event. */
export async function startDrivenPolar() {
  const polar = await startFakePolar({ organizations: bothOrganizations, history: earlierDays });
  const sdkWith = (accessToken: string) => createPolar({ accessToken, baseUrl: polar.url });
  const sdk = sdkWith(polar.organizationToken(allowed));
  /** What is wrong with the webhooks, by their type. */
  const received = new Map<string, string[]>();

  const receiver = await serveOnLoopback(
    async (request, response) => {
      const body = await bodyOf(request);
      if (body === 'too-large') throw new Error('A webhook is too large to be read.');
      const type = await acceptedType(body, request.headers);
      const wrong = published.departures(declarationName(type), JSON.parse(body.toString()));
      received.set(type, [...(received.get(type) ?? []), ...wrong]);
      response.writeHead(202).end('accepted');
    },
    0,
    'the receiver',
  );

  /** The type of an event whose signature and type pass the SDK. */
  async function acceptedType(body: Buffer, headers: IncomingHttpHeaders): Promise<string> {
    const signed = {
      'webhook-id': String(headers['webhook-id']),
      'webhook-timestamp': String(headers['webhook-timestamp']),
      'webhook-signature': String(headers['webhook-signature']),
    };
    const secret = polar.endpoints[0]?.secret ?? '';
    return (await webhooks.validateEvent(body, signed, secret)).type;
  }

  await sdk.webhooks.createWebhookEndpoint({
    ...{ url: `${receiver.address}/`, name: 'here', format: 'raw', api_version: '2026-10' },
    events: published.valuesOf('WebhookEventType').map(String) as models.WebhookEventType[],
  });
  liveThroughEverything(polar.shop);
  const { customer_email_settings } = await sdk.organizations.get(northlight.id);
  await sdk.organizations.update(northlight.id, { customer_email_settings });
  await polar.skipWaits();

  return {
    polar,
    sdk,
    sdkWith,
    received,
    stop: async () => {
      await polar.stop();
      await receiver.stop();
    },
  };
}

/** Each verb of the shop, so that each kind of event is sent and each kind of row is there. */
function liveThroughEverything(shop: Shop): void {
  const [monthly = '', , withTrial = '', single = ''] = catalogue.map(({ id }) => id);
  let people = 0;
  const signUp = (productId: string) => {
    people += 1;
    const buyer = { email: `buyer-${people}@example.com`, name: `Buyer ${people}` };
    return shop.signUp(northlight.id, buyer, productId);
  };
  const subscribe = (productId: string) => String(shop.subscriptionsOf(signUp(productId))[0]?.id);

  const renewing = subscribe(monthly);
  shop.renew(renewing);
  shop.movePeriodEnd(renewing);
  shop.failPayment(renewing);
  shop.recoverPayment(renewing);
  shop.pause(renewing);
  shop.beginPause(renewing);
  shop.resume(renewing);
  shop.cancel(renewing, { reason: 'too_expensive', comment: 'Too dear.' });
  shop.takeBack(renewing);
  shop.cancel(renewing);
  shop.reachEnd(renewing);
  const unpaid = subscribe(withTrial);
  shop.renew(unpaid);
  shop.failPayment(unpaid);
  shop.exhaustRetries(unpaid);
  shop.endNow(subscribe(monthly));
  shop.failPayment(subscribe(monthly));
  const buyer = signUp(single);
  const bought = String(shop.ordersOf(buyer)[0]?.id);
  shop.refund(bought, 'half');
  shop.refund(bought, 'rest');
  shop.change(buyer, { name: 'Another Name', email: 'another@example.com', external_id: 'u1' });
  shop.buy(buyer, monthly);
  shop.remove(buyer, true);
  shop.remove(signUp(monthly), false);
}
