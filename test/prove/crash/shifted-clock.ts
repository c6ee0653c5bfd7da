import { shiftedDate } from '#infra/local/clock/shifted-date.ts';

const realDate = Date;

/** Lets time pass at once, for everything in this process that asks `Date`; timers are left alone. */
export function shiftedClock() {
  let shiftMs = 0;
  globalThis.Date = shiftedDate(realDate, () => shiftMs);
  return {
    pass: (seconds: number) => {
      shiftMs += seconds * 1_000;
    },
    /** Back to the present. */
    reset: () => {
      shiftMs = 0;
    },
    restore: () => {
      globalThis.Date = realDate;
    },
  };
}

export type ShiftedClock = ReturnType<typeof shiftedClock>;
