import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { audienceSide, partsOf } from '#infra/commands/deployment/parts.ts';
import {
  acceptedEvents,
  recoverAcceptance,
  withoutRefused,
} from '#infra/commands/recover/acceptance.ts';
import type { RecoverParts } from '#infra/commands/recover/look.ts';
import type { LostOrder } from '#infra/commands/recover/lost.ts';
import { lostOrderParts } from '#infra/commands/recover/lost-order-parts.ts';
import {
  isClosed,
  type RecoverHooks,
  recover,
  rehearseRecovery,
  settleGap,
} from '#infra/commands/recover/run.ts';
import { proofLines } from '#infra/commands/recover/text.ts';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import { type FakePolar, startFakePolar } from '#infra/local/polar-server/polar-server.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { ConnectionParts } from '#shared/polar/connection/connection.ts';
import { isBackfilled } from '#shared/polar/event-types.ts';
import { customer } from '#shared/polar/sample/sample-customer.ts';
import { order } from '#shared/polar/sample/sample-purchase.ts';
import { uuidOf } from '#shared/polar/sample/sample-values.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { readableRow } from '#test/support/readable-row.ts';
import { activeWorkflow, startDoor } from './recovering.ts';

type Door = Awaited<ReturnType<typeof startDoor>>;

let stack: LocalStack;
let polar: FakePolar;
let door: Door;
let db: ReturnType<typeof documentClient>;

beforeAll(async () => {
  const prepare = async ({ clientConfigs, tables }: Resources) => {
    const client = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
    const workflows = dynamoWorkflowVersions(client, {
      workflows: tables['Workflows'] ?? '',
      settings: tables['Settings'] ?? '',
    });
    await workflows.save(activeWorkflow('customer.created'));
    await workflows.save(activeWorkflow('customer.updated'));
    await workflows.save(activeWorkflow('order.paid'));
    client.destroy();
  };
  [stack, polar] = await Promise.all([
    startLocalStack({ assembly: await localAssembly(), prepare }),
    startFakePolar(),
  ]);
  door = await startDoor(stack.url);
  db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
  vi.stubEnv('POLAR_API_URL', polar.url);
}, 600_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  db?.destroy();
  await Promise.all([stack?.stop(), polar?.stop(), door?.stop()]);
});

async function all(table: string) {
  const { Items = [] } = await db.send(new ScanCommand({ TableName: stack.tables[table] }));
  return Items.map(readableRow);
}
const emails = async () =>
  (await all('Contacts')).map((contact) => String(contact['email'])).sort();
/** Each look reads a whole table. */
const pauseMs = 250;
const address = (name: string) => `${name}@example.com`;

/** Something happens to a new customer in Polar, which tells whoever it can tell. */
async function happens(name: string, attempts = 1): Promise<string> {
  const email = address(name);
  const person = {
    customerId: uuidOf(`customer ${email}`),
    email,
    name,
    externalId: null,
    isNew: true,
  };
  const data = customer(person, new Date());
  polar.state.customers.push(data);
  const timestamp = new Date().toISOString();
  const payload = { type: 'customer.created', timestamp, data } as { type: string };
  const [id = ''] = await polar.emit(payload, { attempts });
  return id;
}

async function waitFor(table: 'Events' | 'Emails', count: number): Promise<void> {
  for (;;) {
    if ((await all(table)).length >= count) return;
    await setTimeout(pauseMs);
  }
}

function deployment() {
  const { clientConfigs, tables, queues } = stack;
  const config = { clientConfigs: { ...clientConfigs, sesv2: clientConfigs.sqs } };
  const table = (id: string) => tables[id] ?? '';
  return {
    found: {
      ...config,
      title: 'The local stack of a test',
      options: ' --local',
      workflowsTable: table('Workflows'),
      emailsTable: table('Emails'),
      settingsTable: table('Settings'),
      mailQueueUrl: queues['MailQueue'] ?? '',
      retentionDays: 90,
      mailFrom: 'shop@example.com',
      webhookUrl: `${door.url}/webhooks/polar`,
      unsubscribeUrl: `${door.url}/unsubscribe`,
    },
    resources: {
      physicalId: (id: string) => tables[id] ?? queues[id] ?? `${id}-local`,
      secretsManager: clientConfigs.secretsManager,
    },
  };
}

function acceptance(named: readonly string[] = []) {
  const accepted = acceptedEvents(db, stack.tables['Settings'] ?? '');
  return recoverAcceptance({ accepted, named, by: 'ann', now: () => new Date() });
}

type Asked = Readonly<{
  isStopped: () => boolean;
  named: readonly string[];
  appliesLost: boolean;
}>;

/** As `npm run recover -- --dry-run` does it. */
async function rehearsal(polarParts: ConnectionParts) {
  const shown = {
    health: vi.fn(),
    backfilled: vi.fn(),
    lost: vi.fn(),
    undelivered: vi.fn(),
    found: vi.fn(),
  };
  return {
    result: await rehearseRecovery(await partsWith(polarParts, {}), undefined, shown),
    shown,
  };
}

/** As `npm run recover` does it; gives what it showed. */
async function recoveryOf(parts: ConnectionParts, asked: Partial<Asked> = {}) {
  const shown = {
    health: vi.fn(),
    repaired: vi.fn(),
    waiting: vi.fn(),
    deletions: vi.fn(async () => 'delete' as const),
    redelivered: vi.fn(),
    backfilled: vi.fn(),
    lost: vi.fn(),
    settling: vi.fn(),
    applied: vi.fn(),
  };
  const hooks: RecoverHooks = shown;
  return { result: await recover(await partsWith(parts, asked), undefined, hooks), shown };
}

async function partsWith(
  polarParts: ConnectionParts,
  { isStopped = () => false, named = [], appliesLost = false }: Partial<Asked>,
): Promise<RecoverParts> {
  const { found, resources } = deployment();
  const side = await audienceSide(found, resources);
  const connection = await polarParts.connections.read();
  if (!connection) throw new Error('not connected');
  return {
    ...side,
    ...{ polar: polarParts, connection, racePause: side.pause, isMixed: false, appliesLost },
    lost: await lostOrderParts(db, found, resources, side),
    isAccepted: acceptance(named).isAccepted,
    pause: (ms: number) => setTimeout(ms / 10),
    progress: () => undefined,
    isStopped,
  };
}

async function recovered(
  parts: ConnectionParts,
  named: readonly string[] = [],
  appliesLost = false,
) {
  const { result, shown } = await recoveryOf(parts, { named, appliesLost });
  if (result.kind !== 'proved') throw new Error(result.reason);
  return { result, proof: result.proof, shown };
}

it('an outage in which Polar disabled the endpoint leaves no gap, and nobody is mailed about what was backfilled', {
  timeout: 600_000,
}, async () => {
  const { found, resources } = deployment();
  const token = { kind: 'token', server: 'production', token: polar.organizationToken() } as const;
  const partsFor = partsOf(found, resources);
  const connected = await connectPolar(partsFor('production', { given: token }), {
    access: token,
    by: 'ann',
  });
  expect(connected.kind).toBe('connected');
  const parts = partsFor('production');

  await happens('before');
  await waitFor('Events', 1);
  door.is('deaf');
  await happens('deaf', 3);
  await waitFor('Events', 2);
  door.is('shut');
  for (let event = 0; event < 9; event += 1) await happens(`failed-${event}`);
  expect(polar.endpoints[0]?.enabled).toBe(false);

  for (let event = 0; event < 4; event += 1) await happens(`unheard-${event}`);
  const modified_at = new Date().toISOString();
  Object.assign(polar.state.customers[0] ?? {}, { name: 'Renamed', modified_at });
  door.is('open');
  expect(await emails()).toEqual([address('before'), address('deaf')].sort());

  const brokenOff = await recoveryOf(parts, { isStopped: () => true });
  expect(brokenOff.result).toMatchObject({
    kind: 'unfinished',
    reason: expect.stringMatching(/^Interrupted/),
  });
  expect(polar.endpoints[0]?.enabled).toBe(true);
  const gapNoted = async () => (await parts.connections.read())?.gap;
  expect(await gapNoted()).toMatchObject({ known: 'delivery' });
  await rehearsal(parts);
  expect(await gapNoted()).toBeDefined();
  const first = await recovered(parts);
  expect(await settleGap(parts.connections, first.result)).toBeUndefined();
  expect(await gapNoted()).toBeUndefined();
  expect(first.shown.redelivered.mock.lastCall?.[0]).toMatchObject({
    asked: 9,
    arrived: 9,
    here: 1,
  });
  expect(first.shown.backfilled.mock.lastCall?.[0]).toMatchObject({
    drift: { missing: 4, stale: 1, extra: 0 },
    repaired: 5,
  });
  expect(first.shown.backfilled.mock.lastCall?.[1]).toBeUndefined();
  expect(isClosed(first.proof)).toBe(true);
  expect(proofLines(first.proof, '').at(-1)).toBe('The gap is closed.');
  const everybody = polar.state.customers.map((row) => String(row['email'])).sort();
  expect(await emails()).toEqual(everybody);

  const records = await all('Events');
  const again = await recovered(parts);
  expect(again.shown.repaired).toHaveBeenCalledWith([]);
  expect(again.shown.redelivered.mock.lastCall?.[0]).toMatchObject({ asked: 0, here: 1 });
  expect(isClosed(again.proof)).toBe(true);
  expect(await all('Events')).toHaveLength(records.length);

  // One for each that came as a webhook, and none for what was backfilled.
  await waitFor('Emails', 11);
  const mails = await all('Emails');
  expect(mails).toHaveLength(11);
  expect(mails.filter((mail) => isBackfilled(String(mail['webhookId'])))).toEqual([]);
});

it('events that Polar refuses to deliver again keep the gap open until a person accepts them, whom it records', {
  timeout: 600_000,
}, async () => {
  const { found, resources } = deployment();
  const parts = partsOf(found, resources)('production');
  door.is('shut');
  const gone = [await happens('gone-1'), await happens('gone-2'), await happens('gone-3')];
  const { events } = polar.state;
  polar.state.events.splice(0, events.length, ...events.filter(({ id }) => !gone.includes(id)));
  door.is('open');
  polar.state.customers.splice(-1);
  const open = await recovered(parts);
  const { undelivered } = open.proof;
  expect(undelivered.map(({ id, facts }) => [id, facts]).sort()).toEqual(
    gone.map((id, index) => [id, index === 2 ? 'stranger' : 'here']).sort(),
  );
  const lines = proofLines(open.proof, ' --local').join('\n');
  expect(lines).toContain('Polar did not deliver an event again: it is not there (any more).');
  for (const id of gone) expect(lines).toContain(id);
  expect(lines).toContain('what it said about its customer is already here');
  expect(lines).toContain('npm run recover -- --accept listed --local');
  expect(lines).not.toContain('@example.com');

  const again = await recovered(parts);
  expect(isClosed(again.proof)).toBe(false);
  const named = await recovered(parts, gone.slice(0, 1));
  expect(named.proof.undelivered).toHaveLength(2);
  const asked = vi.fn(async () => false);
  const asking = { print: () => undefined, agreed: asked };
  expect(await withoutRefused(named.proof, acceptance(), asking)).toBe(named.proof);
  expect(asked).toHaveBeenCalledWith(expect.stringContaining('without these 2 events'));
  const agreeing = { ...asking, agreed: async () => true };
  expect(isClosed(await withoutRefused(named.proof, acceptance(), agreeing))).toBe(true);

  const closed = await recovered(parts);
  expect(isClosed(closed.proof)).toBe(true);
  expect(closed.shown.redelivered.mock.lastCall?.[0]).toMatchObject({ accepted: 3, asked: 0 });
  const settings = await all('Settings');
  expect(settings.find(({ name }) => name === `accepted-event#${gone[1]}`)).toMatchObject({
    ...{ eventId: gone[1], type: 'customer.created', by: 'ann' },
    reason: expect.stringContaining('Polar did not deliver'),
    at: expect.stringMatching(/^\d{4}-/),
  });
});

it('an endpoint that is gone is made anew, and what failed at it is said to come by the backfill', {
  timeout: 600_000,
}, async () => {
  const { found, resources } = deployment();
  polar.endpoints.splice(0);
  const { proof, shown } = await recovered(partsOf(found, resources)('production'));
  expect(isClosed(proof)).toBe(true);
  const [done] = shown.repaired.mock.lastCall ?? [];
  expect(done).toContainEqual(expect.stringMatching(/^This is a new endpoint\./));
});

it('orders of which Polar never told are listed with the mails that are due, although it was connected again since, and applied and mailed once', {
  timeout: 600_000,
}, async () => {
  const { found, resources } = deployment();
  const parts = partsOf(found, resources)('production');
  Object.assign(polar.endpoints[0] ?? {}, { enabled: false });
  const orders = ['buyer-1', 'buyer-2', 'buyer-3'].map((name) => {
    const email = address(name);
    const customerId = uuidOf(`customer ${email}`);
    const person = { customerId, email, name, externalId: null, isNew: true };
    polar.state.customers.push(customer(person, new Date()));
    const row = order(person, new Date(), null);
    polar.state.orders.push(row);
    return row;
  });
  const access = { kind: 'token', server: 'production', token: polar.organizationToken() } as const;
  const partsFor = partsOf(found, resources)('production', { given: access });
  await connectPolar(partsFor, { access, by: 'ann' });
  const receipts = async () =>
    (await all('Emails')).filter(({ workflowId }) => workflowId === 'order-paid');

  const open = await recovered(parts);
  const listed: LostOrder[] = open.shown.lost.mock.lastCall?.[0].orders;
  expect(listed.map(({ orderId }) => orderId).sort()).toEqual(orders.map(({ id }) => id).sort());
  expect(listed.map(({ due }) => due)).toEqual(Array(3).fill(['order.paid']));
  // Those three, four that were not heard of while the endpoint was disabled first, and two that Polar refuses.
  expect(open.shown.lost.mock.lastCall?.[0].moments).toEqual(new Map([['customer.created', 9]]));
  expect(open.proof).toMatchObject({ due: 3, differing: 0, undelivered: [] });
  expect(proofLines(open.proof, '').join()).not.toContain('The gap is closed');
  expect(await receipts()).toEqual([]);

  const rowsBefore = [await all('Events'), await all('Customers'), await all('Settings')];
  const rehearsed = await rehearsal(parts);
  expect(rehearsed.shown.lost.mock.lastCall?.[0].orders).toHaveLength(3);
  expect(rehearsed.result).toEqual({ kind: 'shown', isLeft: true });
  expect([await all('Events'), await all('Customers'), await all('Settings')]).toEqual(rowsBefore);

  const closed = await recovered(parts, [], true);
  expect(closed.shown.settling).toHaveBeenCalledWith(65);
  expect(closed.shown.applied).toHaveBeenCalledWith(3, 3);
  expect(isClosed(closed.proof)).toBe(true);
  while ((await receipts()).length < 3) await setTimeout(pauseMs);

  const [first] = orders;
  const data = { ...first, modified_at: first?.created_at };
  const payload = { type: 'order.paid', timestamp: new Date().toISOString(), data };
  const [webhookId] = await polar.emit(payload);
  const recordOf = async (id: string | undefined) =>
    (await all('Events')).find((record) => record['webhookId'] === id);
  while (!(await recordOf(webhookId))) await setTimeout(pauseMs);
  const genuine = await recordOf(webhookId);
  const applied = await recordOf(`backfill-order-${first?.id}`);
  expect(genuine?.['workflows'][0].ledgerKey).toBe(applied?.['workflows'][0].ledgerKey);
  expect(await receipts()).toHaveLength(3);
  const again = await recovered(parts, [], true);
  expect(again.shown.lost.mock.lastCall?.[0].orders).toEqual([]);
  expect(again.shown.applied).not.toHaveBeenCalled();
});
