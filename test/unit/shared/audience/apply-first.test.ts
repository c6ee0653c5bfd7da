import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, applyFirst, type Told } from '#shared/audience/apply-event.ts';
import type { AudienceStore, Commit } from '#shared/audience/rows/unit-of-work.ts';
import { defaultSettings, type Settings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { person } from '#test/bench/sample-events.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { asMany } from '#test/support/as-many.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
  webhookBody,
} from '#test/support/polar/polar-history.ts';

function meansOf(store: AudienceStore, settings: Settings) {
  const now = new Date('2026-11-23T12:00:01.000Z');
  const surroundings = { settings, now, newId: () => 'a contact' };
  return { store, surroundings, workflows: sequences, pause: async () => {} };
}

async function oneByOne(told: readonly Told[], settings: Settings) {
  const memory = memoryAudienceStore();
  for (const { event, payload } of told) {
    await applyEvent(event, payload, meansOf(memory.store, settings));
  }
  return memory;
}

/** What is left of the events is handled as the first was. */
async function together(told: readonly Told[], settings: Settings, memory = memoryAudienceStore()) {
  let left = told;
  for (;;) {
    const [first, ...later] = left;
    if (!first) return memory;
    const said = await applyFirst(first, later, meansOf(memory.store, settings));
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
});
