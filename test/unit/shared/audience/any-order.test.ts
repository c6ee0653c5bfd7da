import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
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
import { referenceAudience, subscriptionsOf } from '#test/support/audience/reference-audience.ts';
import { editsArbitrary, editsOf } from '#test/support/edits.ts';
import {
  addedByHandArbitrary,
  contactAddedByHand,
  eventsOf,
  happeningsArbitrary,
  settingsArbitrary,
} from '#test/support/polar/polar-history.ts';

const numRuns = asMany(12, 4_000);

function rowsOf({ rows }: ReturnType<typeof memoryAudienceStore>) {
  const all = <T>(table: Map<string, { row: T }>) => [...table.values()].map(({ row }) => row);
  return {
    contacts: all(rows.contacts),
    customers: all(rows.customers),
    suppressions: new Map([...rows.suppressions].map(([email, { row }]) => [email, row])),
  };
}

async function storeWith(contact: Contact | undefined) {
  const memory = memoryAudienceStore();
  if (contact) {
    const put = { act: 'put' as const, key: contact.email, revision: null, row: contact };
    const steps = { customers: [], addresses: [], contacts: [put], suppressions: [] };
    await memory.store.commit({ steps });
  }
  return memory;
}

/** Without the id of the webhook that erased a customer: of two that tell of one deletion, the first to come does. */
function comparable(customers: readonly Customer[]) {
  return facts(
    customers.map((customer) => {
      const { erased, deletion } = customer;
      return erased && deletion
        ? { ...customer, deletion: { ...deletion, webhookId: '' } }
        : customer;
    }),
  );
}

describe('any order of arrival, any repetition and any split over two workers', () => {
  it('ends in the audience of the ordered history, with one record for each event', async () => {
    await fc.assert(
      fc.asyncProperty(
        happeningsArbitrary,
        fc.array(refusalArbitrary, { maxLength: 2 }),
        settingsArbitrary,
        arrivalArbitrary,
        addedByHandArbitrary,
        replayPicksArbitrary,
        editsArbitrary,
        async (happenings, refusals, settings, arrival, added, picks, drawn) => {
          const events = eventsOf(happenings);
          const byHand = contactAddedByHand(added);
          const { contacts } = referenceAudience(events, refusals, settings, byHand);
          const { early, late } = editsOf(drawn, events, contacts, byHand);
          const tasks: Task[] = [
            ...events.map((event) => ({ event })),
            ...refusals.map((refusal) => ({ refusal })),
            ...replaysOf(events, picks),
            ...late.map((edit) => ({ edit })),
          ];
          const before = early.map((edit) => ({ edit }));
          const surroundings = surroundingsWith(settings);
          const ordered = await storeWith(byHand);
          const all = [...before, ...tasks];
          expect(await work(all, ordered.store, surroundings)).toEqual([]);
          const mixed = await storeWith(byHand);
          expect(await work(before, mixed.store, surroundings)).toEqual([]);
          const stores = [mixed.store, mixed.store] as const;
          expect(await workInDisorder(tasks, stores, surroundings, arrival)).toEqual([]);

          const [expected, actual] = [rowsOf(ordered), rowsOf(mixed)];
          expect([...mixed.records.keys()].sort()).toEqual(
            events.map(({ webhookId }) => webhookId).sort(),
          );
          for (const { record } of mixed.records.values()) {
            const ids = record.replays?.map(({ replayId }) => replayId) ?? [];
            expect(new Set(ids).size).toBe(ids.length);
          }
          const reference = referenceAudience(events, refusals, settings, byHand, [
            ...early,
            ...late,
          ]);
          if (reference.isErasedUnsubscribed) {
            for (const { email, subscribed } of actual.contacts) {
              expect(subscribed && !reference.contacts.get(email)?.subscribed).toBe(false);
            }
            return;
          }
          expect(visible(actual.contacts)).toEqual(visible(expected.contacts));
          expect(comparable(actual.customers)).toEqual(comparable(expected.customers));
          expect(actual.suppressions).toEqual(expected.suppressions);
          expect(visible(actual.contacts)).toEqual(reference.contacts);
          for (const [id, known] of reference.customers) {
            const row = mixed.rows.customers.get(id)?.row;
            expect(row?.email).toEqual(known.email);
            expect(row?.name).toEqual(known.name);
            expect(row?.externalId).toEqual(known.externalId);
            expect(row?.erased ?? false).toBe(known.isErased);
            expect(row?.no !== undefined).toBe(known.hasRefused);
            expect(subscriptionsOf(row)).toEqual(known.isErased ? [] : known.subscriptions);
          }

          const ids = actual.contacts.map(({ contactId }) => contactId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const { customerId, contactId } of actual.contacts) {
            expect(contactId === byHand?.contactId).toBe(customerId === undefined);
            if (customerId === undefined) continue;
            const owner = mixed.rows.customers.get(customerId)?.row;
            expect(owner?.contact?.contactId).toBe(contactId);
          }
        },
      ),
      { numRuns },
    );
  });
});
