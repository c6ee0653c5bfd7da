import { subscribe } from 'node:diagnostics_channel';

// Each process of a function loads this. An ESM import of node:http would load undici, too: a tenth of a second.
const { IncomingMessage, ServerResponse } = process.getBuiltinModule('node:http');

/** A `Date` for which it is later than it is by what this says at the moment of asking. Timers are left alone. */
export function shiftedDate(Real: DateConstructor, byMs: () => number): DateConstructor {
  const nowMs = () => Real.now() + byMs();
  return new Proxy(Real, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [nowMs()] : given, newTarget),
    get: (target, key) => (key === 'now' ? nowMs : Reflect.get(target, key)),
  });
}

/** From now on it is later in this process by what this says at the moment of asking, and in the dates of its answers. */
export function shiftClock(byMs: () => number): void {
  const RealDate = Date;
  globalThis.Date = shiftedDate(RealDate, byMs);
  // The date of an answer is how one machine learns the time of another, and Node dates its answers by a clock of its own.
  subscribe('http.server.request.start', (message) => {
    const { response } = Object(message);
    if (response instanceof ServerResponse) response.setHeader('date', new Date().toUTCString());
  });
  // The DynamoDB emulator is a native program with the real clock, by which the SDK would take this process for wrong.
  subscribe('http.client.response.finish', (message) => {
    const { response } = Object(message);
    if (!(response instanceof IncomingMessage)) return;
    const { date = '' } = response.headers;
    const isReal = Math.abs(RealDate.parse(date) - RealDate.now()) < 3_600_000;
    if (isReal) response.headers.date = new Date().toUTCString();
  });
}
