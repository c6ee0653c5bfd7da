import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Connection, Connections } from '#shared/polar/connection/connection.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoConnection } from '#shared/store/polar/connection.ts';
import { dynamoPortal } from '#shared/store/polar/portal.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let connections: Connections;
let table: string;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = await createPlainTable(dynamo.client, 'name');
  connections = dynamoConnection(documentClient(dynamo.client), table);
});

const first: Connection = {
  version: 1,
  server: 'sandbox',
  organizationId: 'o-1',
  organizationName: 'Northlight',
  organizationSlug: 'northlight',
  endpointId: 'e-1',
  url: 'https://example.com/webhooks/polar',
  apiVersion: '2026-10',
  connectedAt: '2026-11-23T12:00:00.000Z',
  by: 'ann',
  method: 'token',
};

it('a connection is read as it was saved, and not there before', async () => {
  expect(await connections.read()).toBeUndefined();
  expect(await connections.save(first, undefined)).toBe(true);
  expect(await connections.read()).toEqual(first);
});

it('mails link to the portal of the connection, once there is one', async () => {
  const portal = dynamoPortal(documentClient(dynamo.client), table);
  expect(await portal()).toBeUndefined();
  await connections.save(first, undefined);
  expect(await portal()).toEqual({ server: 'sandbox', organizationSlug: 'northlight' });
  const local = { ...first, version: 2, pagesUrl: 'http://127.0.0.1:4705' };
  await connections.save(local, first);
  expect(await portal()).toMatchObject({ pagesUrl: 'http://127.0.0.1:4705' });
});

it('how it looked is kept for the connection that was seen, until something is done about it', async () => {
  const look = { at: '2026-11-23T12:15:00.000Z', findings: ['disabled'] };
  await connections.save(first, undefined);
  expect(await connections.noteLook(first, look)).toBe(true);
  expect(await connections.read()).toEqual({ ...first, lastLook: look });
  expect(await connections.noteLook(first, undefined)).toBe(true);
  expect(await connections.read()).toEqual(first);

  await connections.noteLook(first, look);
  const mended = { ...first, lastLook: look, version: 2 };
  await connections.save(mended, first);
  expect(await connections.noteLook(first, look)).toBe(false);
  expect(await connections.read()).toEqual({ ...first, version: 2 });
});

it('a gap that is open keeps its beginning, whatever else changes, until that very gap is closed', async () => {
  const gap = { since: '2026-11-23T11:00:00.000Z', known: 'delivery' } as const;
  const later = { since: '2026-11-24T11:00:00.000Z', known: 'look' } as const;
  await connections.save(first, undefined);
  expect(await connections.noteGap({ ...first, version: 2 }, gap)).toBe(false);
  expect(await connections.noteGap(first, gap)).toBe(true);
  expect(await connections.noteGap(first, later)).toBe(true);
  await connections.noteLook(first, undefined);
  expect(await connections.read()).toEqual({ ...first, gap });

  expect(await connections.closeGap(first, later)).toBe(false);
  expect(await connections.closeGap(first, gap)).toBe(true);
  expect(await connections.closeGap(first, gap)).toBe(false);
  expect(await connections.read()).toEqual(first);
});

it('of two who save the same version one wins, and the other is told', async () => {
  const other = { ...first, by: 'bob' };
  const saved = await Promise.all([
    connections.save(first, undefined),
    connections.save(other, undefined),
  ]);
  expect(saved.sort()).toEqual([false, true]);
  const second = { ...first, version: 2, endpointId: 'e-2' };
  expect(await connections.save(second, first)).toBe(true);
  expect(await connections.save({ ...second, endpointId: 'e-3' }, first)).toBe(false);
  expect(await connections.read()).toEqual(second);
});

it('only the connection that was seen is removed, and removing twice is fine', async () => {
  const second = { ...first, version: 2 };
  await connections.save(first, undefined);
  await connections.save(second, first);
  expect(await connections.remove(first)).toBe(false);
  expect(await connections.remove(second)).toBe(true);
  expect(await connections.remove(second)).toBe(true);
  expect(await connections.read()).toBeUndefined();
});

it('one that was made anew is not taken for the one before, although both have version 1', async () => {
  await connections.save(first, undefined);
  await connections.remove(first);
  const anew = { ...first, connectedAt: '2026-11-23T13:00:00.000Z' };
  await connections.save(anew, undefined);
  expect(await connections.save({ ...first, version: 2 }, first)).toBe(false);
  expect(await connections.remove(first)).toBe(false);
  expect(await connections.read()).toEqual(anew);
});

it('since when it was is remembered once it is removed, with its gap, for its organization alone', async () => {
  expect(await connections.former('o-1')).toBeUndefined();
  await connections.save(first, undefined);
  expect(await connections.remove(first)).toBe(true);
  expect((await connections.former('o-1'))?.since).toBe(first.connectedAt);
  expect(await connections.former('o-2')).toBeUndefined();

  const again = { ...first, connectedAt: '2026-11-25T12:00:00.000Z', since: first.connectedAt };
  const gap = { since: '2026-11-26T12:00:00.000Z', known: 'disconnecting' } as const;
  await connections.save({ ...again, gap }, undefined);
  await connections.remove({ ...again, gap });
  expect(await connections.former('o-1')).toMatchObject({ since: first.connectedAt, gap });
});

it('what is remembered of the connection before is read although nobody can read its gap', async () => {
  const since = first.connectedAt;
  const Item = { name: 'former-connection', organizationId: 'o-1', since, gap: { known: 'new' } };
  await documentClient(dynamo.client).send(new PutCommand({ TableName: table, Item }));
  expect(await connections.former('o-1')).toMatchObject({ since, gap: undefined });
});
