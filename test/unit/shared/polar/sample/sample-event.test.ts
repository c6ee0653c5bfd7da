import { readFile } from 'node:fs/promises';
import { webhooks } from '@polar-sh/sdk/2026-10';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { polarEvent } from '#shared/polar/event.ts';
import { supportedEventTypes } from '#shared/polar/event-types.ts';
import { polarPayload, purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { secretReadingOf, signatureOf } from '#shared/polar/sample/signed-delivery.ts';

const at = new Date();
const person = {
  customerId: uuidOf('ada@example.com'),
  email: 'Ada@example.com',
  name: 'Ada Lovelace',
  externalId: 'u1',
  isNew: true,
};
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const timestamp = String(Math.floor(at.getTime() / 1_000));

function signedHeaders(body: Buffer, secretReading: 'decoded' | 'whole', signedWith = secret) {
  const delivery = { secret: signedWith, secretReading, webhookId: 'w1', body };
  return {
    'webhook-id': 'w1',
    'webhook-timestamp': timestamp,
    'webhook-signature': signatureOf(delivery, timestamp),
  };
}

describe.each(supportedEventTypes)('the made-up %s', (type) => {
  const payload = polarPayload(type, person, at);
  const body = Buffer.from(JSON.stringify(payload));

  test.each(['decoded', 'whole'] as const)(
    'is accepted by Polar’s own SDK, with the secret read as %s',
    async (secretReading) => {
      const headers = signedHeaders(body, secretReading);
      expect(await webhooks.validateEvent(body, headers, secret)).toMatchObject({ type });
    },
  );

  test('has every key of the real one, and no other', async () => {
    const file = new URL(`../../../../fixtures/polar/${type}.plain.json`, import.meta.url);
    expect(keysOf(payload)).toEqual(keysOf(JSON.parse(await readFile(file, 'utf8'))));
  });

  test('says when it happened to the microsecond', () => {
    expect(payload.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });
});

/** Every path to a key, through the first item of each list. In metadata merchants keep what they like. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return keysOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([key, inner]) => [
      `${path}.${key}`,
      ...keysOf(key === 'metadata' ? {} : inner, `${path}.${key}`),
    ])
    .sort();
}

test('the library that receivers use accepts the signature', () => {
  const body = Buffer.from('{"type":"x","ö":1}');
  expect(new Webhook(secret).verify(body, signedHeaders(body, 'decoded'))).toEqual({
    type: 'x',
    ö: 1,
  });
  const custom = signedHeaders(body, 'decoded', 'any custom text');
  const whole = new Webhook(Buffer.from('any custom text').toString('base64'));
  expect(whole.verify(body, custom)).toBeDefined();
});

test('a purchase is four events of one customer, subscription and order, each after the other', () => {
  const payloads = purchasePayloads(person, at);
  expect(payloads.map(({ type }) => type)).toEqual([
    'customer.created',
    'subscription.created',
    'subscription.active',
    'order.paid',
  ]);
  const times = payloads.map((payload) => payload.timestamp);
  expect([...times].sort()).toEqual(times);
  const [customer, created, active, order] = payloads.map((payload) => Object(payload['data']));
  expect(created).toMatchObject({ id: active.id, customer_id: person.customerId, customer });
  expect(order).toMatchObject({
    customer,
    subscription_id: active.id,
    subscription: { id: active.id },
    billing_reason: 'subscription_create',
  });
});

test('a deleted customer says when it was deleted, in a newer version', () => {
  const deleted = Object(polarPayload('customer.deleted', person, at)['data']);
  expect(deleted.deleted_at).toBe(deleted.modified_at);
  expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each([
  [secret, 'decoded'],
  [`whsec_${'a1B2'.repeat(10)}xyz`, 'whole'],
  [`polar_whs_${'a1B2'.repeat(10)}xyz`, 'whole'],
  ['any custom text', 'whole'],
])('the secret %s is read as Polar reads it: %s', (text, reading) => {
  expect(secretReadingOf(text)).toBe(reading);
});

test('an order tells what was charged as Polar would', () => {
  const parsed = polarEvent(JSON.stringify(polarPayload('order.paid', person, at)));
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  const { amount, taxAmount, priceBeforeDiscount, ...properties } = parsed.event.properties;
  expect(properties).toMatchObject({ chargedAmount: amount, formattedChargedAmount: '$23.75' });
  expect(amount).toBe((priceBeforeDiscount ?? 0) + (taxAmount ?? 0));
  expect(properties.receiptNumber).toMatch(/^RCPT-/);
});

test('a subscription says that its tax comes on top, as its orders have it', () => {
  const parsed = polarEvent(JSON.stringify(polarPayload('subscription.created', person, at)));
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  expect(parsed.event.properties).toMatchObject({ taxIncluded: false, recurringAmount: 1900 });
});
