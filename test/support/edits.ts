import fc from 'fast-check';
import { type ByHand, type Edit, handFields } from '#shared/audience/by-hand/by-hand.ts';
import type { Act } from '#shared/audience/consent/suppression.ts';
import type { ReceivedEvent } from '#shared/audience/event-record.ts';
import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';

/** A person edits the contact that shows this customer, or the one at this address that shows none. */
export type EditTask = Act &
  Edit &
  Readonly<{ customerId: string; email?: never } | { email: NormalisedEmail; customerId?: never }>;

/** Persons who edit contacts. `pick` chooses the contact, `time` the event at whose time they do it. */
export const editsArbitrary = fc.array(
  fc.record({
    pick: fc.nat({ max: 1_000 }),
    time: fc.nat({ max: 1_000 }),
    field: fc.constantFrom(...handFields),
    value: fc.constantFrom('Edited', 'Changed', null, undefined),
    where: fc.constantFrom('early', 'added', 'any', 'any'),
  }),
  { maxLength: 8 },
);
type Drawn = typeof editsArbitrary extends fc.Arbitrary<infer T> ? T : never;

/**
 * Edits of contacts that are seen once everything has come, and `early` ones of the contact that was added by hand,
 * before anything comes.
 */
export function editsOf(
  drawn: Drawn,
  events: readonly ReceivedEvent[],
  contacts: ReadonlyMap<string, unknown>,
  added: Contact | undefined,
): { early: EditTask[]; late: EditTask[] } {
  const shown = [...contacts.values()] as Contact[];
  const all = drawn.flatMap(({ pick, time, field, value, where }) => {
    const isEarly = where === 'early';
    const late = where === 'added' && shown.find(({ email }) => email === added?.email);
    const contact = isEarly ? added : late || shown[pick % shown.length];
    if (!contact) return [];
    const { customerId, email } = contact;
    const of = customerId === undefined ? { email } : { customerId };
    const at = events[time % events.length]?.occurredAt ?? '';
    const edit = { field, ...(value !== undefined && { value }) };
    return [{ isEarly, task: { ...of, ...edit, at, by: 'an engineer' } }];
  });
  // Nobody edits one field twice at one moment.
  const once = new Map(
    all.map((one) => {
      const { customerId, email, field, at } = one.task;
      return [`${customerId} ${email} ${field} ${at}`, one];
    }),
  );
  const edits = [...once.values()];
  return {
    early: edits.filter(({ isEarly }) => isEarly).map(({ task }) => task),
    late: edits.filter(({ isEarly }) => !isEarly).map(({ task }) => task),
  };
}

/** What is set by hand after these edits of one contact, by the rules and whatever came first. */
export function referenceByHand(
  edits: readonly EditTask[],
  before: ByHand | undefined,
): ByHand | undefined {
  const fields = handFields.map((field) => {
    const newest = edits
      .filter((one) => one.field === field)
      .toSorted((a, b) => (a.at < b.at ? -1 : 1))
      .at(-1);
    const known = before?.[field];
    if (!newest) return { field, value: known, act: before?.edits?.[field] };
    const { value, at, by } = newest;
    const isSet = value !== undefined;
    const set = field === 'userGroup' ? { value, at } : value;
    return { field, value: isSet ? set : undefined, act: { at, by } };
  });
  const named = <T>(of: (one: (typeof fields)[number]) => T) =>
    Object.fromEntries(
      fields.map((one) => [one.field, of(one)]).filter(([, one]) => one !== undefined),
    );
  const acts = named(({ act }) => act);
  const all = { ...named(({ value }) => value), ...(Object.keys(acts)[0] && { edits: acts }) };
  return Object.keys(all)[0] ? all : undefined;
}
