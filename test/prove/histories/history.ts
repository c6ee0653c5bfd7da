import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import type { AudienceStore } from '#shared/audience/rows/unit-of-work.ts';
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

/** What happens at Polar and by hand, and how it reaches two to four workers that fail and race. */
export const historyArbitrary = fc.record({
  happenings: happeningsArbitrary,
  refusals: fc.array(refusalArbitrary, { maxLength: 2 }),
  settings: settingsArbitrary,
  arrival: arrivalArbitrary,
  added: addedByHandArbitrary,
  picks: replayPicksArbitrary,
  edits: editsArbitrary,
  workers: fc.integer({ min: 2, max: 4 }),
});
type History = typeof historyArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** An empty audience, and what it has become. */
export type Audience = Readonly<{
  store: () => AudienceStore;
  webhookIds: () => Promise<string[]>;
  contacts: () => Promise<Contact[]>;
  customers: () => Promise<Customer[]>;
}>;

/** Throws an error that shows both, where the audience is not the one that the rules say. */
export async function checkHistory(history: History, audience: Audience): Promise<void> {
  const { refusals, settings, arrival, workers } = history;
  const events = eventsOf(history.happenings);
  const byHand = contactAddedByHand(history.added);
  const seen = referenceAudience(events, refusals, settings, byHand).contacts;
  const { early, late } = editsOf(history.edits, events, seen, byHand);
  const tasks: Task[] = [
    ...events.map((event) => ({ event })),
    ...refusals.map((refusal) => ({ refusal })),
    ...replaysOf(events, history.picks),
    ...late.map((edit) => ({ edit })),
  ];
  if (byHand) {
    const put = { act: 'put' as const, key: byHand.email, revision: null, row: byHand };
    const steps = { customers: [], addresses: [], contacts: [put], suppressions: [] };
    await audience.store().commit({ steps });
  }
  const stores = Array.from({ length: workers }, audience.store);
  const surroundings = surroundingsWith(settings);
  const before = early.map((edit) => ({ edit }));
  same(await work(before, audience.store(), surroundings), [], 'each early edit is made');
  const undone = await workInDisorder(tasks, stores, surroundings, arrival);
  same(undone, [], 'each edit is made');

  const recorded = (await audience.webhookIds()).sort();
  same(recorded, events.map(({ webhookId }) => webhookId).sort(), 'one record for each event');
  const reference = referenceAudience(events, refusals, settings, byHand, [...early, ...late]);
  const contacts = await audience.contacts();
  if (reference.isErasedUnsubscribed) {
    const raised = contacts.filter(
      ({ email, subscribed }) => subscribed && !reference.contacts.get(email)?.subscribed,
    );
    return same(raised, [], 'nobody is subscribed who refused');
  }
  same(visible(contacts), reference.contacts, 'the contacts are those of the rules');
  const customers = facts(await audience.customers());
  for (const [id, known] of reference.customers) {
    const { email, name, externalId, erased = false, no } = customers.get(id) ?? {};
    const { isErased, hasRefused } = known;
    const subscriptions = subscriptionsOf(customers.get(id));
    same(
      { email, name, externalId, erased, hasRefused: no !== undefined, subscriptions },
      {
        email: known.email,
        name: known.name,
        externalId: known.externalId,
        erased: isErased,
        hasRefused,
        subscriptions: isErased ? [] : known.subscriptions,
      },
      `the facts of ${id} are those of the rules`,
    );
  }
  const ids = contacts.map(({ contactId }) => contactId);
  same(new Set(ids).size, ids.length, 'each contact has an id of its own');
}

/** Equal as text, without what is undefined and in whatever order it was put together. */
function same(actual: unknown, expected: unknown, claim: string): void {
  assert.equal(asText(actual), asText(expected), claim);
}

function asText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one: unknown) => {
      if (one instanceof Map) return Object.fromEntries([...one].sort());
      if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
      return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    1,
  );
}
