import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documentClient } from '#shared/store/dynamo.ts';
import { settingsRow, settingsRowsInOneGo } from '#shared/store/settings/settings-row.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createPlainTable } from '#test/support/cloud/plain-table.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

it.each([
  ['in one go', settingsRowsInOneGo],
  ['one by one', settingsRow],
])('a row that cannot be read fails for those who ask for it alone, %s', async (_, rowsOf) => {
  const TableName = await createPlainTable(dynamo.client, 'name');
  const put = (Item: PutItemCommand['input']['Item']) =>
    dynamo.client.send(new PutItemCommand({ TableName, Item }));
  await put({ name: { S: 'hold' }, at: { N: '9007199254740993.5' } });
  await put({ name: { S: 'settings' }, version: { N: '3' } });
  const row = rowsOf(documentClient(dynamo.client), TableName);
  const asked = [row('settings'), row('hold'), row('hold'), row('brand')];
  const [settings, hold, again, brand] = await Promise.allSettled(asked);
  expect(settings).toMatchObject({ value: { name: 'settings', version: 3 } });
  expect(brand).toEqual({ status: 'fulfilled', value: undefined });
  const message = `The row "hold" of ${TableName} cannot be read.`;
  // Not `Unprocessable`: a message that needs the row must come again, as a person can mend the row.
  const unreadable = { status: 'rejected', reason: { name: 'Error', message } };
  expect([hold, again]).toMatchObject([unreadable, unreadable]);
});
