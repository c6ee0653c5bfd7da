import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Advice, withAdvice } from '#infra/terminal/advice.ts';
import { documentClient, rowsOf } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

it('an id that is too long to be a key gets a sentence of ours, however it is looked up', async () => {
  const TableName = await createPlainTable(dynamo.client, 'name');
  const db = documentClient(dynamo.client);
  const name = 'x'.repeat(2_049);
  const looks = [
    () => db.send(new GetCommand({ TableName, Key: { name } })),
    () => rowsOf(db, { table: TableName, key: 'name' }, [name]),
  ];
  for (const look of looks) {
    const failure = await withAdvice<unknown>(look).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Advice);
    expect(failure).toHaveProperty(
      'message',
      'Nothing has an id that long: 2,048 bytes at most. Check the id, and run it again.',
    );
  }
});
