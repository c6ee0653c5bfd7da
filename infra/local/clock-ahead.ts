import { subscribe } from 'node:diagnostics_channel';
import { ServerResponse } from 'node:http';
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
if (aheadMs !== 0) {
  globalThis.Date = shiftedDate(Date, () => aheadMs);
  // Node dates its answers by a clock of its own, and the date of an answer is how one machine learns another's time.
  subscribe('http.server.request.start', (message) => {
    const response = Object(message).response;
    if (response instanceof ServerResponse) response.setHeader('date', new Date().toUTCString());
  });
}
