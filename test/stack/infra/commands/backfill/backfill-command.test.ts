import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { northlight } from '#infra/local/polar-server/polar-state.ts';
import { noCounts } from '#shared/audience/backfill/page.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';
import { environmentOfTests } from '#test/support/process/environment-of-tests.ts';
import { typed } from '#test/support/process/typed-command.ts';
import { startBackfillStack } from './backfill-stack.ts';

/** As version 0.1.0 wrote it when it was about to read the orders. */
const stateOf010 = {
  phase: 'orders',
  counts: { ...noCounts(), customers: 8, inStep: 8 },
  since: null,
  savedAt: '2026-11-20T08:00:00.000Z',
};

// Each runs the command several times, which takes its time on a busy machine.
describe('npm run backfill, against a stage in AWS', () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let at: PolarConnection;
  let aws: Awaited<ReturnType<typeof startBackfillStack>>;
  let tableOf: Awaited<ReturnType<typeof createStackTables>>;
  let home: string;
  beforeAll(async () => {
    dynamo = await startDynamo();
  });
  afterAll(() => dynamo.stop());
  beforeEach(async () => {
    at = await startPolarConnection(dynamo.client, { customers: 150, orders: 1 });
    tableOf = await createStackTables(dynamo.client);
    home = await mkdtemp(join(tmpdir(), 'backfill-'));
    aws = await startBackfillStack(at, tableOf);
    onTestFinished(async () => {
      await Promise.all([at.stop(), aws.stop(), rm(home, { recursive: true })]);
    });
  });

  const environment = () => ({
    HOME: home,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsEndpoint,
    POLAR_API_URL: at.polar.url,
  });
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    typed(['backfill', ...args, '--stage', 'staging'], { ...environment(), ...env });

  /** In a process of its own, which can be ended. */
  function start() {
    return spawn(process.execPath, ['infra/cli.ts', 'backfill', '--stage', 'staging'], {
      cwd: fileURLToPath(new URL('../../../../..', import.meta.url)),
      env: { ...environmentOfTests, ...environment() },
    });
  }

  async function ended(child: ReturnType<typeof start>) {
    const [out, error, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.on('close', resolve)),
    ]);
    return { out, error, code };
  }

  async function connected(): Promise<void> {
    const access = at.token();
    await connectPolar(at.parts(access), { access, by: 'ann' });
  }
  const count = async (table: string) =>
    (await at.db.send(new ScanCommand({ TableName: tableOf(table), Select: 'COUNT' }))).Count;
  const stateFiles = () => readdir(join(home, '.polar-audience')).catch(() => []);

  it('shows what differs with addresses masked, repairs it, and finds it in step', async () => {
    await connected();
    const dry = await run(['--dry-run']);
    expect(dry).toMatchObject({ code: 2 });
    expect(dry.out).toMatch(/^missing +[\w-]{36} +c\*\*\*@example\.com$/m);
    expect(dry.out).toMatch(/^missing +150 /m);
    expect(dry.out).not.toContain('customer-1@');
    expect(dry.out).toContain('To repair it: npm run backfill -- --stage staging');
    const { out, error, code } = await run(['--dry-run', '--json']);
    expect(code).toBe(2);
    expect(error).toContain('Stage staging: stack PolarAudience-staging');
    expect(JSON.parse(out)).toMatchObject({
      ...{ since: null, isDryRun: true, isWhole: true },
      counts: { customers: 150, drift: { missing: 150 }, refused: {} },
      differences: { length: 150, 0: { drift: 'missing', email: 'c***@example.com' } },
    });
    expect(await count('Events')).toBe(0);
    const real = await run([]);
    expect(real).toMatchObject({ code: 0 });
    expect(real.out).toMatch(/^repaired +150$/m);
    expect(await count('Contacts')).toBe(150);
    const again = await run(['--since', '2026-01-01']);
    expect(again.out).toMatch(/^same details +150 /m);
    expect(again.out).toContain('The audience matches Polar.');
    expect(await stateFiles()).toEqual([]);
  });

  it('goes on where Ctrl-C ended it', async () => {
    await connected();
    at.polar.setDelay(2_000);
    const child = start();
    const ending = ended(child);
    while (!(await stateFiles()).some((name) => name.endsWith('.json'))) await setTimeout(20);
    child.kill('SIGINT');
    const first = await ending;
    expect(first.code).toBe(130);
    expect(first.out).toContain('Run the same command to continue where it stopped.');
    const before = (await count('Contacts')) ?? 0;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(150);
    at.polar.setDelay(0);
    const second = await run([]);
    expect(second).toMatchObject({ code: 0 });
    expect(second.out).toMatch(/^Continuing where the run of .* stopped/m);
    expect(second.out).toMatch(/^repaired +150$/m);
    expect(await count('Contacts')).toBe(150);
    expect(await stateFiles()).toEqual([]);
  });

  it('starts over where version 0.1.0 was broken off, which looked last who was deleted', async () => {
    await connected();
    expect(await run([])).toMatchObject({ code: 0 });
    const [gone] = at.polar.state.customers.splice(0, 1);
    const orderless = at.polar.state.orders.filter((row) => row['customer_id'] !== gone?.id);
    at.polar.state.orders.splice(0, at.polar.state.orders.length, ...orderless);
    const folder = join(home, '.polar-audience');
    await mkdir(folder, { recursive: true });
    const file = join(folder, `backfill-${tableOf('Customers')}.json`);
    await writeFile(file, JSON.stringify({ ...stateOf010, organizationId: northlight.id }));
    const { out } = await run(['--accept-deletions', '1']);
    expect(out).toMatch(/^An earlier run, of version 0\.1\.0, didn't finish\. .* starts over\.$/m);
    expect(out).not.toContain('Continuing where');
    expect(out).toMatch(/^compared +149 /m);
    expect(out).toMatch(/^extra +1 /m);
    expect(await stateFiles()).toEqual([]);
  });

  it('compares nothing without access, or with one of another organization', async () => {
    expect(await run([])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^Polar isn't connected/),
    });
    await connected();
    const other = {
      id: '00000000-0000-4000-8000-000000000000',
      name: 'Southwind',
      slug: 'southwind',
    };
    Object.assign(at.polar.state, { organizations: [...at.polar.organizations, other] });
    const token = at.polar.organizationToken(undefined, other);
    const refused = await run([], { POLAR_TOKEN: token });
    expect(refused.code).toBe(1);
    expect(refused.error).toMatch(
      /^This deployment is connected to Northlight, but the access covers Southwind/,
    );
    expect(await count('Events')).toBe(0);
    const scopes = at.polar.organizationToken(['organizations:read']);
    const without = await run(['--dry-run'], { POLAR_TOKEN: scopes });
    expect(without.error).toContain('customers:read');
    expect(without.error).not.toContain(scopes);
  });
});
