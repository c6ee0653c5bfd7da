import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { OutOfTurn } from '#shared/polar/api-error.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoLease } from '#shared/store/lease.ts';
import { connectionLease, connectionTurn } from '#shared/store/polar/connection.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let db: ReturnType<typeof documentClient>;
let table: string;
let clockMs: number;
beforeAll(async () => {
  dynamo = await startDynamo();
  db = documentClient(dynamo.client);
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = await createPlainTable(dynamo.client, 'name');
  clockMs = Date.now();
});

function turn(everyMs = 3_600_000) {
  const now = () => new Date(clockMs);
  const lease = dynamoLease(db, { table, ...connectionLease, now });
  return connectionTurn({ lease, newId: randomUUID, everyMs });
}
const nothing = async () => undefined;
const pass = (ms: number) => {
  clockMs += ms;
};
async function until(): Promise<string> {
  const get = { TableName: table, Key: { name: connectionLease.name }, ConsistentRead: true };
  return (await db.send(new GetCommand(get))).Item?.['until'];
}

it('a turn is over when its act has ended or failed', async () => {
  expect(await turn()(async () => 'done')).toBe('done');
  const failing = turn()(() => Promise.reject(new Error('away')));
  await expect(failing).rejects.toThrow('away');
  expect(await turn()(async () => 'again')).toBe('again');
});

it('the second is refused at once, and asked to come again', async () => {
  const [refused] = await turn()(() => Promise.allSettled([turn()(nothing)]));
  expect(refused).toMatchObject({ reason: expect.any(OutOfTurn) });
  expect(String(refused.status === 'rejected' && refused.reason)).toContain('try again');
});

it('an act that takes long keeps its turn for as long as its process lives', async () => {
  await turn(10)(async (check) => {
    for (let minutes = 0; minutes < 3; minutes += 1) {
      const before = await until();
      pass(connectionLease.leaseMs - 1_000);
      while ((await until()) === before) await setTimeout(5);
      await expect(turn()(nothing)).rejects.toBeInstanceOf(OutOfTurn);
    }
    await check();
  });
});

it('an act that was halted may go on where nobody came in between, and not where somebody did', async () => {
  await turn()(async (check) => {
    pass(connectionLease.leaseMs + 1);
    await check();
    pass(connectionLease.leaseMs + 1);
    await turn()(nothing);
    await expect(check()).rejects.toBeInstanceOf(OutOfTurn);
  });
  expect(await turn()(async () => 'free')).toBe('free');
});
