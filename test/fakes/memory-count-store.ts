import type {
  CountStore,
  DayCounts,
  HourCounts,
  TotalsOfDay,
} from '#shared/store/counts/counts.ts';
import { copied } from './copied.ts';

/** Counts in memory, with the conditions of the store in DynamoDB. What `interrupts` says of a write happens instead of it. */
export function memoryCountStore(interrupts: () => boolean = () => false) {
  const rows = {
    hours: new Map<string, HourCounts>(),
    days: new Map<string, DayCounts>(),
    totals: new Map<string, TotalsOfDay>(),
  };

  async function put<T>(kept: Map<string, T>, key: string, row: T, time: (row: T) => string) {
    if (interrupts()) throw new Error('The function died.');
    const before = kept.get(key);
    if (before && time(before) > time(row)) return;
    kept.set(key, copied(row));
  }
  const between = <T>(kept: ReadonlyMap<string, T>, from: string, to: string): [string, T][] =>
    [...kept].filter(([key]) => key >= from && key <= to).sort(([a], [b]) => (a < b ? -1 : 1));
  const rowsBetween = <T>(kept: ReadonlyMap<string, T>, from: string, to: string): T[] =>
    copied(between(kept, from, to).map(([, row]) => row));

  const store: CountStore = {
    hours: async (from, to) => rowsBetween(rows.hours, from, to),
    days: async (from, to) => rowsBetween(rows.days, from, to),
    totals: async (from, to) => rowsBetween(rows.totals, from, to),
    countedHours: async (from, to) =>
      new Map(between(rows.hours, from, to).map(([hour, { countedAt }]) => [hour, countedAt])),
    putHour: (row) => put(rows.hours, row.hour, row, ({ countedAt }) => countedAt),
    putDay: (row) => put(rows.days, row.day, row, ({ countedAt }) => countedAt),
    putTotals: (row) => put(rows.totals, row.day, row, ({ asOf }) => asOf),
  };
  return { store, rows };
}
