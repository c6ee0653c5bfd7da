import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentClient, shardOf } from '#shared/store/dynamo.ts';
import { dynamoWorkflowEmails, type WorkflowEmails } from '#shared/store/mail/workflow-emails.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let emails: WorkflowEmails;
let add: (workflowId: string, count: number, state: string, more?: object) => Promise<void>;

beforeAll(async () => {
  dynamo = await startDynamo();
  const table = (await createStackTables(dynamo.client, 'Emails'))('Emails');
  const db = documentClient(dynamo.client);
  emails = dynamoWorkflowEmails(db, table);
  let made = 0;
  add = async (workflowId, count, state, more) => {
    const rows = Array.from({ length: count }, () => {
      const ledgerKey = `${workflowId}-${++made}`;
      const at = new Date(Date.UTC(2026, 0, 1) + made).toISOString();
      return {
        ledgerKey,
        workflowId,
        workflowVersion: 1,
        workflowShard: `${shardOf(ledgerKey)}#${workflowId}`,
        webhookId: 'w',
        customerId: 'c',
        state,
        ...more,
        createdAt: at,
        updatedAt: at,
      };
    });
    await Promise.all(rows.map((Item) => db.send(new PutCommand({ TableName: table, Item }))));
  };
});
afterAll(() => dynamo.stop());

test('the emails of a workflow are counted by what became of them, held ones apart, those of others are not', async () => {
  await add('one', 20, 'sent');
  await add('one', 3, 'unknown');
  await add('one', 2, 'waiting');
  await add('one', 4, 'waiting', { heldSince: '2026-01-01T00:00:00.000Z' });
  await add('one', 7, 'sent', { feedback: { deliveredAt: '2026-01-01T00:00:01.000Z' } });
  await add('one', 1, 'sent', { feedback: { bouncedAt: '2026-01-01T00:00:01.000Z' } });
  await add('other', 5, 'sent');
  const { byFate, isComplete } = await emails.counts('one');
  expect([...byFate]).toEqual(
    expect.arrayContaining([
      ['sent', 20],
      ['unknown', 3],
      ['waiting', 2],
      ['held', 4],
      ['delivered', 7],
      ['bounced', 1],
    ]),
  );
  expect(byFate.size).toBe(6);
  expect(isComplete).toBe(true);
});

test('of very many only the newest are counted, and it says so', async () => {
  await add('busy', 300, 'failed');
  await add('busy', 1_400, 'sent');
  const { byFate, isComplete } = await emails.counts('busy');
  expect(isComplete).toBe(false);
  const counted = [...byFate.values()].reduce((sum, count) => sum + count, 0);
  expect(counted).toBeGreaterThanOrEqual(1_000);
  expect(counted).toBeLessThan(1_400);
});

test('a workflow without emails has none', async () => {
  const { byFate, isComplete } = await emails.counts('idle');
  expect({ size: byFate.size, isComplete }).toEqual({ size: 0, isComplete: true });
  expect(await emails.page('idle', 25)).toMatchObject({ items: [], next: undefined });
});

test('pages hold each email once, newest first', async () => {
  await add('paged', 90, 'sent');
  const seen: string[] = [];
  let after: Parameters<WorkflowEmails['page']>[2];
  do {
    const { items, next } = await emails.page('paged', 25, after);
    expect(items.length).toBeLessThanOrEqual(25);
    seen.push(...items.map(({ createdAt }) => createdAt));
    after = next;
  } while (after !== undefined);
  expect(new Set(seen).size).toBe(90);
  expect(seen).toEqual([...seen].sort().reverse());
});
