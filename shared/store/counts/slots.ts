import type { Counts } from '#shared/audience/counts/counts.ts';
import { startOfHour } from '#shared/audience/counts/plan.ts';
import type { CountStore } from './counts.ts';

/** A day, or an hour, of a period. */
export type Slot = Readonly<{
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH`, of UTC. */
  at: string;
  counts: Counts;
  /** Absent: it was not yet. */
  countedAt?: string | undefined;
}>;

export type Slots = Readonly<{
  /** The oldest first, without a gap. */
  slots: readonly Slot[];
  /** When the newest of it was counted; absent: nothing was yet. */
  countedAt: string | undefined;
}>;

const hourMs = 3_600_000;

/** So many days up to `last`, that one included. One read. */
export async function daySlots(
  counts: Pick<CountStore, 'days'>,
  last: string,
  length: number,
): Promise<Slots> {
  const names = Array.from({ length }, (_, at) =>
    new Date(Date.parse(last) - (length - 1 - at) * 24 * hourMs).toISOString().slice(0, 10),
  );
  const rows = await counts.days(names[0] ?? last, last);
  return slotsOf(
    names,
    rows.map(({ day: at, ...row }) => ({ at, ...row })),
  );
}

/** So many hours from `first` on. One read. */
export async function hourSlots(
  counts: Pick<CountStore, 'hours'>,
  first: string,
  length: number,
): Promise<Slots> {
  const names = Array.from({ length }, (_, at) =>
    new Date(startOfHour(first) + at * hourMs).toISOString().slice(0, 13),
  );
  const rows = await counts.hours(first, names.at(-1) ?? first);
  return slotsOf(
    names,
    rows.map(({ hour: at, ...row }) => ({ at, ...row })),
  );
}

const nothing: Counts = { events: {}, emails: {}, runs: {}, newContacts: 0 };

function slotsOf(
  names: readonly string[],
  rows: readonly (Slot & Readonly<{ countedAt: string }>)[],
): Slots {
  const known = new Map(rows.map((row) => [row.at, row]));
  return {
    slots: names.map((at) => {
      const { counts = nothing, countedAt } = known.get(at) ?? {};
      return { at, counts, countedAt };
    }),
    countedAt: rows
      .map((row) => row.countedAt)
      .sort()
      .at(-1),
  };
}
