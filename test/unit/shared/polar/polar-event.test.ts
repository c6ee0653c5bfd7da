import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { polarEvent } from '#shared/polar/event.ts';
import { isSupportedEventType } from '#shared/polar/event-types.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const supported = readdirSync(folder).filter((name) => !name.includes('unsupported'));

function read(body: string) {
  const parsed = polarEvent(body);
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  return parsed.event;
}

function changed(
  name: string,
  change: (body: Record<string, unknown>, data: Record<string, unknown>) => void,
) {
  const body = JSON.parse(fixture(name));
  change(body, body.data);
  return JSON.stringify(body);
}

describe('a webhook of Polar', () => {
  it.each(supported)('%s is read', (name) => {
    const event = read(fixture(name));
    expect(isSupportedEventType(event.type)).toBe(true);
    expect(event.customer.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(event.properties.customerId).toBe(event.customer.id);
  });

  it('takes the version of a customer from its last change, else from its creation', () => {
    expect(read(fixture('customer.created.plain.json')).customer.version).toBe(
      '2026-10-04T09:12:44.318205Z',
    );
    expect(read(fixture('customer.updated.plain.json')).customer.version).toBe(
      '2026-10-09T13:45:09.870011Z',
    );
  });

  it.each([
    ['customer.deleted.plain.json', false, 'anna.lindqvist@example.com'],
    ['customer.deleted.awkward.json', true, undefined],
    ['subscription.revoked.awkward.json', true, undefined],
  ])('%s is anonymised: %s', (name, anonymised, email) => {
    expect(read(fixture(name)).customer).toMatchObject({
      anonymised,
      deletedAt: expect.any(String),
    });
    expect(read(fixture(name)).customer.email).toBe(email);
  });

  it('never takes an anonymised address for an address', () => {
    const body = changed('customer.created.plain.json', (_, data) => {
      data['email'] = `${'0'.repeat(64)}@Anonymized.Invalid`;
    });
    expect(read(body).customer).toMatchObject({ anonymised: true });
    expect(read(body).customer.email).toBeUndefined();
  });

  it.each([
    [
      'order.paid.plain.json',
      {
        orderId: '5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a8b9',
        productName: 'Studio Handbook (PDF)',
        amount: 6125,
        formattedAmount: '$61.25',
        billingReason: 'purchase',
        invoiceNumber: 'NORTHLIGHT-0B7C1F-0007',
        subscriptionId: undefined,
      },
    ],
    [
      'order.paid.awkward.json',
      { amount: 105000, currency: 'jpy', formattedAmount: '¥105,000', interval: 'year' },
    ],
    [
      'order.paid.no-product-zero.json',
      { amount: 0, formattedAmount: '$0.00', productId: undefined, productName: undefined },
    ],
    [
      'order.refunded.plain.json',
      {
        ...{ status: 'partially_refunded', amount: 6125 },
        ...{ refundedAmount: 2500, formattedRefundedAmount: '$25.00', paidUntil: undefined },
      },
    ],
    [
      'subscription.paused.plain.json',
      { status: 'paused', resumesAt: '2026-11-15T00:00:00.000000Z', renewsAt: undefined },
    ],
    ['subscription.active.awkward.json', { interval: '2 weeks', formattedAmount: '$9.99' }],
    [
      'subscription.created.awkward.json',
      { status: 'trialing', trialEnd: '2026-11-26T03:04:04.000000Z' },
    ],
    [
      'subscription.canceled.plain.json',
      {
        cancelAtPeriodEnd: true,
        endsAt: '2026-12-02T10:15:30.401220Z',
        cancellationReason: 'too_expensive',
      },
    ],
    ['subscription.revoked.unpaid.json', { status: 'unpaid', cancellationReason: undefined }],
    [
      'customer.updated.awkward.json',
      { externalId: '42', amount: undefined, subscriptionId: undefined },
    ],
  ])('%s tells workflows %j', (name, expected) => {
    const properties = new Map(Object.entries(read(fixture(name)).properties));
    for (const [key, value] of Object.entries(expected)) expect(properties.get(key)).toBe(value);
  });

  it('names no refund whose sum is beyond what a table keeps', () => {
    const body = changed('order.refunded.plain.json', (_, data) => {
      data['refunded_amount'] = 19_994;
      data['refunded_tax_amount'] = Number.MAX_SAFE_INTEGER - 14;
    });
    expect(read(body).properties).not.toHaveProperty('refundedAmount');
  });

  it('tolerates unknown keys, new values and missing optional parts', () => {
    const body = changed('subscription.active.plain.json', (envelope, data) => {
      envelope['api_version'] = '2031-01';
      data['status'] = 'hibernating';
      data['recurring_interval'] = { every: 'leap year' };
      data['amount'] = '1900';
      data['current_period_end'] = 'soon';
      delete data['product'];
      delete data['prices'];
    });
    const { properties } = read(body.replace('{', '{"__proto__":{"status":"polluted"},'));
    expect(properties).toMatchObject({ status: 'hibernating', currency: 'usd' });
    expect(properties).not.toHaveProperty('amount');
    expect(properties).not.toHaveProperty('periodEnd');
  });

  it.each([
    [1_000, 'x'.repeat(1_000)],
    [1_001, undefined],
  ])(
    'has a text of %i characters as a property only where all of them fit beside the payload',
    (length, expected) => {
      const body = changed('order.paid.plain.json', (_, data) => {
        data['invoice_number'] = 'x'.repeat(length);
      });
      expect(read(body).properties.invoiceNumber).toBe(expected);
    },
  );

  it.each(['metadata', 'items', 'anything'])('is read however deep its %s are', (name) => {
    const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
    const body = changed('order.paid.plain.json', (_, data) => {
      data[name] = 'deep';
    }).replace('"deep"', deep);
    expect(read(body)).toEqual(read(fixture('order.paid.plain.json')));
  });

  it('takes nothing from the prototype that a payload gives itself', () => {
    const body = fixture('order.paid.plain.json');
    const polluted = JSON.stringify(JSON.parse(body)).replaceAll(
      '{',
      '{"__proto__":{"email":"eve@example.com","deleted_at":"2026-01-01T00:00:00Z","product_id":"eve"},',
    );
    expect(read(polluted.replaceAll(',}', '}'))).toEqual(read(body));
  });

  it.each([
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
    ['9999-12-31T23:59:59-00:01', undefined],
    ['0000-01-01T00:00:00+00:01', undefined],
    ['10000-01-01T00:00:00Z', undefined],
    ['+275760-09-13T00:00:00Z', undefined],
    ['-000001-01-01T00:00:00Z', undefined],
  ])('at %s is of %s', (timestamp, expected) => {
    const parsed = polarEvent(
      changed('order.paid.plain.json', (envelope) => {
        envelope['timestamp'] = timestamp;
      }),
    );
    expect(parsed.kind === 'event' ? parsed.event.occurredAt : undefined).toBe(expected);
  });

  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', undefined],
    ['1e999', undefined],
    ['1.5', undefined],
    ['1E+2', 100],
  ])('with the amount %s has %s', (written, amount) => {
    const body = changed('order.paid.plain.json', (_, data) => {
      data['total_amount'] = 'written';
    });
    expect(read(body.replace('"written"', written)).properties.amount).toBe(amount);
  });

  it.each([
    ['no JSON', 'not json at all: ann@example.com', 'The body is not JSON.'],
    ['no data', '{"type":"order.paid","timestamp":"2026-01-01T00:00:00Z"}', /data/],
    [
      'a customer without an id',
      changed('order.paid.plain.json', (_, data) => {
        data['customer'] = { email: 'ann@example.com', created_at: '2026-01-01T00:00:00Z' };
      }),
      /data\.customer\.id must be of type string/,
    ],
    [
      'a time that is none',
      changed('customer.created.plain.json', (body) => {
        body['timestamp'] = 'ann@example.com';
      }),
      /timestamp is not an ISO 8601 time/,
    ],
    [
      'an address that is no text',
      changed('customer.created.plain.json', (_, data) => {
        data['email'] = ['ann@example.com'];
      }),
      /data\.email must be of type string/,
    ],
  ])('with %s is unreadable, for a reason that quotes nothing', (_, body, reason) => {
    const parsed = polarEvent(body);
    expect(parsed).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) });
    expect(JSON.stringify(parsed)).not.toContain('ann@example.com');
  });
});

describe('where a customer is', () => {
  const placed = (changes: Record<string, unknown>, name = 'customer.created.plain.json') =>
    read(changed(name, (_, data) => Object.assign(data, changes))).properties;

  it.each([
    [
      { billing_address: { country: 'SE' }, locale: 'sv' },
      { country: 'SE', locale: 'sv' },
    ],
    [
      { billing_address: { country: 'SE' }, locale: 'en-GB' },
      { country: 'SE', locale: 'en-GB' },
    ],
    [{ billing_address: null, locale: null }, {}],
    [{ billing_address: { country: 'Sweden' }, locale: 'ann@example.com' }, {}],
    [{ billing_address: 'SE', locale: 7 }, {}],
  ])('is told of %j: %j', (changes, expected) => {
    const { country, locale } = placed(changes);
    expect({ ...(country && { country }), ...(locale && { locale }) }).toEqual(expected);
  });

  it('is not told of one that was anonymised', () => {
    const told = placed({ billing_address: { country: 'SE' } }, 'customer.deleted.awkward.json');
    expect(told).not.toHaveProperty('country');
    expect(told).not.toHaveProperty('locale');
  });
});
