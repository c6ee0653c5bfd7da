const realDate = Date;

/** Lets time pass at once, for everything in this process that asks `Date`; timers are left alone. */
export function shiftedClock() {
  let shiftMs = 0;
  const nowMs = () => realDate.now() + shiftMs;
  globalThis.Date = new Proxy(realDate, {
    construct: (target, given) =>
      given.length === 0 ? new target(nowMs()) : Reflect.construct(target, given),
    get: (target, key) => (key === 'now' ? nowMs : Reflect.get(target, key)),
  });
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
