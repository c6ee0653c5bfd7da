import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage, ServerResponse } from 'node:http';
import { shiftedDate } from './shifted-date.ts';

/*
 * For `--import`: it is later in this process by the days that CLOCK_DAYS_AHEAD gives. Node loads a module once, so a
 * process that is told twice is ahead once.
 */
const { CLOCK_DAYS_AHEAD: given = '0' } = process.env;
const aheadMs = Number(given) * 86_400_000;
if (!Number.isSafeInteger(aheadMs)) {
  throw new Error(`CLOCK_DAYS_AHEAD must be a number of days, not "${given}".`);
}
if (aheadMs !== 0) shiftClock();

function shiftClock(): void {
  const RealDate = Date;
  globalThis.Date = shiftedDate(RealDate, () => aheadMs);
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
