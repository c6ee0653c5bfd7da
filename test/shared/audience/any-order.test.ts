import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent } from '#shared/audience/apply-event.ts';
import { applyRefusal } from '#shared/audience/apply-refusal.ts';
import type { AudienceStore } from '#shared/audience/audience-store.ts';
import type { ReceivedEvent } from '#shared/audience/decide.ts';
import type { Surroundings } from '#shared/audience/identity.ts';
import type { Refusal } from '#shared/audience/refuse.ts';
import type { Settings } from '#shared/audience/settings.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { eventsOf, happeningsArbitrary, settingsArbitrary } from '#test/support/polar-history.ts';
import { referenceAudience } from '#test/support/reference-audience.ts';

type Task = { event: ReceivedEvent } | { refusal: Refusal };

const refusalArbitrary = fc.record({
  email: fc.constantFrom('ann@example.com', 'bob@example.com', 'cy@example.com'),
  reason: fc.constantFrom('unsubscribed', 'complained', 'bounced'),
  at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'),
  by: fc.constant('the person'),
});

/** How a history reaches the workers: an order, repetitions, and who takes what. */
const arrivalArbitrary = fc.record({
  order: fc.infiniteStream(fc.nat({ max: 1_000_000 })),
  repeats: fc.infiniteStream(fc.constantFrom(1, 1, 1, 2, 3)),
  worker: fc.infiniteStream(fc.nat({ max: 1 })),
  delays: fc.infiniteStream(fc.nat({ max: 3 })),
});

function surroundingsWith(settings: Settings): Surroundings {
  let ids = 0;
  return {
    settings,
    now: new Date('2026-11-23T12:00:01.000Z'),
    newId: () => {
      ids += 1;
      return `contact-${ids}`;
    },
  };
}

/** The same store, whose answers take a number of turns that is drawn at random, so that workers interleave. */
function unsteady(store: AudienceStore, delays: Iterator<number>): AudienceStore {
  const wait = async () => {
    const turns = delays.next().value ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };
  return {
    load: async (keys) => {
      await wait();
      return store.load(keys);
    },
    commit: async (commit) => {
      await wait();
      return store.commit(commit);
    },
  };
}

async function work(tasks: readonly Task[], store: AudienceStore, surroundings: Surroundings) {
  const pause = () => Promise.resolve();
  for (const task of tasks) {
    if ('refusal' in task) await applyRefusal(task.refusal, { store, surroundings, pause });
    else await applyEvent(task.event, '{}', { store, surroundings, pause });
  }
}

function visible(contacts: ReturnType<typeof memoryAudienceStore>['rows']['contacts']) {
  return new Map(
    [...contacts].map(([email, { row }]) => {
      const { contactId, createdAt, updatedAt, mergedIds, consent, ...rest } = row;
      return [email, rest];
    }),
  );
}

function factsIn(customers: ReturnType<typeof memoryAudienceStore>['rows']['customers']) {
  return new Map(
    [...customers].map(
      ([
        id,
        {
          row: { contact, ...facts },
        },
      ]) => [id, facts],
    ),
  );
}

describe('any order of arrival', () => {
  it('gives the contacts, customers and suppressions of the ordered history, and one record for each event', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.array(refusalArbitrary, { maxLength: 2 }),
        settingsArbitrary,
        arrivalArbitrary,
        async (happenings, refusals, settings, arrival) => {
          const events = eventsOf(happenings);
          const tasks: Task[] = [
            ...events.map((event) => ({ event })),
            ...refusals.map((refusal) => ({ refusal })),
          ];
          const ordered = memoryAudienceStore();
          await work(tasks, ordered.store, surroundingsWith(settings));

          const [order, repeats, worker, delays] = [
            arrival.order[Symbol.iterator](),
            arrival.repeats[Symbol.iterator](),
            arrival.worker[Symbol.iterator](),
            arrival.delays[Symbol.iterator](),
          ];
          const deliveries = tasks
            .flatMap((task) => Array.from({ length: repeats.next().value ?? 1 }, () => task))
            .map((task) => ({ task, rank: order.next().value ?? 0, worker: worker.next().value }))
            .toSorted((a, b) => a.rank - b.rank);
          const mixed = memoryAudienceStore();
          const surroundings = surroundingsWith(settings);
          await Promise.all(
            [0, 1].map((index) =>
              work(
                deliveries.filter(({ worker }) => worker === index).map(({ task }) => task),
                unsteady(mixed.store, delays),
                surroundings,
              ),
            ),
          );

          expect(visible(mixed.rows.contacts)).toEqual(visible(ordered.rows.contacts));
          expect(factsIn(mixed.rows.customers)).toEqual(factsIn(ordered.rows.customers));
          expect([...mixed.records.keys()].sort()).toEqual(
            events.map(({ webhookId }) => webhookId).sort(),
          );
          const suppressions = (of: typeof mixed) =>
            new Map([...of.rows.suppressions].map(([email, { row }]) => [email, row]));
          expect(suppressions(mixed)).toEqual(suppressions(ordered));

          const reference = referenceAudience(events, refusals, settings);
          expect(visible(mixed.rows.contacts)).toEqual(reference.contacts);
          for (const [id, facts] of reference.customers) {
            const row = mixed.rows.customers.get(id)?.row;
            expect(row?.email).toEqual(facts.email);
            expect(row?.name).toEqual(facts.name);
            expect(row?.externalId).toEqual(facts.externalId);
            expect(row?.erased ?? false).toBe(facts.isErased);
            expect(row?.no !== undefined).toBe(facts.hasRefused);
          }

          const ids = [...mixed.rows.contacts.values()].map(({ row }) => row.contactId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const { row } of mixed.rows.contacts.values()) {
            const owner = mixed.rows.customers.get(row.customerId ?? '')?.row;
            expect(owner?.contact?.contactId).toBe(row.contactId);
          }
        },
      ),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) },
    );
  });
});
