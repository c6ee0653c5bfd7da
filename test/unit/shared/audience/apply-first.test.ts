import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, applyFirst, type Told } from '#shared/audience/apply-event.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import { stateBeforeRecord } from '#shared/audience/rows/state-first.ts';
import type { AudienceStore, Commit } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { person } from '#test/bench/sample-events.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { asMany } from '#test/support/as-many.ts';
import { contendedBatchesArbitrary } from '#test/support/polar/contended-history.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
  webhookBody,
} from '#test/support/polar/polar-history.ts';

function meansOf(store: AudienceStore, settings: Settings, newId = () => 'a contact') {
  const now = new Date('2026-11-23T12:00:01.000Z');
  const surroundings = { settings, now, newId };
  return { store, surroundings, workflows: sequences, pause: async () => {} };
}

/** Its contact has the same id, whichever of its events makes it. */
const idsOf =
  ({ customer }: ReceivedEvent) =>
  () =>
    `the contact of ${customer.id}`;

async function oneByOne(told: readonly Told[], settings: Settings, memory = memoryAudienceStore()) {
  for (const { event, payload } of told) {
    await applyEvent(event, payload, meansOf(memory.store, settings, idsOf(event)));
  }
  return memory;
}

/** What the worker takes together of a batch: the events of a customer, of which a deletion is for itself. */
function groupsOf(batch: readonly ReceivedEvent[]): Told[][] {
  const taken: Told[][] = [];
  for (const events of Map.groupBy(batch, ({ customer }) => customer.id).values()) {
    for (const [nth, event] of events.entries()) {
      if (nth === 0 || event.type === 'customer.deleted') taken.push([]);
      taken.at(-1)?.push({ event, payload: webhookBody(event) });
    }
  }
  return taken;
}

/** What is left of the events is handled as the first was. */
async function together(told: readonly Told[], settings: Settings, memory = memoryAudienceStore()) {
  let left = told;
  for (;;) {
    const [first, ...later] = left;
    if (!first) return memory;
    const means = meansOf(memory.store, settings, idsOf(first.event));
    const said = await applyFirst(first, later, means);
    left = later.slice(said.later.length);
  }
}

/** Revisions count the writes, of which there are fewer. */
function kept({ rows, records }: ReturnType<typeof memoryAudienceStore>) {
  const all = Object.entries(rows).map(([kind, table]) => {
    const entries = [...table].map(([key, { row }]): [string, unknown] => [key, row]);
    return [kind, Object.fromEntries(entries)] as const;
  });
  return { records: Object.fromEntries(records), ...Object.fromEntries(all) };
}

/** The webhooks of somebody's first purchase. */
const purchase = purchasePayloads(
  { ...person(1, 'together'), isNew: true },
  new Date('2026-11-14T12:00:00.000Z'),
).map((body, nth): Told => {
  const payload = JSON.stringify(body);
  const parsed = polarEvent(payload);
  if (parsed.kind === 'unreadable') throw new Error(parsed.reason);
  const receivedAt = '2026-11-14T12:00:01.000Z';
  return { event: { ...parsed.event, webhookId: `evt-${nth}`, receivedAt }, payload };
});

describe('events of one customer that are applied together', () => {
  it('leave the rows and the records that they leave one by one', async () => {
    await fc.assert(
      fc.asyncProperty(happeningsArbitrary, settingsArbitrary, async (happenings, settings) => {
        const events = eventsOf(happenings).filter(({ type }) => type !== 'customer.deleted');
        const groups = Map.groupBy(events, ({ customer }) => customer.id);
        for (const group of groups.values()) {
          const told = group.map((event) => ({ event, payload: webhookBody(event) }));
          const [expected, actual] = [
            await oneByOne(told, settings),
            await together(told, settings),
          ];
          expect(kept(actual)).toEqual(kept(expected));
        }
      }),
      { numRuns: asMany(12, 4_000) },
    );
  });

  it('leave the same where others take their addresses meanwhile, whatever was known before', async () => {
    const reached = { along: 0, moved: 0, stateFirst: 0 };
    await fc.assert(
      fc.asyncProperty(contendedBatchesArbitrary, settingsArbitrary, async (batches, settings) => {
        const [expected, actual] = [memoryAudienceStore(), memoryAudienceStore()];
        const commit = (one: Commit) => {
          if (one.later?.length) reached.along += 1;
          if (one.later?.length && (one.steps?.contacts.length ?? 0) > 1) reached.moved += 1;
          if (stateBeforeRecord(one)) reached.stateFirst += 1;
          return actual.store.commit(one);
        };
        const counting = { ...actual, store: { ...actual.store, commit } };
        for (const told of batches.flatMap(groupsOf)) {
          await oneByOne(told, settings, expected);
          await together(told, settings, counting);
        }
        expect(kept(actual)).toEqual(kept(expected));
      }),
      { numRuns: asMany(100, 4_000) },
    );
    for (const count of Object.values(reached)) expect(count).toBeGreaterThan(0);
  });

  it('are one commit where the first takes a transaction', async () => {
    const memory = memoryAudienceStore();
    const commits: Commit[] = [];
    const store: AudienceStore = {
      ...memory.store,
      commit: (commit) => {
        commits.push(commit);
        return memory.store.commit(commit);
      },
    };
    await together(purchase, defaultSettings, { ...memory, store });
    expect(commits.map(({ later = [] }) => later.length)).toEqual([3]);
    expect(kept(memory)).toEqual(kept(await oneByOne(purchase, defaultSettings)));
  });

  it('are left to do where the first can be written by plain puts', async () => {
    const [created, first, ...later] = purchase;
    if (!created || !first) throw new Error('Nothing was bought.');
    const memory = await oneByOne([created], defaultSettings);
    const means = { ...meansOf(memory.store, defaultSettings), workflows: [] };
    expect((await applyFirst(first, later, means)).later).toEqual([]);
  });

  it.each([
    ['is refused', async () => Promise.reject(new Error('It is too large.'))],
    ['loses a race', async () => ({ kind: 'conflict' as const })],
  ])('are applied one by one where their commit %s', async (_, refusal) => {
    const memory = memoryAudienceStore();
    const store: AudienceStore = {
      ...memory.store,
      commit: (commit) => (commit.later?.length ? refusal() : memory.store.commit(commit)),
    };
    await together(purchase, defaultSettings, { ...memory, store });
    expect(kept(memory)).toEqual(kept(await oneByOne(purchase, defaultSettings)));
  });

  const away = async () => Promise.reject(new Error('The table is away.'));

  /** Applies the purchase to this store, and says how often it was asked and what kept the events apart. */
  async function attempt(changed: Partial<AudienceStore>, told = purchase) {
    const asked = { load: 0, commit: 0 };
    const { store } = memoryAudienceStore();
    const counting: AudienceStore = {
      ...store,
      load: (keys) => {
        asked.load += 1;
        return (changed.load ?? store.load)(keys);
      },
      commit: (commit) => {
        asked.commit += 1;
        return (changed.commit ?? store.commit)(commit);
      },
    };
    const apart: unknown[] = [];
    const onApart = (error: unknown) => void apart.push(error);
    const [first, ...later] = told;
    if (!first) throw new Error('Nothing was bought.');
    const means = { ...meansOf(counting, defaultSettings), onApart };
    const outcome = await applyFirst(first, later, means).catch((error: Error) => error.message);
    return { asked, apart, outcome };
  }

  it('are told of where they could not be written with the first', async () => {
    const { asked, apart, outcome } = await attempt({ commit: away });
    expect(apart).toEqual([new Error('The table is away.')]);
    expect(asked.commit).toBe(2);
    expect(outcome).toBe('The table is away.');
  });

  it('are left to do where one of them cannot be decided', async () => {
    const [created, second, ...others] = purchase;
    if (!created || !second) throw new Error('Nothing was bought.');
    const broken = {
      ...second.event,
      get properties(): never {
        throw new TypeError('It is broken.');
      },
    };
    const told = [created, { ...second, event: broken }, ...others];
    const { asked, apart, outcome } = await attempt({}, told);
    expect(apart).toEqual([new TypeError('It is broken.')]);
    expect(asked.commit).toBe(1);
    expect(outcome).toMatchObject({ applied: { kind: 'decided' }, later: [] });
  });

  it.each([
    ['nothing can be read', { load: away }, { load: 1, commit: 0 }, 'The table is away.'],
    [
      'each race is lost',
      { commit: async () => ({ kind: 'conflict' as const }) },
      { commit: 20 },
      'Other workers changed the same customer 20 times in a row.',
    ],
  ])('are no reason to try once more where %s', async (_, changed, asked, outcome) => {
    expect(await attempt(changed)).toMatchObject({ asked, apart: [], outcome });
  });

  it('are no reason to try once more where the first is by itself already', async () => {
    let commits = 0;
    const commit = () => {
      commits += 1;
      return commits === 1 ? Promise.resolve({ kind: 'conflict' as const }) : away();
    };
    expect(await attempt({ commit })).toMatchObject({ asked: { commit: 2 }, apart: [] });
  });
});
