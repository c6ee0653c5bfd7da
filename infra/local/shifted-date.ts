/** A `Date` for which it is later than it is by what this says at the moment of asking. Timers are left alone. */
export function shiftedDate(Real: DateConstructor, byMs: () => number): DateConstructor {
  const nowMs = () => Real.now() + byMs();
  return new Proxy(Real, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [nowMs()] : given, newTarget),
    get: (target, key) => (key === 'now' ? nowMs : Reflect.get(target, key)),
  });
}
