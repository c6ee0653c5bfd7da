import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function emptyTable() {
  const table = await createPlainTable(dynamo.client, 'webhookId');
  const db = documentClient(dynamo.client);
  const clock = { now: new Date('2026-11-23T12:00:00.999Z') };
  const failures = dynamoFailures(db, table, () => clock.now);
  return {
    clock,
    failures,
    failure: async (webhookId = 'evt-1') =>
      (await db.send(new GetCommand({ TableName: table, Key: { webhookId } }))).Item,
  };
}

const failed = (reason: string, isFinal = false) => ({
  failureId: 'evt-1',
  type: 'order.paid',
  reason,
  isFinal,
});

describe('the failure of a message', () => {
  it('that failed once has the same first and last reason', async () => {
    const { failures, failure } = await emptyTable();
    await failures.record(failed('The table is away.'));
    expect(await failure()).toEqual({
      webhookId: 'evt-1',
      type: 'order.paid',
      firstReason: 'The table is away.',
      firstAt: '2026-11-23T12:00:00.999Z',
      lastReason: 'The table is away.',
      lastAt: '2026-11-23T12:00:00.999Z',
      attempts: 1,
      isFinal: false,
      expiresAt: Date.parse('2026-12-23T12:00:00Z') / 1_000,
    });
  });

  it('keeps the first and the last of several reasons, counts the attempts and stays thirty days more', async () => {
    const { failures, failure, clock } = await emptyTable();
    await failures.record(failed('The table is away.'));
    clock.now = new Date('2026-11-23T12:30:00.000Z');
    await failures.record(failed('It took too long.'));
    clock.now = new Date('2026-11-24T06:00:00.000Z');
    await failures.record(failed('data.id must be of type string', true));
    expect(await failure()).toEqual({
      webhookId: 'evt-1',
      type: 'order.paid',
      firstReason: 'The table is away.',
      firstAt: '2026-11-23T12:00:00.999Z',
      lastReason: 'data.id must be of type string',
      lastAt: '2026-11-24T06:00:00.000Z',
      attempts: 3,
      isFinal: true,
      expiresAt: Date.parse('2026-12-24T06:00:00Z') / 1_000,
    });
  });

  it('that is cleared is gone and begins anew; that of another message stays', async () => {
    const { failures, failure } = await emptyTable();
    await failures.record(failed('The table is away.'));
    await failures.record({ ...failed('It took too long.'), failureId: 'evt-2' });
    await failures.clear('evt-1');
    await failures.clear('evt-1');
    expect(await failure()).toBeUndefined();
    expect(await failure('evt-2')).toMatchObject({ attempts: 1 });
    await failures.record(failed('Later.'));
    expect(await failure()).toMatchObject({ firstReason: 'Later.', attempts: 1 });
  });

  it('of a message whose type cannot be read is kept as well', async () => {
    const { failures, failure } = await emptyTable();
    await failures.record({ ...failed('Unreadable'), type: undefined });
    expect(await failure()).toMatchObject({ type: 'unknown', firstReason: 'Unreadable' });
  });
});
