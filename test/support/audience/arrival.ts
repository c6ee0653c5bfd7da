import fc from 'fast-check';
import { applyFirst } from '#shared/audience/apply-event.ts';
import { editContact } from '#shared/audience/by-hand/edit-contact.ts';
import { applyRefusal, type Refusal } from '#shared/audience/consent/refusals.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import type { Contact, Customer } from '#shared/audience/person/person.ts';
import { applyReplay, type Replay } from '#shared/audience/replay/replay.ts';
import { stateBeforeRecord } from '#shared/audience/rows/state-first.ts';
import type { AudienceStore, Means, Surroundings } from '#shared/audience/rows/unit-of-work.ts';
import type { Settings } from '#shared/audience/settings/settings.ts';
import type { EditTask } from '../edits.ts';
import { normalisedAddresses, webhookBody } from '../polar/polar-history.ts';

export type Task =
  | { event: ReceivedEvent }
  | { refusal: Refusal }
  | { replay: Replay }
  | { edit: EditTask };

export const refusalArbitrary = fc.record({
  email: fc.constantFrom(...normalisedAddresses),
  reason: fc.constantFrom('unsubscribed', 'complained', 'bounced'),
  at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'),
  by: fc.constant('the person'),
});

/** Persons who have some of the events run again, the first of them perhaps before it has come. */
export const replayPicksArbitrary = fc.array(fc.nat({ max: 1_000 }), { maxLength: 5 });

export function replaysOf(events: readonly ReceivedEvent[], picks: readonly number[]): Task[] {
  return picks.flatMap((pick, n) => {
    const event = events[pick % events.length];
    const asked = {
      triggers: true,
      again: true,
      by: 'an engineer',
      at: '2026-11-23T12:00:00.000Z',
    };
    return event ? [{ replay: { replayId: `r${n}`, webhookId: event.webhookId, ...asked } }] : [];
  });
}

/** How a history reaches two to four workers: its order, repetitions, who takes what, and what goes wrong on the way. */
export const arrivalArbitrary = fc.record({
  order: fc.infiniteStream(fc.nat({ max: 1_000_000 })),
  repeats: fc.infiniteStream(fc.constantFrom(1, 1, 1, 2, 3)),
  worker: fc.infiniteStream(fc.nat({ max: 11 })),
  delays: fc.infiniteStream(fc.nat({ max: 3 })),
  faults: fc.infiniteStream(
    fc.constantFrom('none', 'none', 'none', 'none', 'not sent', 'lost in between', 'answer lost'),
  ),
});
type Arrival = typeof arrivalArbitrary extends fc.Arbitrary<infer T> ? T : never;

export function surroundingsWith(settings: Settings): Surroundings {
  let ids = 0;
  const now = new Date('2026-11-23T12:00:01.000Z');
  return { settings, now, newId: () => `contact-${ids++}` };
}

/**
 * Handles the tasks in order, and a task again whose handling failed; events of one customer that follow each other go
 * along with the first. Returns the edits of contacts that nobody could see yet.
 */
export async function work(
  tasks: readonly Task[],
  store: AudienceStore,
  surroundings: Surroundings,
): Promise<Task[]> {
  const none: [] = [];
  const means = { store, surroundings, workflows: none, pause: () => Promise.resolve() };
  const undone: Task[] = [];
  let left = tasks;
  for (;;) {
    const [task, ...next] = left;
    if (!task) return undone;
    try {
      let along = 0;
      if ('refusal' in task) await applyRefusal(task.refusal, means);
      else if ('replay' in task) await applyReplay(task.replay, means);
      else if ('event' in task) along = await applyWithNext(task.event, next, means);
      else if (!(await applyEdit(task.edit, means))) undone.push(task);
      left = next.slice(along);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
}

/** Applies an event, and says how many of the next tasks went along with it. */
async function applyWithNext(
  event: ReceivedEvent,
  next: readonly Task[],
  means: Means & { workflows: [] },
): Promise<number> {
  const later: ReceivedEvent[] = [];
  for (const task of next) {
    if (!('event' in task) || task.event.type === 'customer.deleted') break;
    if (task.event.customer.id !== event.customer.id) break;
    if ([event, ...later].some(({ webhookId }) => webhookId === task.event.webhookId)) break;
    later.push(task.event);
  }
  const told = (one: ReceivedEvent) => ({ event: one, payload: webhookBody(one) });
  return (await applyFirst(told(event), later.map(told), means)).later.length;
}

async function applyEdit(task: EditTask, means: Means): Promise<boolean> {
  const keys = normalisedAddresses.map((key) => ({ kind: 'contacts', key }) as const);
  const { contacts } = await means.store.load(keys);
  const shown = [...contacts.values()]
    .flatMap((stored) => stored?.row ?? [])
    .find(
      ({ customerId, email }) =>
        customerId === task.customerId && (!task.email || email === task.email),
    );
  if (!shown) return false;
  const { contactId, email } = shown;
  const { at, by } = task;
  return (await editContact([task], { contactId, email, at, by }, means)).kind === 'done';
}

/** The tasks as they arrive: shuffled, some more than once, shared out between workers with a store each. */
export async function workInDisorder(
  tasks: readonly Task[],
  stores: readonly AudienceStore[],
  surroundings: Surroundings,
  arrival: Arrival,
): Promise<Task[]> {
  const order = arrival.order[Symbol.iterator]();
  const repeats = arrival.repeats[Symbol.iterator]();
  const workers = arrival.worker[Symbol.iterator]();
  const deliveries = tasks
    .flatMap((task) => Array.from({ length: repeats.next().value ?? 1 }, () => task))
    .map((task) => ({ task, rank: order.next().value ?? 0, worker: workers.next().value }))
    .toSorted((a, b) => a.rank - b.rank);
  const undone = await Promise.all(
    stores.map((store, index) =>
      work(
        deliveries
          .filter(({ worker = 0 }) => worker % stores.length === index)
          .map(({ task }) => task),
        unsteady(store, arrival),
        surroundings,
      ),
    ),
  );
  const [store] = stores;
  return store ? work(undone.flat(), store, surroundings) : [];
}

class Fault extends Error {}

/** The same store with delays drawn at random, so that workers interleave; some calls fail before or after they act. */
function unsteady(store: AudienceStore, arrival: Arrival): AudienceStore {
  const delays = arrival.delays[Symbol.iterator]();
  const faults = arrival.faults[Symbol.iterator]();
  const disturbed = async <T>(
    call: () => Promise<T>,
    begin?: () => Promise<unknown>,
  ): Promise<T> => {
    const turns = delays.next().value ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const fault = faults.next().value;
    if (fault === 'lost in between') await begin?.();
    if (fault === 'not sent' || fault === 'lost in between') throw new Fault(fault);
    const result = await call();
    if (fault === 'answer lost') throw new Fault(fault);
    return result;
  };
  return {
    load: (keys) => disturbed(() => store.load(keys)),
    recorded: (webhookId) => disturbed(() => store.recorded(webhookId)),
    commit: (commit) =>
      disturbed(
        () => store.commit(commit),
        async () => stateBeforeRecord(commit) && store.commit({ steps: commit.steps }),
      ),
  };
}

/** The contacts by address, without ids, times and what belongs to them unseen. */
export function visible(contacts: readonly Contact[]) {
  return new Map(
    contacts.map(({ contactId, createdAt, updatedAt, mergedIds, consent, ...rest }) => [
      rest.email,
      rest,
    ]),
  );
}

/** What is known of the customers, by id. */
export function facts(customers: readonly Customer[]) {
  return new Map(customers.map(({ contact, ...rest }) => [rest.customerId, rest]));
}
