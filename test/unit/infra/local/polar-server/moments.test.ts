import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { northlight, polarState } from '#infra/local/polar-server/polar-state.ts';
import { catalogue } from '#infra/local/polar-server/shop/catalogue.ts';
import { polarShop } from '#infra/local/polar-server/shop/shop.ts';
import type { Happening } from '#infra/local/polar-server/shop/story.ts';

type Told = Readonly<{
  type: string;
  timestamp: string;
  data: Readonly<Record<string, unknown>>;
  mails: readonly string[];
}>;
type Shop = ReturnType<typeof polarShop>;

/** A life as Polar tells it: events in their order, and what it mails at them. */
function written(file: string): Told[] {
  const url = new URL(`../../../../fixtures/lives/${file}.json`, import.meta.url);
  const entries = JSON.parse(readFileSync(url, 'utf8'));
  return entries.map(({ event, polar_mails = [] }: { event: Told; polar_mails?: string[] }) => ({
    ...event,
    mails: polar_mails,
  }));
}

/** The same life here. A customer's first appearance is left out: the files begin after it. */
function lived(product: string, live: (shop: Shop, customer: string, id: string) => void): Told[] {
  const events: Happening[] = [];
  const state = polarState([northlight], () => new Date('2026-11-29T09:00:00Z'));
  const shop = polarShop(state, (_, happening) => events.push(happening));
  const productId = catalogue.find(({ name }) => name === product)?.id ?? '';
  const buyer = { email: 'ada@example.com', name: 'Ada Lovelace' };
  const customer = shop.signUp(northlight.id, buyer, productId);
  live(shop, customer, String(state.subscriptions[0]?.id));
  return events
    .filter(({ type }) => type !== 'customer.created')
    .map(({ mail, ...event }) => ({ ...event, mails: mail === undefined ? [] : [mail] }));
}

/** What a reader can tell two events apart by, without ids, times and amounts. */
function shape({ type, data, mails }: Told) {
  const { status, billing_reason, cancel_at_period_end, past_due_at, receipt_number } = data;
  return {
    type,
    mails,
    status,
    billing_reason,
    cancel_at_period_end,
    isPastDue: past_due_at == null ? past_due_at : true,
    hasReceipt: receipt_number == null ? receipt_number : true,
    isChanged: data['modified_at'] !== null,
  };
}

/** Whether each event shows its object as the event before it did. */
function siblings(events: readonly Told[]): boolean[] {
  return events.map(({ data }, index) => {
    const before = events[index - 1]?.data;
    return before?.['id'] === data['id'] && before?.['modified_at'] === data['modified_at'];
  });
}

/** The names of everything in it, however deep. */
function keys(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((item) => keys(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${path}.${name}`,
    ...keys(inner, `${path}.${name}`),
  ]);
}

const studio = 'Studio Monthly';
const lives: readonly (readonly [string, string, (...on: [Shop, string, string]) => void])[] = [
  ['trial-to-paid', 'Atelier', (shop, _, id) => [shop.renew(id), shop.renew(id)]],
  [
    'past-due-recovered',
    studio,
    (shop, _, id) => [shop.failPayment(id), shop.recoverPayment(id), shop.renew(id)],
  ],
  ['past-due-exhausted', studio, (shop, _, id) => [shop.failPayment(id), shop.exhaustRetries(id)]],
  [
    'cancel-uncancel-cancel-end',
    studio,
    (shop, _, id) => [shop.cancel(id), shop.takeBack(id), shop.cancel(id), shop.reachEnd(id)],
  ],
  ['customer-deleted', studio, (shop, customer) => shop.remove(customer, true)],
  [
    'immediate-revoke',
    studio,
    (shop, customer, id) => {
      shop.endNow(id);
      const order = String(shop.ordersOf(customer)[0]?.id);
      shop.refund(order, 'half');
      shop.refund(order, 'rest');
    },
  ],
  ['pause-resume', studio, (shop, _, id) => [shop.pause(id), shop.beginPause(id), shop.resume(id)]],
];

test.each(lives)('the life %s is told as Polar tells it', (file, product, live) => {
  const model = written(file).filter(isPlayed);
  const here = lived(product, live);
  expect(here.map(shape)).toEqual(model.map(shape));
  expect(siblings(here)).toEqual(siblings(model));
  const times = here.map(({ timestamp }) => timestamp);
  expect(times).toEqual([...new Set(times)].sort());
});

test.each(lives)('the payloads of the life %s have the fields of Polar', (file, product, live) => {
  const model = written(file).filter(isPlayed);
  const named = ({ type, data }: Told) => [type, ...keys(data).sort()];
  expect(lived(product, live).map(named)).toEqual(model.map(named));
});

/** Of a refund itself nothing is told here, only of its order. */
function isPlayed({ type }: Told): boolean {
  return type !== 'refund.created';
}

test('a refund gives back its part of the tax, and nothing twice', () => {
  const events = lived(studio, (shop, customer) => {
    const order = String(shop.ordersOf(customer)[0]?.id);
    shop.refund(order, 'half');
    shop.refund(order, 'rest');
    expect(() => shop.refund(order, 'rest')).toThrow('Nothing of this order can be given back.');
  });
  const refunds = events.filter(({ type }) => type === 'order.refunded');
  expect(refunds.map(({ data }) => data)).toMatchObject([
    { status: 'partially_refunded', refunded_amount: 950, refunded_tax_amount: 238 },
    { status: 'refunded', refunded_amount: 1900, refunded_tax_amount: 475 },
  ]);
});

test('a period whose end is moved is told by subscription.updated alone', () => {
  const before = lived(studio, () => undefined).length;
  const moved = lived(studio, (shop, _, id) => shop.movePeriodEnd(id)).slice(before);
  expect(moved.map(({ type, mails }) => [type, ...mails])).toEqual([['subscription.updated']]);
});

test('retries that fail on the days of a moved clock leave the dates as they were', () => {
  let now = new Date('2026-11-29T09:00:00Z');
  const state = polarState([northlight], () => now);
  const shop = polarShop(state, () => undefined);
  const productId = catalogue.find(({ name }) => name === studio)?.id ?? '';
  const customer = shop.signUp(northlight.id, { email: 'a@example.com', name: 'A' }, productId);
  const [{ id = '' } = {}] = shop.subscriptionsOf(customer);
  shop.failPayment(id);
  const [failed] = shop.subscriptionsOf(customer);
  now = new Date(now.getTime() + 22 * 86_400_000);
  shop.exhaustRetries(id);
  const [ended] = shop.subscriptionsOf(customer);
  expect(ended).toMatchObject({ status: 'canceled', past_due_at: failed?.past_due_at });
});

test('a single purchase is an order that is paid when it is made', () => {
  const events = lived('Field Guide to Type', () => {});
  expect(events.map(({ type, mails }) => [type, ...mails])).toEqual([
    ['order.created'],
    ['order.updated'],
    ['order.paid', 'order_confirmation'],
    ['order.updated'],
    ['order.updated'],
  ]);
  expect(events[2]?.data).toMatchObject({ billing_reason: 'purchase', subscription_id: null });
});

test('no two events of one object say different things with one modified_at', () => {
  const events = lived(studio, (shop, customer, id) => {
    shop.failPayment(id);
    shop.change(customer, { email: 'ada@new.example' });
    shop.cancel(id, { reason: 'too_expensive', comment: 'Too dear.' });
    shop.recoverPayment(id);
    shop.takeBack(id);
    shop.endNow(id);
  });
  const seen = new Map<string, unknown>();
  for (const { data } of events) {
    const key = `${data['id']} ${data['modified_at']}`;
    const { status, past_due_at, cancel_at_period_end, email } = data;
    const said = { status, past_due_at, cancel_at_period_end, email };
    expect(seen.get(key) ?? said).toEqual(said);
    seen.set(key, said);
  }
});

test('why a payment failed is in the list of payments alone', () => {
  const state = polarState([northlight], () => new Date('2026-11-29T09:00:00Z'));
  const events: Happening[] = [];
  const shop = polarShop(state, (_, happening) => events.push(happening));
  const product = catalogue.find(({ name }) => name === studio)?.id ?? '';
  shop.signUp(northlight.id, { email: 'ada@example.com', name: null }, product);
  shop.failPayment(String(state.subscriptions[0]?.id));
  const open = state.orders.find(({ status }) => status === 'pending');
  expect(state.payments).toMatchObject([
    { order_id: open?.id, status: 'failed', decline_reason: 'insufficient_funds' },
  ]);
  expect(open?.['next_payment_attempt_at']).toMatch(/^2026-12-01T/);
  expect(JSON.stringify(events)).not.toContain('insufficient_funds');
});

test('what cannot happen is refused with a sentence', () => {
  lived(studio, (shop, customer, id) => {
    expect(() => shop.recoverPayment(id)).toThrow('This subscription is active');
    expect(() => shop.takeBack(id)).toThrow('No cancellation is scheduled.');
    expect(() => shop.change(customer, { email: 'nobody' })).toThrow('is not an email address');
    const other = { email: 'ADA@example.com', name: null };
    const product = catalogue[0]?.id ?? '';
    expect(() => shop.signUp(northlight.id, other, product)).toThrow('Another customer has');
    shop.cancel(id);
    expect(() => shop.renew(id)).toThrow('A cancellation is already scheduled.');
    shop.endNow(id);
    expect(() => shop.cancel(id)).toThrow('This subscription is canceled');
  });
});
