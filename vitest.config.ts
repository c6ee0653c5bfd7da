import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/*
 * `CLOCK_DAYS_AHEAD=400 npm test` runs everything as if it were 400 days from now: the tests, what they spawn and the
 * functions of the local stack. No test may run out, so it is green on any day.
 */
if (process.env['CLOCK_DAYS_AHEAD']) {
  const clockAhead = new URL('./infra/local/clock-ahead.ts', import.meta.url).href;
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import ${clockAhead}`;
}

// Node keeps what it compiled, by its content: the commands that tests spawn start in half the time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(
  new URL('./node_modules/.cache/node-compile', import.meta.url),
);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          sequence: { groupOrder: 0 },
          // None of these changes what its process shares, so a worker serves many files.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**'],
          sequence: { groupOrder: 1 },
          globalSetup: ['test/support/synthesise-once.ts'],
          // A process per file would load the SDK or the CDK, and start a DynamoDB, more than a hundred times.
          isolate: false,
          setupFiles: ['test/support/leave-no-trace.ts'],
          // Most of these wait for emulators and child processes, so more run at once than there are cores.
          maxWorkers: 4,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
