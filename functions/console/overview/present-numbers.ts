import { type Counts, sumOf } from '#shared/audience/counts/counts.ts';
import type { Few } from '#shared/store/counts/count-few.ts';
import { contactsAt, type Numbers } from './overview-data.ts';

/** Of more contacts than these, nobody wonders that a number is five minutes old. */
const fewContacts = 500;

/**
 * The numbers as they are now, where a small stage has had an event since they were counted: after an import nobody should
 * read that there are no contacts. Emails are counted by rollup alone. `newest`: when the newest event came in.
 */
export async function withPresent(
  numbers: Numbers,
  newest: string | undefined,
  countFew: (at: string) => Promise<Few | undefined>,
  now: Date,
): Promise<Numbers> {
  const { slots, countedAt, contacts } = numbers;
  const last = slots.at(-1);
  const isBehind = newest !== undefined && newest > (countedAt ?? '');
  if (!last || !isBehind || (contacts?.total ?? 0) > fewContacts) return numbers;
  const few = await countFew(last.at);
  if (!few) return numbers;
  const asOf = now.toISOString();
  const { total, mailable } = few;
  const known = { unsubscribed: 0, bounced: 0, complained: 0, ...contacts };
  const present = { ...known, day: asOf.slice(0, 10), asOf, total, mailable };
  // What came before the first count is in none of the slots: they say nothing until then.
  const isWhole = countedAt !== undefined || few.counts.newContacts === total;
  if (!isWhole) return { ...numbers, contacts: present };
  const counts = sumOf([
    { ...last.counts, events: deadOf(last.counts.events), newContacts: 0 },
    few.counts,
  ]);
  const all = slots.with(-1, { ...last, counts });
  return {
    ...numbers,
    slots: all,
    sum: sumOf(all.map((slot) => slot.counts)),
    contacts: present,
    totals: contactsAt(total, all),
    mailable: [...numbers.mailable.slice(0, -1), mailable],
    eventsAsOf: asOf,
  };
}

/** Events that died are in no record. */
function deadOf(events: Counts['events']): Counts['events'] {
  return Object.fromEntries(
    Object.entries(events).flatMap(([type, { dead = 0 }]) => (dead > 0 ? [[type, { dead }]] : [])),
  );
}
