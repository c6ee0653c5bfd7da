import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { livingCustomerIds } from '#shared/store/audience/contact-search.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/emulators.ts';
import { createStackTables } from '#test/support/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let tableOf: Awaited<ReturnType<typeof createStackTables>>;
let db: ReturnType<typeof documentClient>;

beforeAll(async () => {
  dynamo = await startDynamo();
  tableOf = await createStackTables(dynamo.client);
  db = documentClient(dynamo.client);
});
afterAll(() => dynamo.stop());

const put = (table: string, Item: object) =>
  db.send(new PutCommand({ TableName: tableOf(table), Item: { ...Item } }));

it('the living customers are all but the deleted and the erased, on however many pages', async () => {
  const deletion = { occurredAt: 'x', webhookId: 'evt-1', mode: 'keep' };
  await put('Customers', { customerId: 'deleted', addresses: [], deletion });
  await put('Customers', { customerId: 'erased', addresses: [], erased: true });
  // A scan reads a megabyte at a time.
  const padding = 'x'.repeat(300_000);
  const ids = Array.from({ length: 8 }, (_, index) => `living-${index}`);
  for (const customerId of ids) await put('Customers', { customerId, addresses: [], padding });
  const pages: (readonly string[])[] = [];
  for await (const page of livingCustomerIds(db, tableOf('Customers'))) pages.push(page);
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.flat().sort()).toEqual(ids);
});
