import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { madeUpRows } from '#infra/local/polar-server/shop/history.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import {
  type PolarConnection,
  startPolarConnection,
} from '#test/support/polar/polar-connection.ts';
import { typed } from '#test/support/process/typed-command.ts';
import { startBackfillStack } from './backfill-stack.ts';

const customers = 150;
const southwind = {
  id: '00000000-0000-4000-8000-000000000000',
  name: 'Southwind',
  slug: 'southwind',
};

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: PolarConnection;
let aws: Awaited<ReturnType<typeof startBackfillStack>>;
let home: string;
let tableOf: Awaited<ReturnType<typeof createStackTables>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'backfill-'));
  dynamo = await startDynamo();
  at = await startPolarConnection(dynamo.client);
  tableOf = await createStackTables(dynamo.client);
  aws = await startBackfillStack(at, tableOf);
  const access = at.token();
  await connectPolar(at.parts(access), { access, by: 'ann' });
  allAreThere();
  const { code } = await backfill([]);
  expect(code).toBe(0);
}, 600_000);
afterAll(() => Promise.all([dynamo.stop(), at.stop(), aws.stop(), rm(home, { recursive: true })]));
beforeEach(() => {
  allAreThere();
  at.polar.restoreLists();
});

function allAreThere(): void {
  const rows = madeUpRows({ customers, subscriptions: 0, orders: 0 }, new Date('2026-11-01'));
  Object.assign(at.polar.state, rows);
}

/** `npm run backfill`. */
const backfill = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  typed(['backfill', ...args, '--stage', 'staging'], {
    HOME: home,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsEndpoint,
    POLAR_API_URL: at.polar.url,
    ...env,
  });

async function count(table: string, condition?: string): Promise<number> {
  const values = condition?.includes(':no') ? { ':no': false } : undefined;
  const filter = { FilterExpression: condition, ExpressionAttributeValues: values };
  const scan = { TableName: tableOf(table), ...filter };
  let found = 0;
  let from: Record<string, unknown> | undefined;
  do {
    const page = await at.db.send(new ScanCommand({ ...scan, ExclusiveStartKey: from }));
    found += page.Count ?? 0;
    from = page.LastEvaluatedKey;
  } while (from);
  return found;
}
const deleted = () => count('Customers', 'attribute_exists(deletion)');

it('a list that Polar has shortened takes nobody for deleted', async () => {
  at.polar.shortenLists();
  const { out, code } = await backfill([]);
  expect(out).toContain('The audience matches Polar.');
  expect(code).toBe(0);
  expect(await deleted()).toBe(0);
}, 600_000);

it('without a connection, the token of another organization is refused, and changes nothing', async () => {
  const connection = await at.connections.read();
  if (!connection) throw new Error('not connected');
  await at.connections.remove(connection);
  Object.assign(at.polar.state, { organizations: [...at.polar.organizations, southwind] });
  const POLAR_TOKEN = at.polar.organizationToken(undefined, southwind);
  const records = await count('Events');
  const refused = await backfill(['--accept-deletions', String(customers)], { POLAR_TOKEN });
  expect(refused.code).toBe(1);
  expect(refused.error).toMatch(/^Customers here belong to another Polar organization/);
  const unnamed = `${customers} of the organization with the id ${connection.organizationId}`;
  expect(refused.error).toContain(`than Southwind, which this access covers: ${unnamed}.`);
  const named = await backfill(['--organization', connection.organizationId], { POLAR_TOKEN });
  expect(named.error).toMatch(/^This access is for organization 0{8}/);
  expect(await count('Events')).toBe(records);
  expect(await deleted()).toBe(0);
  await at.connections.save(connection, undefined);
}, 600_000);

it('a few are left while nobody agrees, taken for deleted by their number, and brought back', async () => {
  at.polar.state.customers.splice(0, 3);
  const left = await backfill([]);
  expect(left.code).toBe(1);
  expect(left.out.match(/^extra +[\w-]{36} +c\*\*\*@example\.com$/gm)).toHaveLength(3);
  expect(left.out).toContain('npm run backfill -- --accept-deletions 3 --stage staging');
  expect(await deleted()).toBe(0);

  const other = await backfill(['--accept-deletions', '4']);
  expect(other.code).toBe(1);
  expect(other.error).toContain("That isn't the number passed");
  expect(await deleted()).toBe(0);

  expect((await backfill(['--accept-deletions', '3'])).code).toBe(0);
  expect(await deleted()).toBe(3);
  expect(await count('Contacts', 'subscribed = :no')).toBe(3);

  allAreThere();
  const dry = await backfill(['--restore', '--dry-run']);
  expect(dry.code).toBe(2);
  expect(dry.out).toMatch(/^to restore +3 /m);
  expect(await deleted()).toBe(3);
  const restored = await backfill(['--restore']);
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.out.match(/^restored +[\w-]{36} +c\*\*\*@example\.com$/gm)).toHaveLength(3);
  expect(await deleted()).toBe(0);
  expect((await backfill([])).out).toContain('The audience matches Polar.');
}, 600_000);

it('more than ten, or two in a hundred, stop the run, unless their number is named', async () => {
  const records = await count('Events');
  at.polar.state.customers.splice(0, 11);
  const stopped = await backfill([]);
  expect(stopped.code).toBe(1);
  expect(stopped.error).toContain("That's more than the 10 that can be treated as deleted");
  expect(stopped.error).toContain('npm run backfill -- --accept-deletions 11 --stage staging');
  expect(stopped.out.match(/^extra +[\w-]{36} /gm)).toHaveLength(11);
  expect(await count('Events')).toBe(records);
  const dry = await backfill(['--dry-run']);
  expect(dry.code).toBe(2);
  expect(dry.out).toContain('11 customers would be treated as deleted.');
  expect(await deleted()).toBe(0);
  expect((await backfill(['--accept-deletions', '11'])).code).toBe(0);
  expect(await deleted()).toBe(11);
}, 600_000);
