const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How far back a new deployment, or one that was not counted for a while, is counted. */
const daysLookedBack = 90;

/** For so long an hour is counted again: what came late or changed since is in it then. */
const daysCountedAgain = 15;

/** An index lags by moments; a webhook may be on its way for some minutes. */
const fillingMs = 10 * minuteMs;
/** A message that fails is tried again for an hour and a half. */
const settlingMs = 3 * hourMs;

/** `YYYY-MM-DDTHH` of UTC: all times of that hour begin so. */
export function hourOf(at: Date): string {
  return at.toISOString().slice(0, 13);
}

export function dayOf(hour: string): string {
  return hour.slice(0, 10);
}

export function startOfHour(hour: string): number {
  return Date.parse(`${hour}:00:00.000Z`);
}

/** When each hour was counted last, by the hour. */
export type CountedHours = ReadonlyMap<string, string>;

export type CountedDay = Readonly<{
  day: string;
  /** When the newest of its hours was counted. */
  countedAt: string;
  /** How many of its hours are in it. */
  hours: number;
  /** It is not counted again. */
  isFinal: boolean;
  /** Nothing was recorded of it as of then, and its hours were not kept one by one. */
  emptyAsOf?: string | undefined;
}>;

type Known = Readonly<{
  hours: CountedHours;
  days: readonly CountedDay[];
  /** After so many days the records of events are gone, and an hour can't be counted any more. */
  retentionDays: number;
}>;

/** When each hour was counted last, with those of days that were found empty as a whole. */
export function withEmptyDays(hours: CountedHours, days: readonly CountedDay[]): CountedHours {
  const all = new Map(hours);
  for (const { day, emptyAsOf } of days) {
    if (emptyAsOf === undefined) continue;
    for (const hour of hoursOf(day)) {
      if (emptyAsOf > (all.get(hour) ?? '')) all.set(hour, emptyAsOf);
    }
  }
  return all;
}

export function hoursOf(day: string): string[] {
  return Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}`);
}

/** The hours that have to be counted, or counted again, the newest first. */
export function hoursDue({ hours, days, retentionDays }: Known, now: Date): string[] {
  const over = new Set(days.filter(({ isFinal }) => isFinal).map(({ day }) => day));
  const first = now.getTime() - Math.min(daysLookedBack, retentionDays) * dayMs;
  const due: string[] = [];
  for (let at = now.getTime(); ; at -= hourMs) {
    const hour = hourOf(new Date(at));
    // An hour of which the first records are gone already is not whole any more.
    if (startOfHour(hour) <= first) return due;
    if (!over.has(dayOf(hour)) && isDue(hour, hours.get(hour), now)) due.push(hour);
  }
}

function isDue(hour: string, countedAt: string | undefined, now: Date): boolean {
  if (countedAt === undefined) return true;
  const counted = Date.parse(countedAt);
  const sinceMs = now.getTime() - counted;
  const afterEndMs = counted - startOfHour(hour) - hourMs;
  if (afterEndMs < fillingMs) return true;
  if (afterEndMs < settlingMs) return sinceMs >= hourMs;
  return afterEndMs < daysCountedAgain * dayMs && sinceMs >= dayMs;
}

/** Whether all that came in on a day was in it when it was counted: what fails is tried again for hours. */
export function wasSettled(day: string, countedAt: string): boolean {
  return Date.parse(countedAt) - Date.parse(day) >= dayMs + settlingMs;
}

/** The days of which an hour was counted since they were summed up. */
export function daysToSum(hours: CountedHours, days: readonly CountedDay[]): string[] {
  const summed = new Map(days.map(({ day, countedAt }) => [day, countedAt]));
  const stale = [...hours].filter(([hour, at]) => at > (summed.get(dayOf(hour)) ?? ''));
  return [...new Set(stale.map(([hour]) => dayOf(hour)))].sort();
}

/**
 * A day as the sum of its hours; `undefined` where some that were in it before are gone, which are counted again first.
 */
export function summedDay(
  day: string,
  hours: CountedHours,
  before?: CountedDay,
): CountedDay | undefined {
  const counted = [...hours.values()].sort();
  const countedAt = counted.at(-1);
  if (countedAt === undefined || counted.length < (before?.hours ?? 0)) return undefined;
  const isFinal =
    counted.length === 24 &&
    [...hours].every(
      ([hour, at]) => Date.parse(at) - startOfHour(hour) - hourMs >= daysCountedAgain * dayMs,
    );
  return { day, countedAt, hours: counted.length, isFinal };
}

/** So many contacts are read in a minute on average, whatever their number, but all of them once a day. */
const contactsPerMinute = 200;

/** Whether all contacts are to be counted again: the fewer they are, the more often. */
export function isWalkDue(
  last: Readonly<{ asOf: string; total: number }> | undefined,
  now: Date,
): boolean {
  if (!last) return true;
  const restMs = Math.min(dayMs, (last.total / contactsPerMinute) * minuteMs);
  return now.getTime() - Date.parse(last.asOf) >= restMs;
}
