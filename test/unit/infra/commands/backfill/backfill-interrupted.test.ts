import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  type BackfillParts,
  type BackfillStates,
  backfillStates,
} from '#infra/commands/backfill/run.ts';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import {
  type Audience,
  type BackfillAtWork,
  contentOf,
  memoryAudience,
  startBackfillAtWork,
} from './backfill-at-work.ts';

const settings: Partial<Settings> = {
  events: {
    ...defaultSettings.events,
    'order.paid': {
      ...defaultSettings.events['order.paid'],
      userGroup: 'buyers',
      userGroupMode: 'always',
    },
  },
};
const noon = new Date('2026-11-23T12:00:00Z');

/** A process that dies at its n-th call, before or after the call has its effect, and does nothing any more. */
function mortal(lives: number) {
  let left = lives;
  const dead = () => new Error('The process was ended');
  return <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      left -= 1;
      if (left < 0) throw dead();
      const result = await call(...args);
      if (left <= 0) throw dead();
      return result;
    };
}

function mortalParts(
  parts: BackfillParts,
  step: ReturnType<typeof mortal>,
): Pick<BackfillParts, 'api' | 'store'> {
  const { store, api } = parts;
  const pages = (list: BackfillParts['api']['customers']): BackfillParts['api']['customers'] =>
    async function* (from) {
      const source = list(from);
      for (;;) {
        const next = await step(() => source.next())();
        if (next.done) return;
        yield next.value;
      }
    };
  return {
    store: { ...store, load: step(store.load), commit: step(store.commit) },
    api: {
      customer: step(api.customer),
      customers: pages(api.customers),
      subscriptions: pages(api.subscriptions),
      orders: pages(api.orders),
      organizations: step(api.organizations),
    },
  };
}

async function runUntilDone(at: BackfillAtWork, on: Audience, states: BackfillStates) {
  for (let deaths = 0; ; deaths += 1) {
    const step = mortal(1 + Math.floor(Math.random() * 60));
    const earlier = await states.read();
    if (typeof earlier === 'string') throw new Error(`Its own state is not ${earlier}.`);
    const identity = { organizationId: northlight.id, since: null, savedAt: noon.toISOString() };
    try {
      const parts = { ...mortalParts(at.partsOf(on, settings), step), now: () => noon };
      const save = step((place: Parameters<typeof states.save>[0]) => states.save(place));
      await at.run(
        { settings, parts, from: earlier, save: (place) => save({ ...place, ...identity }) },
        on,
      );
      return deaths;
    } catch (error) {
      if (!(error instanceof Error && error.message === 'The process was ended')) throw error;
    }
  }
}

it('ended at any call, again and again, comes to what one undisturbed run comes to', async () => {
  const at = await startBackfillAtWork({ customers: 130, orders: 110 });
  const folder = await mkdtemp(join(tmpdir(), 'backfill-'));
  onTestFinished(async () => {
    await Promise.all([at.polar.stop(), rm(folder, { recursive: true })]);
  });
  const undisturbed = memoryAudience();
  const states = backfillStates(folder, 'PolarAudience-test-Customers', () => noon);
  const both = [at.audience, undisturbed];
  const parts = { now: () => noon };
  for (const on of both) await at.run({ parts }, on);

  const later = new Date('2030-01-01T00:00:00Z');
  for (let index = 0; index < 100; index += 19) at.change(index, { name: `Name ${index}` }, later);
  at.change(11, { email: 'customer-12@example.com' }, later);
  at.polar.state.customers.splice(30, 5);
  for (let index = 0; index < 20; index += 1) at.add(`new-${index}@example.com`, noon);

  await at.run({ settings, parts }, undisturbed);
  const deaths = await runUntilDone(at, at.audience, states);

  expect(deaths).toBeGreaterThan(3);
  expect(contentOf(at.audience)).toEqual(contentOf(undisturbed));
  expect([...at.audience.records.keys()].sort()).toEqual([...undisturbed.records.keys()].sort());
  const [file = ''] = await readdir(folder);
  const state = await readFile(join(folder, file), 'utf8');
  expect(state).toContain('"phase"');
  expect(state).not.toContain('@');
});
