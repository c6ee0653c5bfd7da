import {
  type Counts,
  countsOf,
  isEmpty,
  sumOf,
  withKeptEvents,
} from '#shared/audience/counts/counts.ts';
import {
  type CountedHours,
  dayOf,
  daysToSum,
  hourOf,
  hoursDue,
  hoursOf,
  isWalkDue,
  summedDay,
  withEmptyDays,
} from '#shared/audience/counts/plan.ts';
import type { Log } from '#shared/log.ts';
import type { DeadEvent } from '#shared/queue/failures-now.ts';
import type { ContactWalk } from '#shared/store/counts/contact-walk.ts';
import { type CountStore, type DayCounts, daysBefore } from '#shared/store/counts/counts.ts';

type CountedHour = Readonly<{ counts: Counts; reads: number; unreadable?: number }>;

export type RollUpParts = Readonly<{
  counts: CountStore;
  /** What was recorded of an hour, but for what is in the dead letters. */
  countHour: (hour: string, workflowIds: readonly string[]) => Promise<CountedHour>;
  /** The hours of which anything was recorded, where that is little; `undefined`: it is more. */
  hoursOfFew: () => Promise<Readonly<{ hours: ReadonlySet<string> | undefined; reads: number }>>;
  /** Whether nothing was recorded of a day. */
  isEmptyDay: (
    day: string,
    workflowIds: readonly string[],
  ) => Promise<Readonly<{ isEmpty: boolean; reads: number }>>;
  workflowIds: () => Promise<readonly string[]>;
  deadEvents: (now: Date) => Promise<readonly DeadEvent[]>;
  contacts: ContactWalk;
  retentionDays: number;
  /** Once an hour has brought it over this, the rest is left for the next call. */
  mostReads: number;
  /** Of the contacts, in one call. */
  mostPages: number;
  now: () => Date;
  log: Log;
}>;

/**
 * Counts what was recorded, hour by hour, from the records themselves, so that recording costs no write more. Each hour
 * is counted whole and put in place of what was counted before: repeated, it gives the same; interrupted, the next call
 * finds what is left; and what came late is in the next count. A call does a bounded part of what is due, the newest
 * hours first.
 */
export function rollUp(parts: RollUpParts): () => Promise<void> {
  return async () => {
    // Each for itself: what keeps one of them from going on must not hold the other.
    const done = await Promise.allSettled([countHours(parts), countContacts(parts)]);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  };
}

const nothing: CountedHour = { counts: countsOf([]), reads: 0 };

async function countHours(parts: RollUpParts): Promise<void> {
  const { counts, countHour, isEmptyDay, retentionDays, mostReads, now, log } = parts;
  const at = now();
  const [days, kept, known, dead] = await Promise.all([
    counts.days(daysBefore(at, 90), daysBefore(at, 0)),
    counts.countedHours(`${daysBefore(at, 90)}T00`, hourOf(at)),
    parts.workflowIds(),
    parts.deadEvents(at),
  ]);
  // A workflow that was removed is known by what it did before.
  const told = days.flatMap((day) => [
    ...Object.keys(day.counts.emails),
    ...Object.keys(day.counts.runs),
  ]);
  const workflowIds = [...new Set([...known, ...told])];
  const hours = new Map(withEmptyDays(kept, days));
  const due = hoursDue({ hours, days, retentionDays }, at);
  // Of most days of a quiet stage, and of the months before a new one, there is nothing: it asks once for each of those.
  const busy = days.filter((one) => !isEmpty(one.counts)).map((one) => one.day);
  const lookedAt = new Set([dayOf(hourOf(at)), ...busy]);
  const few = await recordedHours(parts, due);
  const recordedDays = few.hours && new Set([...few.hours].map(dayOf));
  const askEmpty = async (day: string) => {
    if (recordedDays) return { isEmpty: !recordedDays.has(day), asOf: few.asOf, reads: 0 };
    const asOf = now().toISOString();
    return { ...(await isEmptyDay(day, workflowIds)), asOf };
  };
  const emptyAsOf = new Map<string, string>();
  const over = new Set<string>();
  const unkept = daysWithoutHours({ due, hours, kept, days });
  let [done, reads, unreadable] = [0, few.reads, 0];
  for (const hour of due) {
    if (reads >= mostReads) break;
    const day = dayOf(hour);
    if (!lookedAt.has(day)) {
      lookedAt.add(day);
      const asked = await askEmpty(day);
      reads += asked.reads;
      if (asked.isEmpty) {
        emptyAsOf.set(day, asked.asOf);
        if (unkept.has(day) && !dead.some((one) => dayOf(one.hour) === day)) {
          const all = new Map(hoursOf(day).map((one) => [one, asked.asOf]));
          const summed = summedDay(day, all);
          if (summed) {
            await counts.putDay({ ...summed, emptyAsOf: asked.asOf, counts: nothing.counts });
            over.add(day);
          }
        }
      }
    }
    done += 1;
    if (over.has(day)) continue;
    const nothingAsOf =
      emptyAsOf.get(day) ?? (few.hours && !few.hours.has(hour) ? few.asOf : undefined);
    const countedAt = nothingAsOf ?? now().toISOString();
    const counted = nothingAsOf ? nothing : await countHour(hour, workflowIds);
    const deadOfHour = countsOf(
      dead.filter((one) => one.hour === hour).map(({ type }) => ['events', type, 'dead']),
    );
    const found = sumOf([counted.counts, deadOfHour]);
    const [before] = kept.has(hour) ? await counts.hours(hour, hour) : [];
    await counts.putHour({ hour, countedAt, counts: withKeptEvents(found, before?.counts) });
    hours.set(hour, countedAt);
    reads += counted.reads;
    unreadable += counted.unreadable ?? 0;
  }
  for (const day of daysToSum(hours, days)) {
    const before = days.find((one) => one.day === day);
    const ofDay = await counts.hours(`${day}T00`, `${day}T23`);
    const counted = new Map(ofDay.map((one) => [one.hour, one.countedAt]));
    const summed = summedDay(day, before ? withEmptyDays(counted, [before]) : counted, before);
    const sum = sumOf(ofDay.map((one) => one.counts));
    if (summed) await counts.putDay({ ...summed, counts: withKeptEvents(sum, before?.counts) });
  }
  log.info('counted hours', { hours: done, left: due.length - done, reads, unreadable });
}

/** Less than that is counted without asking where there is anything at all. */
const fewHours = 3;

/** Of which hours anything was recorded, as of when; no `hours`: that is not known, and each is asked for itself. */
async function recordedHours({ hoursOfFew, now }: RollUpParts, due: readonly string[]) {
  const asOf = now().toISOString();
  if (due.length <= fewHours) return { asOf, hours: undefined, reads: 0 };
  return { asOf, ...(await hoursOfFew()) };
}

type Known = Readonly<{
  due: readonly string[];
  hours: CountedHours;
  /** The hours that have rows of their own. */
  kept: CountedHours;
  days: readonly DayCounts[];
}>;

/**
 * The days that can be one row once they are found empty: each of their hours is due or was counted, and no row of the day
 * or an hour has anything, as what was counted before may be all that is left of its records.
 */
function daysWithoutHours({ due, hours, kept, days }: Known): ReadonlySet<string> {
  const dueOfDay = Map.groupBy(due, dayOf);
  const keptOfDay = Map.groupBy([...kept], ([hour]) => dayOf(hour));
  return new Set(
    [...dueOfDay].flatMap(([day, dueHours]) => {
      const isDue = new Set(dueHours);
      if (!hoursOf(day).every((hour) => isDue.has(hour) || hours.has(hour))) return [];
      const before = days.find((one) => one.day === day);
      if (before && !isEmpty(before.counts)) return [];
      const isSummed = (countedAt: string) => before !== undefined && countedAt <= before.countedAt;
      return (keptOfDay.get(day) ?? []).every(([, countedAt]) => isSummed(countedAt)) ? [day] : [];
    }),
  );
}

async function countContacts({
  counts,
  contacts,
  mostPages,
  now,
  log,
}: RollUpParts): Promise<void> {
  const at = now();
  if (!(await contacts.isUnderWay())) {
    const known = await counts.totals(daysBefore(at, 7), daysBefore(at, 0));
    if (!isWalkDue(known.at(-1), at)) return;
  }
  const totals = await contacts.goOn(mostPages);
  if (!totals) return;
  const asOf = now().toISOString();
  await counts.putTotals({ day: dayOf(asOf), asOf, ...totals });
  await contacts.rest();
  log.info('counted contacts', { total: totals.total });
}
