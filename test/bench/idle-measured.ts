import type { IdleCalls } from './idle-calls.ts';

/** What `npm run bench -- cost` counted last: for the test of what documents say, which runs no functions. */
export const measuredIdleCalls: IdleCalls = {
  clock: {
    readUnits: 9,
    writeUnits: 0,
    secretReads: 0,
    logBytes: 0,
    lines: [],
  },
  watch: {
    readUnits: 1,
    writeUnits: 0,
    secretReads: 1,
    logBytes: 103,
    lines: [
      {
        message: 'watch ran',
        result: 'not-connected',
      },
    ],
  },
  rollup: {
    readUnits: 26.81,
    writeUnits: 5.35,
    secretReads: 0,
    logBytes: 222,
    lines: [
      {
        message: 'counted hours',
        hours: 1,
        left: 0,
        reads: 16,
        unreadable: 0,
      },
      {
        message: 'counted contacts',
        total: 0,
      },
    ],
  },
  importer: {
    readUnits: 1,
    writeUnits: 0,
    secretReads: 0,
    logBytes: 0,
    lines: [],
  },
};
