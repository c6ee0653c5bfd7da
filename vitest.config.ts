import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { forgetUnused } from './test/support/process/forget-unused.ts';

/*
 * `CLOCK_DAYS_AHEAD=400 npm test` runs everything as if it were 400 days from now: the tests, what they spawn and the
 * functions of the local stack. No test may run out, so it is green on any day.
 */
if (process.env['CLOCK_DAYS_AHEAD']) {
  const clockAhead = new URL('./infra/local/clock/clock-ahead.ts', import.meta.url).href;
  process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import ${clockAhead}`;
}

// Node keeps what it compiled, by its content: the commands that tests spawn start in half the time.
const compiled = fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url));
process.env['NODE_COMPILE_CACHE'] ??= compiled;
// Nothing else deletes what was compiled of files that are another by now.
forgetUnused(compiled, 14);

/** What takes longest, in this order; what needs the bundles waits for the first that makes them, and others do not. */
const longest = [
  'browser/console.test.ts',
  'walks/rehearsal.test.ts',
  'walks/recover.test.ts',
  'walks/local-polar.test.ts',
  'walks/life.test.ts',
  'walks/refused-for-47-hours.test.ts',
  'walks/erasure.test.ts',
  'walks/grants/grants.test.ts',
  'walks/alarms.test.ts',
  'volumes/backfill-many.test.ts',
  'volumes/resend-many.test.ts',
  'local/start.test.ts',
  'prove/crash/crash.test.ts',
  'browser/sequence.test.ts',
  'workflows/workflows.test.ts',
  'polar/polar-care.test.ts',
  'audience/audience-export.test.ts',
  'backfill/backfill-command.test.ts',
  'polar/connection-acts.test.ts',
  'dead-letters/dead-letters-acts.test.ts',
  'upgrade/people.test.ts',
  'system/dead-letters.test.ts',
];

/** A fresh clone knows no durations. It begins with what takes longest, too, or one core would end alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const nth = longest.findIndex((one) => moduleId.endsWith(`/${one}`));
      return nth === -1 ? longest.length : nth;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// `npm run synth` holds templates against CloudFormation's schemas, which takes seconds for each.
process.env['CDK_VALIDATION'] ??= 'false';

/** Node itself loads a test and strips its types: nothing is transformed or mocked. */
const loadedByNode = { viteModuleRunner: false, nodeLoader: false };

/** What a test waits for comes late on a machine that is busy: Vitest alone would wait for one second. */
const patience = { poll: { timeout: 120_000 } };

/** For files that need the synthesised template, emulators or whole stacks. */
const onStacks = {
  globalSetup: ['test/support/cloud/synthesise-once.ts'],
  // A process per file would load the SDK or the CDK, and start a DynamoDB, more than a hundred times.
  isolate: false,
  setupFiles: ['test/support/process/leave-no-trace.ts'],
  // Many of these wait for emulators and child processes, so more run at once than a small machine has cores.
  maxWorkers: 5,
  experimental: loadedByNode,
  // No claim of speed: a machine that is busy with other things may take ten times as long.
  testTimeout: 300_000,
  expect: patience,
  // The first file that starts a stack synthesises it, which takes minutes on a machine that is busy.
  hookTimeout: 400_000,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          sequence: { groupOrder: 0 },
          // None of these changes what its process shares, so a worker serves many files.
          isolate: false,
          // They only calculate, so each core takes its share.
          maxWorkers: '100%',
          experimental: loadedByNode,
          // Long, for a machine that is busy with other things too.
          testTimeout: 120_000,
          expect: patience,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', 'test/prove/walks/**', 'test/prove/volumes/**'],
          sequence: { groupOrder: 1 },
          ...onStacks,
        },
      },
      {
        // Not in `npm test`: `npm run prove -- walks volumes`.
        test: {
          name: 'long',
          include: ['test/prove/walks/**/*.test.ts', 'test/prove/volumes/*.test.ts'],
          sequence: { groupOrder: 2 },
          ...onStacks,
        },
      },
    ],
  },
});
