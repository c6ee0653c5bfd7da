import { randomUUID } from 'node:crypto';
import { PolarServerError } from '@polar-sh/sdk';
import { errors } from '@polar-sh/sdk/2026-10';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailSettings } from '#infra/local/polar-server/customer-mails.ts';
import { polarEventTypes } from '#infra/local/polar-server/endpoints-api.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { allowed, type DrivenPolar, published, startDrivenPolar } from './driven-polar.ts';

/*
 * Polar's own SDK drives the local Polar, and everything that this answers or sends is held against the types that the
 * SDK declares.
 */
let driven: DrivenPolar;
let polar: DrivenPolar['polar'];
let sdk: DrivenPolar['sdk'];

beforeAll(async () => {
  driven = await startDrivenPolar();
  ({ polar, sdk } = driven);
});

afterAll(() => driven.stop());

/** Each verb that the local Polar knows, and the type that Polar publishes for its answer. */
const calls: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ['the organizations', 'ListResourceOrganization', () => sdk.organizations.list()],
  ['an organization', 'Organization', () => sdk.organizations.get(northlight.id)],
  [
    'a changed organization',
    'Organization',
    async () => {
      const { customer_email_settings } = await sdk.organizations.get(northlight.id);
      return sdk.organizations.update(northlight.id, { customer_email_settings });
    },
  ],
  ['the customers', 'ListResourceCustomer', () => sdk.customers.list({ limit: 100 })],
  ['a customer', 'Customer', async () => sdk.customers.get(idOf(await sdk.customers.list()))],
  ['the subscriptions', 'ListResourceSubscription', () => sdk.subscriptions.list({ limit: 100 })],
  [
    'a subscription',
    'Subscription',
    async () => sdk.subscriptions.get(idOf(await sdk.subscriptions.list())),
  ],
  ['the orders', 'ListResourceOrder', () => sdk.orders.list({ limit: 100 })],
  ['older orders', 'ListResourceOrder', () => sdk.orders.list({ limit: 100, page: 2 })],
  ['an order', 'Order', async () => sdk.orders.get(idOf(await sdk.orders.list()))],
  ['the products', 'ListResourceProduct', () => sdk.products.list({ limit: 100 })],
  ['the payments', 'ListResourcePayment', () => sdk.payments.list({ limit: 100 })],
  ['the endpoints', 'ListResourceWebhookEndpoint', () => sdk.webhooks.listWebhookEndpoints()],
  ['a new endpoint', 'WebhookEndpoint', newEndpoint],
  [
    'an endpoint',
    'WebhookEndpoint',
    async () => sdk.webhooks.getWebhookEndpoint((await newEndpoint()).id),
  ],
  [
    'a changed endpoint',
    'WebhookEndpoint',
    async () => sdk.webhooks.updateWebhookEndpoint((await newEndpoint()).id, { enabled: false }),
  ],
  [
    'an endpoint with a new secret',
    'WebhookEndpoint',
    async () => sdk.webhooks.resetWebhookEndpointSecret((await newEndpoint()).id),
  ],
  [
    'the deliveries',
    'ListResourceWebhookDelivery',
    () => sdk.webhooks.listWebhookDeliveries({ limit: 100 }),
  ],
];

function newEndpoint() {
  return sdk.webhooks.createWebhookEndpoint({
    ...{ url: 'https://example.com/webhooks', format: 'raw', events: ['order.paid'] },
  });
}

function idOf({ items }: Readonly<{ items: readonly Readonly<{ id: string }>[] }>): string {
  return items[0]?.id ?? 'none';
}

describe('an answer is of the type that Polar publishes:', () => {
  test.each(calls)('%s', async (_what, type, call) => {
    const answer = await call();
    expect(published.departures(type, answer)).toEqual([]);
    expect(answer).not.toMatchObject({ items: [] });
  });

  test('nothing, where an endpoint is removed', async () => {
    const { id } = await newEndpoint();
    expect(await sdk.webhooks.deleteWebhookEndpoint(id)).toBeUndefined();
    await expect(sdk.webhooks.getWebhookEndpoint(id)).rejects.toThrow(errors.ResourceNotFound);
  });

  test('whatever, where an event is to be delivered again', async () => {
    const { items } = await sdk.webhooks.listWebhookDeliveries();
    const before = polar.deliveries.length;
    await sdk.webhooks.redeliverWebhookEvent(items[0]?.webhook_event.id ?? '');
    await polar.redelivered();
    expect(polar.deliveries.length).toBe(before + 1);
  });
});

describe('a list', () => {
  test('has a hundred rows a page at most, whatever was asked for', async () => {
    const { items, pagination } = await sdk.orders.list({ limit: 1_000 });
    expect(items).toHaveLength(100);
    expect(pagination.max_page).toBe(Math.ceil(pagination.total_count / 100));
  });

  test('comes whole through the SDK’s own pages', async () => {
    const { pagination } = await sdk.orders.list();
    const ids = new Set<string>();
    for await (const { id } of sdk.orders.iterList({ limit: 30 })) ids.add(id);
    expect(ids.size).toBe(pagination.total_count);
  });

  test.each([
    ['CustomerSortProperty', 'customers'],
    ['SubscriptionSortProperty', 'subscriptions'],
    ['OrderSortProperty', 'orders'],
    ['ProductSortProperty', 'products'],
    ['PaymentSortProperty', 'payments'],
    ['OrganizationSortProperty', 'organizations'],
  ] as const)('can be sorted by each %s, and by nothing else', async (type, resource) => {
    const criteria = published.valuesOf(type).map(String);
    expect(criteria.length).toBeGreaterThan(3);
    for (const criterion of criteria) {
      expect((await get(`/v1/${resource}/?sorting=${criterion}`)).status).toBe(200);
    }
    const refused = await get(`/v1/${resource}/?sorting=shoe_size`);
    expect(refused.status).toBe(422);
  });

  test.each(['customers', 'subscriptions', 'orders', 'products', 'payments'] as const)(
    'of the %s is that of one organization where only that is asked for',
    async (name) => {
      const total = async (of: { organization_id?: string }) =>
        (await sdk[name].list(of)).pagination.total_count;
      const [all, own, none] = await Promise.all(
        [{}, { organization_id: northlight.id }, { organization_id: randomUUID() }].map(total),
      );
      expect(own).toBe(all);
      expect(own).toBeGreaterThan(0);
      expect(none).toBe(0);
    },
  );

  test('is from new to old, or as it was asked for', async () => {
    const times = async (sorting?: ('name' | '-name' | 'created_at')[]) =>
      (await sdk.customers.list({ limit: 100, ...(sorting && { sorting }) })).items;
    const created = (await times()).map(({ created_at }) => created_at);
    expect(created).toEqual([...created].sort().reverse());
    expect((await times(['created_at'])).map(({ created_at }) => created_at)).toEqual(
      [...created].sort(),
    );
    const names = (await times(['-name', 'created_at'])).flatMap(({ name }) => name ?? []);
    expect(names).toEqual([...names].sort().reverse());
  });

  test('says so where Polar has a parameter that the local Polar does not', async () => {
    await expect(sdk.orders.list({ discount_id: randomUUID() })).rejects.toThrow(PolarServerError);
  });
});

describe('the webhooks', () => {
  test('pass the SDK, and are of the types that Polar publishes', () => {
    expect(
      Object.fromEntries([...driven.received].filter(([, wrong]) => wrong.length > 0)),
    ).toEqual({});
  });

  test('are of every type that the local Polar can send', () => {
    expect([...driven.received.keys()].sort()).toEqual([
      ...['customer.created', 'customer.deleted', 'customer.updated'],
      ...['order.created', 'order.paid', 'order.refunded', 'order.updated'],
      'organization.updated',
      ...['subscription.active', 'subscription.canceled', 'subscription.created'],
      ...['subscription.cycled', 'subscription.past_due', 'subscription.paused'],
      ...['subscription.resumed', 'subscription.revoked', 'subscription.uncanceled'],
      'subscription.updated',
    ]);
  });
});

test.each([
  ['events', polarEventTypes, () => published.valuesOf('WebhookEventType')],
  [
    'switches of emails',
    mailSettings,
    () => published.fieldsOf('OrganizationCustomerEmailSettings'),
  ],
])('the local Polar knows the %s that Polar publishes, and no others', (_what, known, declared) => {
  expect([...known].sort()).toEqual(declared().sort());
});

test('it asks for scopes that Polar publishes', () => {
  expect(published.valuesOf('Scope')).toEqual(expect.arrayContaining(allowed));
});

function get(path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${polar.organizationToken(allowed)}` };
  return fetch(`${polar.url}${path}`, { headers });
}
