import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { type PolarApi, polarApi } from '#shared/polar/api.ts';
import { polarEvent } from '#shared/polar/event.ts';

let polar: FakePolar;
let api: PolarApi;
let pauses: number[];

beforeEach(async () => {
  polar = await startFakePolar({ customers: 2_500, subscriptions: 130, orders: 130 });
  onTestFinished(() => polar.stop());
  const token = polar.organizationToken();
  pauses = [];
  api = polarApi({
    baseUrl: polar.url,
    token: async () => token,
    pause: async (ms) => void pauses.push(ms),
  });
});

describe('the customers, subscriptions and orders', () => {
  async function idsFrom(pages: ReturnType<PolarApi['customers']>) {
    const ids: string[] = [];
    for await (const { items } of pages) ids.push(...items.map(({ id }) => id));
    return ids;
  }
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

  it('come page by page from old to new, although some calls are refused for their number', async () => {
    polar.setRateLimit({ every: 4, retryAfter: '1' });
    expect(await idsFrom(api.customers())).toEqual(ids(polar.state.customers));
    expect(await idsFrom(api.subscriptions())).toEqual(ids(polar.state.subscriptions));
    expect(await idsFrom(api.orders())).toEqual(ids(polar.state.orders));
    expect(pauses.length).toBeGreaterThan(5);
  });

  it('can be read by what reads webhooks', async () => {
    const rows = {
      'customer.updated': api.customers(),
      'subscription.active': api.subscriptions(),
      'order.paid': api.orders(),
    };
    for (const [type, pages] of Object.entries(rows)) {
      const first = await pages.next();
      const data = first.done ? undefined : first.value.items[0];
      const body = JSON.stringify({ type, timestamp: '2026-11-23T12:00:00Z', data });
      expect(polarEvent(body)).toMatchObject({
        kind: 'event',
        event: { customer: { email: 'customer-0@example.com' } },
      });
    }
  });

  it('go on at the page where they were left', async () => {
    const rest = await idsFrom(api.customers({ page: 24, totalCount: 2_500 }));
    expect(rest).toEqual(ids(polar.state.customers.slice(2_300)));
  });

  it('leave nobody out when customers are deleted or added meanwhile', async () => {
    const seen = new Set<string>();
    let pages = 0;
    const { customers } = polar.state;
    for await (const { items } of api.customers()) {
      pages += 1;
      for (const { id } of items) seen.add(id);
      if (pages === 5) customers.splice(120, 130);
      if (pages === 9)
        customers.push({ ...customers[0], id: 'new', created_at: '2099-01-01T00:00:00Z' });
    }
    expect(customers.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
  });

  it('leave nobody out when customers are deleted before going on', async () => {
    polar.state.customers.splice(0, 150);
    const rest = await idsFrom(api.customers({ page: 4, totalCount: 2_500 }));
    expect(rest).toEqual(ids(polar.state.customers.slice(100)));
  });
});
