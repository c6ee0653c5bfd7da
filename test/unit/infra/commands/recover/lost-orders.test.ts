import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { backfill } from '#infra/commands/backfill/run.ts';
import { watchGap } from '#infra/commands/recover/gap.ts';
import { applyLost, type LostParts, lostInGap } from '#infra/commands/recover/lost.ts';
import { lostLines } from '#infra/commands/recover/text.ts';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { bothOrganizations, earlierDays, harbour } from '#infra/local/polar-server/shop/history.ts';
import { mostLostOrders } from '#shared/audience/replay/lost-order.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { polarApi } from '#shared/polar/api.ts';
import { customer } from '#shared/polar/sample/sample-customer.ts';
import { order } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { approvedMail, mailing } from '#test/support/audience/approved-mail.ts';
import { type Audience, memoryAudience } from '../backfill/backfill-at-work.ts';

const hourMs = 3_600_000;
const timeAgo = (hours: number) => new Date(Date.now() - hours * hourMs);
const hoursAgo = (hours: number) => timeAgo(hours).toISOString().replace('Z', '000Z');
let polar: FakePolar | undefined;

afterEach(() => polar?.stop());

function receipts(): Workflow {
  const { workflow } = approvedMail();
  if (!workflow) throw new Error('approvedMail has no workflow');
  return {
    ...mailing(workflow, { kind: 'transactional' }),
    ...{ name: 'Receipt', frequency: 'every-time', maxAgeHours: 8_760 },
    trigger: { event: 'order.paid', conditions: [] },
  };
}

function buyer(email: string) {
  return { customerId: uuidOf(email), email, name: 'Ann', externalId: null, isNew: true };
}

/** What lost orders are looked for with, where nothing is in the ledger. */
function lostPartsOf({ store, records }: Audience, more: Partial<LostParts> = {}): LostParts {
  return {
    store,
    rehearsal: {
      surroundings: { settings: defaultSettings, now: new Date(), newId: randomUUID },
      workflows: [receipts()],
      emailUnder: async () => undefined,
      hasSender: true,
    },
    recordsOf: async (id) =>
      [...records.values()].map(({ record }) => record).filter((one) => one.customerId === id),
    retentionDays: 90,
    connection: { connectedAt: hoursAgo(9_000), organizationId: northlight.id },
    hasRecord: async (id) => records.has(id),
    isAccepted: async () => false,
    enqueue: async () => undefined,
    now: () => new Date(),
    pause: async () => undefined,
    racePause: async () => undefined,
    progress: () => undefined,
    isStopped: () => false,
    ...more,
  };
}

it('an access that covers two organizations shows no order and no moment of the other one as lost', async () => {
  polar = await startFakePolar({ organizations: bothOrganizations, history: earlierDays });
  const { state, shop, url } = polar;
  const token = polar.organizationToken();
  const access = state.tokens.get(token);
  if (!access) throw new Error('The token is not known');
  state.tokens.set(token, { ...access, organizationIds: bothOrganizations.map(({ id }) => id) });
  const [product] = state.products.filter((row) => row['organization_id'] === harbour.id).slice(3);
  const [neighbour] = state.customers.filter((row) => row['organization_id'] === harbour.id);
  const [own] = state.customers.filter((row) => row['organization_id'] === northlight.id);
  shop.buy(String(neighbour?.id), String(product?.id));
  shop.buy(String(own?.id), String(product?.id));
  const since = hoursAgo(1);
  const audience = memoryAudience();
  const gap = watchGap(since);
  const all = watchGap(since);
  const parts = lostPartsOf(audience);
  await backfill(
    {
      api: polarApi({ baseUrl: url, token: async () => token }),
      organizationId: northlight.id,
      ...{ store: audience.store, living: audience.living, settings: defaultSettings },
      ...{ now: () => new Date(), newId: randomUUID, pause: async () => undefined },
      organizationOf: audience.organizationOf,
    },
    { since, isDryRun: false },
    {
      ...{ found: () => undefined, progress: () => undefined, isStopped: () => false },
      ...{ save: async () => undefined, deletions: async () => 'leave' },
      listed: gap.see,
    },
  );
  all.see('orders', state.orders);
  expect(all.seen().orders.length).toBeGreaterThan(gap.seen().orders.length);
  expect(gap.seen().orders).not.toEqual([]);

  const { orders } = await lostInGap(gap.seen(), parts);
  const organizations = orders.map(({ event }) => event.customer.organizationId);
  expect(new Set(organizations)).toEqual(new Set([northlight.id]));
  // Whatever was listed: an order of another organization is never one to apply.
  const anyway = await lostInGap(all.seen(), parts);
  expect(anyway.orders.map(({ orderId }) => orderId)).toEqual(orders.map(({ orderId }) => orderId));
});

it.each([
  [1, [12], 1],
  [2, [12, 36], 2],
  [30, [12, 36, 60], undefined],
])(
  'with records kept %s days, what happened %j hours ago may be lost, and nothing older',
  async (retentionDays, hours, keptDays) => {
    const gap = watchGap(hoursAgo(72));
    const rows = [12, 36, 60].map((ago) => {
      const person = buyer(`ann-${ago}@example.com`);
      gap.see('customers', [customer(person, timeAgo(ago))]);
      // Polar changes what it lists of an order long after it was paid.
      return { ...order(person, timeAgo(ago), null), modified_at: hoursAgo(2) };
    });
    gap.see('orders', rows);
    const lost = await lostInGap(gap.seen(), lostPartsOf(memoryAudience(), { retentionDays }));
    const expected = rows.filter((_, index) => hours.includes([12, 36, 60][index] ?? 0));
    expect(lost.orders.map(({ orderId }) => orderId).sort()).toEqual(
      expected.map(({ id }) => id).sort(),
    );
    expect(lost.orders.map(({ due }) => due)).toEqual(hours.map(() => ['Receipt']));
    expect(lost.moments).toEqual(new Map([['customer.created', hours.length]]));
    expect(lost.keptDays).toBe(keptDays);
    const isCut = keptDays !== undefined;
    expect(lostLines(lost, { isApplying: true }, '').join().includes('(retentionDays)')).toBe(
      isCut,
    );
    expect(lost.since > hoursAgo(71)).toBe(isCut);
  },
);

/** So many lost orders of one customer, each as the list shows it. */
async function lostOf(email: string, count: number, parts: LostParts) {
  const gap = watchGap(hoursAgo(72));
  const person = buyer(email);
  gap.see(
    'orders',
    Array.from({ length: count }, () => order(person, timeAgo(1), null)),
  );
  return (await lostInGap(gap.seen(), parts)).orders;
}

it('applies no order where a customer has more than can be marked, and says what to do', async () => {
  const audience = memoryAudience();
  const enqueued: string[] = [];
  const enqueue: LostParts['enqueue'] = async ({ webhookId }) => enqueued.push(webhookId);
  const parts = lostPartsOf(audience, { enqueue, hasRecord: async () => true });
  const few = await lostOf('few@example.com', 60, parts);
  const [one] = await lostOf('many@example.com', 1, parts);
  if (!one) throw new Error('There is no lost order');
  const many = Array.from({ length: mostLostOrders + 1 }, () => ({
    ...one,
    orderId: randomUUID(),
  }));

  const refused = applyLost([...few, ...many], parts, () => undefined);
  await expect(refused).rejects.toThrow(
    /^No order was applied: .* Leave out 1 of them: .*--accept/,
  );
  expect([audience.rows.customers.size, enqueued]).toEqual([0, []]);

  expect(await applyLost([...few, ...many.slice(1)], parts, () => undefined)).toBe(
    60 + mostLostOrders,
  );
  const rows = [...audience.rows.customers.values()].map(({ row }) => row);
  expect(rows.map(({ lostOrders }) => lostOrders?.length)).toEqual([60, mostLostOrders]);
  expect(rows.map(({ organizationId }) => organizationId)).toEqual([northlight.id, northlight.id]);
  await expect(applyLost(many, parts, () => undefined)).rejects.toThrow('Leave out 1 of them');
});
