import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The tests of `npm test` that draw what they meet, or that need many of something, by `asMany`. */
const files = [
  'test/unit/shared/audience/any-order.test.ts',
  'test/unit/shared/audience/stale-news.test.ts',
  'test/unit/shared/audience/subscribed-in-any-order.test.ts',
  'test/unit/shared/audience/subscription-snapshot.test.ts',
  'test/unit/shared/mail/hostile-values.test.ts',
  'test/stack/shared/store/audience/any-order-in-dynamodb.test.ts',
  'test/stack/shared/polar/published-schema.test.ts',
  'test/stack/functions/feedback/any-order.test.ts',
  'test/stack/functions/mailer/deliver.test.ts',
  'test/stack/infra/commands/replay/replay-interrupted.test.ts',
  'test/stack/infra/commands/dead-letters/resend-interrupted.test.ts',
  'test/stack/infra/commands/dead-letters/resend-many.test.ts',
  'test/stack/infra/commands/backfill/backfill-many.test.ts',
];

/** Runs them with so many times as many draws. Says whether all hold; vitest tells of each that does not. */
export async function proveProperties(times: number): Promise<boolean> {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout', '600000'];
  const tests = spawn(process.execPath, [...vitest, ...files], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TIMES: String(times) },
  });
  const [code] = await once(tests, 'close');
  return code === 0;
}
