import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subscribeContact } from '#shared/audience/by-hand/acts-by-hand.ts';
import type { Refusal } from '#shared/audience/consent/refusals.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import { polarEvent } from '#shared/polar/event.ts';
import { memoryAudienceStore } from '#test/fakes/memory-audience-store.ts';
import { asMany } from '#test/support/as-many.ts';
import {
  arrivalArbitrary,
  facts,
  refusalArbitrary,
  replayPicksArbitrary,
  replaysOf,
  surroundingsWith,
  type Task,
  visible,
  work,
  workInDisorder,
} from '#test/support/audience/arrival.ts';
import { referenceAudience } from '#test/support/audience/reference-audience.ts';
import {
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
  webhookBody,
} from '#test/support/polar/polar-history.ts';

const numRuns = asMany(6, 2_000);

const subscribedAt = '2026-03-01T00:00:00.000Z';
const newer = '2026-04-01T00:00:00.000Z';

/** The audience after these tasks, once a person has subscribed every contact that is shown then. */
async function subscribed(tasks: readonly Task[], settings: Settings) {
  const memory = memoryAudienceStore();
  const surroundings = surroundingsWith(settings);
  await work(tasks, memory.store, surroundings);
  const means = { store: memory.store, surroundings, pause: () => Promise.resolve() };
  for (const { row } of [...memory.rows.contacts.values()]) {
    const { email, contactId } = row;
    await subscribeContact({ email, contactId, at: subscribedAt, by: 'an engineer' }, means);
  }
  return { ...memory, surroundings };
}

function view({ rows }: ReturnType<typeof memoryAudienceStore>) {
  const all = <T>(table: Map<string, { row: T }>) => [...table.values()].map(({ row }) => row);
  return {
    contacts: visible(all(rows.contacts)),
    customers: facts(all(rows.customers)),
    suppressions: new Map([...rows.suppressions].map(([email, { row }]) => [email, row])),
  };
}

const tasksOf = (refusals: readonly Refusal[]): Task[] => refusals.map((refusal) => ({ refusal }));

describe('an explicit subscribe of everyone', () => {
  it('is not undone by anything older that is delivered or replayed again, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.array(refusalArbitrary, { maxLength: 3 }),
        settingsArbitrary,
        arrivalArbitrary,
        replayPicksArbitrary,
        async (happenings, refusals, settings, arrival, picks) => {
          const events = eventsOf(happenings);
          const tasks: Task[] = [...events.map((event) => ({ event })), ...tasksOf(refusals)];
          const memory = await subscribed(tasks, settings);
          const before = view(memory);
          for (const { email, subscribed: isSubscribed, customerId } of before.contacts.values()) {
            const customer = customerId && before.customers.get(customerId);
            const isDeleted = customer && customer.deletion?.mode === 'unsubscribe';
            const hasBounced = before.suppressions.get(email)?.reasons.bounced;
            expect(isSubscribed).toBe(!isDeleted && !hasBounced);
          }
          const stores = [memory.store, memory.store] as const;
          const again = [...tasks, ...replaysOf(events, picks)];
          await workInDisorder(again, stores, memory.surroundings, arrival);
          expect(view(memory)).toEqual(before);
        },
      ),
      { numRuns },
    );
  });

  it('leaves what comes after it as independent of the order as ever', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.nat({ max: 60 }),
        fc.array(refusalArbitrary, { maxLength: 2 }),
        fc.array(refusalArbitrary, { maxLength: 2 }),
        settingsArbitrary,
        arrivalArbitrary,
        async (happenings, split, refusals, others, settings, arrival) => {
          const events = eventsOf(happenings).map((event) => ({ event }));
          const early = [...events.slice(0, split), ...tasksOf(refusals)];
          const since = others.map((refusal) => ({ ...refusal, at: newer }));
          const late = [...events.slice(split), ...tasksOf([...refusals, ...since])];
          const all = [...refusals, ...since];
          const reference = referenceAudience(eventsOf(happenings), all, settings);
          if (reference.isErasedUnsubscribed) return;

          const ordered = await subscribed(early, settings);
          await work(late, ordered.store, ordered.surroundings);
          const mixed = await subscribed(early, settings);
          const stores = [mixed.store, mixed.store] as const;
          await workInDisorder(late, stores, mixed.surroundings, arrival);
          const withoutErased = ({ customers, ...rest }: ReturnType<typeof view>) => ({
            ...rest,
            customers: new Map([...customers].filter(([, { erased }]) => !erased)),
          });
          expect(withoutErased(view(mixed))).toEqual(withoutErased(view(ordered)));
          for (const { email, reason } of since) {
            expect(mixed.rows.suppressions.get(email)?.row.reasons[reason]?.at).toBe(newer);
            expect(mixed.rows.contacts.get(email)?.row.subscribed ?? false).toBe(false);
          }
        },
      ),
      { numRuns },
    );
  });
});

it('the body of an event of a history says what the event says', () => {
  fc.assert(
    fc.property(happeningsArbitrary, (happenings) => {
      for (const event of eventsOf(happenings)) {
        const parsed = polarEvent(webhookBody(event));
        const { type, occurredAt, customer } = event;
        expect(parsed).toMatchObject({ kind: 'event', event: { type, occurredAt, customer } });
      }
    }),
  );
});
