import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { settleGap } from '#infra/commands/recover/run.ts';
import type { Connection, Connections } from '#shared/polar/connection/connection.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

const gap = { since: '2026-11-23T11:00:00.000Z', known: 'delivery' } as const;
const connection: Connection = {
  ...{ version: 1, server: 'production', organizationId: 'o-1', organizationName: 'Northlight' },
  ...{ organizationSlug: 'northlight', endpointId: 'e-1', url: 'u', apiVersion: '2026-10' },
  ...{ connectedAt: '2026-11-01T12:00:00.000Z', by: 'ann', method: 'token', gap },
};
const closed = { faults: [], undelivered: [], differing: 0, refused: 0, refusals: [], due: 0 };
const recovered = { kind: 'proved', proof: closed, from: undefined, gap } as const;

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let connections: Connections;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  const table = await createPlainTable(dynamo.client, 'name');
  connections = dynamoConnection(documentClient(dynamo.client), table);
  await connections.save(connection, undefined);
});

const noted = async () => (await connections.read())?.gap;

it.each([
  ['that compared everything', undefined],
  ['that compared what changed since before it', '2026-11-23T10:00:00.000000Z'],
])('a recovery %s and misses nothing forgets the gap', async (_, from) => {
  expect(await settleGap(connections, { ...recovered, from })).toBeUndefined();
  expect(await noted()).toBeUndefined();
});

it.each([
  ['that compared only what changed later', { from: '2026-11-23T12:00:00.000000Z' }],
  ['that still misses something', { proof: { ...closed, due: 1 } }],
])('a recovery %s leaves the gap open', async (_, changed) => {
  expect(await settleGap(connections, { ...recovered, ...changed })).toEqual(gap);
  expect(await noted()).toEqual(gap);
});

it('a recovery forgets the gap although the connection was changed meanwhile', async () => {
  await connections.save({ ...connection, version: 2 }, connection);
  expect(await settleGap(connections, recovered)).toBeUndefined();
  expect(await noted()).toBeUndefined();
});

it('a recovery leaves a gap open that was noted only after it began', async () => {
  const unseen = { ...recovered, gap: undefined };
  expect(await settleGap(connections, unseen)).toBeUndefined();
  expect(await noted()).toEqual(gap);
});
