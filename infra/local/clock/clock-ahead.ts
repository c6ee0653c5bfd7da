import { shiftClock } from './shifted-date.ts';

/*
 * For `--import`: it is later in this process by the days that CLOCK_DAYS_AHEAD gives. Node loads a module once, so a
 * process that is told twice is ahead once.
 */
const { CLOCK_DAYS_AHEAD: given = '0' } = process.env;
const aheadMs = Number(given) * 86_400_000;
if (!Number.isSafeInteger(aheadMs)) {
  throw new Error(`CLOCK_DAYS_AHEAD must be a number of days, not "${given}".`);
}
if (aheadMs !== 0) shiftClock(() => aheadMs);
