import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  customersDeletedByBackfill,
  livingCustomers,
} from '#shared/store/audience/customer-scan.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

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

async function all<T>(pages: AsyncIterable<readonly T[]>) {
  const read: (readonly T[])[] = [];
  for await (const page of pages) read.push(page);
  return { pages: read.length, rows: read.flat() };
}

it('the living customers are all but the deleted and the erased, on however many pages', async () => {
  const deletion = { occurredAt: 'x', webhookId: 'evt-1', mode: 'keep' };
  const guessed = { ...deletion, webhookId: 'backfill-1' };
  const row = { addresses: ['a@example.com'], organizationId: 'org' };
  await put('Customers', { ...row, customerId: 'deleted', deletion });
  await put('Customers', { ...row, customerId: 'guessed', deletion: guessed });
  await put('Customers', { customerId: 'erased', addresses: [], deletion: guessed, erased: true });
  // A scan reads a megabyte at a time.
  const padding = 'x'.repeat(300_000);
  const ids = Array.from({ length: 8 }, (_, index) => `living-${index}`);
  for (const customerId of ids) await put('Customers', { ...row, customerId, padding });
  const living = await all(livingCustomers(db, tableOf('Customers')));
  expect(living.pages).toBeGreaterThan(1);
  expect(living.rows.map(({ customerId }) => customerId).sort()).toEqual(ids);
  expect(living.rows[0]).toMatchObject(row);
  const restorable = await all(customersDeletedByBackfill(db, tableOf('Customers')));
  expect(restorable.rows).toEqual([{ customerId: 'guessed', webhookId: 'backfill-1' }]);
});
