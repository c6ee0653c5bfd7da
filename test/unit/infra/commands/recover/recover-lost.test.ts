import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { lostSince, watchGap } from '#infra/commands/recover/gap.ts';
import { lostInGap } from '#infra/commands/recover/lost.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { defaultSettings } from '#shared/audience/settings/settings.ts';
import { order } from '#shared/polar/sample/sample-purchase.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';

const first = '2026-11-20T08:00:00.000Z';
const paidAt = '2026-11-23T09:00:00.000Z';
const connectedAt = '2026-11-23T11:00:00.000Z';
const now = () => new Date('2026-11-23T12:00:00.000Z');
const person = {
  customerId: 'c-1',
  email: 'ann@example.com',
  name: 'Ann',
  externalId: null,
  isNew: true,
};

/** How many lost orders recover finds, of one that was paid before Polar was connected again. */
async function found(since: string | undefined, connection: { since?: string }) {
  const gap = watchGap(lostSince({ since, connection: { ...connection, connectedAt } }, [], now()));
  const { store } = memoryAudienceStore();
  gap.see('orders', [order(person, new Date(paidAt), null)]);
  const { orders } = await lostInGap(gap.seen(), {
    store,
    rehearsal: {
      surroundings: { settings: defaultSettings, now: now(), newId: randomUUID },
      workflows: [],
      emailUnder: async () => undefined,
      hasSender: true,
    },
    recordsOf: async () => [],
    retentionDays: 90,
    connection: { ...connection, connectedAt, organizationId: northlight.id },
    hasRecord: async () => false,
    isAccepted: async () => false,
    enqueue: async () => undefined,
    now,
    pause: async () => undefined,
    racePause: async () => undefined,
    progress: () => undefined,
    isStopped: () => false,
  });
  return orders.length;
}

it.each([undefined, '2026-11-23T00:00:00.000000Z'])(
  'connecting again hides no lost order, with --since %s',
  async (since) => {
    expect(await found(since, { since: first })).toBe(1);
  },
);

it('an order that was paid before Polar was connected first is not lost, also by a connection of version 0.1.0', async () => {
  const since = '2026-11-23T00:00:00.000000Z';
  expect(await found(since, { since: connectedAt })).toBe(0);
  expect(await found(since, {})).toBe(0);
  expect(await found(undefined, {})).toBe(0);
});

it('looks back as far as the noted gap, an hour early, where that is further than workflows would still mail', async () => {
  const gap = { since: '2026-11-03T09:00:00.000Z', known: 'disconnecting' } as const;
  const connection = { since: '2026-10-01T12:00:00.000Z', connectedAt };
  const sinceOf = (known: object, since?: string) =>
    lostSince({ since, connection: { ...connection, ...known } }, [], now());
  expect(sinceOf({})).toBe('2026-11-20T12:00:00.000000Z');
  expect(sinceOf({ gap })).toBe('2026-11-03T08:00:00.000000Z');
  expect(sinceOf({ gap: { ...gap, since: paidAt } })).toBe('2026-11-20T12:00:00.000000Z');
  expect(sinceOf({ gap }, paidAt)).toBe(paidAt);
  expect(sinceOf({ gap, since: gap.since })).toBe('2026-11-03T09:00:00.000000Z');
  expect(await found(undefined, { since: connection.since })).toBe(1);
});
