import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { madeUpRows } from '#infra/local/polar-server/shop/history.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { startBackfillStack } from '#test/stack/infra/commands/backfill/backfill-stack.ts';
import { asMany } from '#test/support/as-many.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';
import { environmentOfTests } from '#test/support/process/environment-of-tests.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
let aws: Awaited<ReturnType<typeof startBackfillStack>>;
beforeAll(async () => {
  dynamo = await startDynamo();
  at = await startPolarConnection(dynamo.client);
  const tableOf = await createStackTables(dynamo.client);
  aws = await startBackfillStack(at, tableOf);
  const access = at.token();
  await connectPolar(at.parts(access), { access, by: 'ann' });
});
afterAll(() => Promise.all([dynamo.stop(), at.stop(), aws.stop()]));

/** `npm run backfill -- --dry-run` in a process of its own. Gives what it printed and its largest heap. */
async function compared() {
  const measured = ['--expose-gc', '--import', './test/support/process/heap-gauge.ts'];
  const command = ['infra/cli.ts', 'backfill', '--dry-run', '--stage', 'staging'];
  const child = spawn(process.execPath, [...measured, ...command], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environmentOfTests,
      // Code that comes from the cache takes four megabytes less than code that was compiled.
      NODE_DISABLE_COMPILE_CACHE: '1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsEndpoint,
      POLAR_API_URL: at.polar.url,
    },
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, heap: Number(/^heap (\d+)$/m.exec(error)?.[1]) };
}

/** Its id is kept, twice; a page of customers would take thousands. */
const bytesPerCustomer = 500;
/** What a longer run compiles and keeps that a short one does not come to, whatever the number of customers. */
const bytesOfALongerRun = 2_000_000;

const few = 500;
const many = asMany(2_500, 50_000);

it(`compares ${many} customers, none of whom is known here, in little more memory than ${few} take`, async () => {
  const heaps: number[] = [];
  for (const customers of [few, many]) {
    const rows = { customers, subscriptions: 0, orders: customers / 20 };
    Object.assign(at.polar.state, madeUpRows(rows, new Date()));
    const { out, heap } = await compared();
    expect(out).toMatch(new RegExp(`^missing +${customers} `, 'm'));
    expect(out.match(/^missing +[\w-]{36} /gm)).toHaveLength(customers);
    heaps.push(heap);
  }
  const [ofFew = 0, ofMany = Number.POSITIVE_INFINITY] = heaps;
  expect(ofFew).toBeGreaterThan(0);
  const more = ofMany - ofFew;
  expect(more).toBeLessThan(bytesOfALongerRun + (many - few) * bytesPerCustomer);
}, 600_000);
