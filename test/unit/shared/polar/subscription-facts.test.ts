import { describe, expect, it } from 'vitest';
import { polarEvent } from '#shared/polar/event.ts';
import { polarSubscription } from '#shared/polar/subscription-facts.ts';
import { lives } from '../mail/true-mails.ts';

const events = new Map(
  lives().map(([file, webhooks]) => [
    file,
    webhooks.flatMap((webhook) => {
      const parsed = polarEvent(JSON.stringify(webhook));
      return parsed.kind === 'event' ? [parsed.event] : [];
    }),
  ]),
);
const of = (file: string, type: string) => {
  const event = events.get(`${file}.json`)?.findLast((one) => one.type === type);
  return event?.subscription;
};

describe('the subscription of an event', () => {
  it('is read from its own event, with the name of its product and when Polar told of it', () => {
    expect(of('past-due-exhausted', 'subscription.revoked')).toEqual({
      id: '7f3a0005-5b1c-4e2d-8a90-000000000005',
      createdAt: expect.stringMatching(/^2026-08-.*\.\d{6}Z$/),
      version: expect.stringMatching(/^2026-\d\d-.*\.\d{6}Z$/),
      toldAt: expect.stringMatching(/^2026-\d\d-.*\.\d{6}Z$/),
      status: 'canceled',
      canceledAt: expect.stringMatching(/^2026/),
      pastDueSince: expect.stringMatching(/^2026-09/),
      endedAt: expect.stringMatching(/^2026-10/),
      endsAt: expect.stringMatching(/^2026-10/),
      periodEnd: '2026-10-10T09:00:00.401220Z',
      cancelAtPeriodEnd: false,
      productId: '7f3a0005-5b1c-4e2d-8a90-000000000003',
      productName: expect.any(String),
      amount: 1900,
      currency: 'usd',
      interval: 'month',
    });
  });

  it('is read from an order, in the version of the subscription and without a name', () => {
    const embedded = of('past-due-retry-succeeds', 'order.paid');
    expect(embedded).toMatchObject({ version: '2026-09-17T11:00:12.001731Z', status: 'active' });
    expect(Object.keys(embedded ?? {})).not.toContain('toldAt');
    expect(Object.keys(embedded ?? {})).not.toContain('productName');
  });

  it('is in every purchase of every life but a one-time one', () => {
    const all = [...events.values()].flat();
    const purchases = all.filter(({ type }) => !type.startsWith('customer.'));
    expect(purchases.length).toBeGreaterThan(60);
    for (const { subscription, properties } of purchases) {
      expect(subscription?.id).toBe(properties.subscriptionId);
      expect(subscription?.status).toBe(properties.subscriptionStatus);
      expect(subscription?.periodEnd).toBe(properties.periodEnd);
    }
    for (const { type, subscription } of all) {
      if (type.startsWith('customer.')) expect(subscription).toBeUndefined();
    }
  });

  const wire = { id: 's1', created_at: '2026-09-01T09:00:00Z', status: 'active' };

  it('tells of a change that waits, also of one that cannot be read', () => {
    const pending = { applies_at: '2026-10-01T09:00:00Z', product_id: 'p2', seats: null, units: 3 };
    const read = (update: unknown) =>
      polarSubscription({ ...wire, pending_update: update })?.pendingUpdate;
    expect(read(pending)).toEqual({
      ...{ appliesAt: '2026-10-01T09:00:00.000000Z', productId: 'p2', units: 3 },
    });
    expect(read({ product_id: 7 })).toEqual({});
    expect(read(null)).toBeUndefined();
  });

  it.each([
    ['no id', { id: undefined }],
    ['an id that could not be a key', { id: '__proto__' }],
    ['no time that orders it', { created_at: 'yesterday' }],
    ['no status', { status: null }],
    ['a status longer than any', { status: 'x'.repeat(31) }],
  ])('is none with %s', (_, patch) => {
    expect(polarSubscription({ ...wire, ...patch })).toBeUndefined();
  });

  it('is none where there is none', () => {
    for (const data of [undefined, null, 'text', []]) {
      expect(polarSubscription(data)).toBeUndefined();
    }
  });

  it('keeps of long texts what fits', () => {
    const read = polarSubscription({
      ...{ ...wire, currency: 'x'.repeat(31), product_id: 'p'.repeat(65) },
      product: { id: 'p1', name: 'n'.repeat(300) },
    });
    expect(read).toMatchObject({ productName: 'n'.repeat(100) });
    expect(Object.keys(read ?? {})).toEqual([
      'version',
      'createdAt',
      'status',
      'id',
      'productName',
    ]);
  });
});
