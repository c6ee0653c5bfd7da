import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Run } from '#shared/audience/runs/run.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { documentClient, listShards } from '#shared/store/dynamo.ts';
import { dynamoRunLists, type RunPosition, runCounts } from '#shared/store/runs/run-lists.ts';
import { startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let db: DynamoDBDocumentClient;
let table: string;

function run(nth: number, change: Partial<Run> = {}): Run {
  const beganAt = new Date(Date.UTC(2026, 10, 1) + nth * 60_000).toISOString();
  const dueAt = '2026-11-05T12:00:00.000Z';
  return {
    ...{ runId: `run-${nth}`, workflowId: 'dunning', workflowVersion: 1, customerId: 'ann' },
    ...{ contactId: 'contact-ann', webhookId: `evt-${nth}`, type: 'subscription.past_due' },
    ...{ occurredAt: beganAt, properties: { customerId: 'ann' }, state: 'waiting' },
    ...{ stepId: 'until-3', dueAt, wakeAt: dueAt, beganAt, updatedAt: beganAt },
    history: [{ stepId: 'email', at: beganAt, dueAt: beganAt, did: 'sent', ledgerKey: 'key' }],
    ...change,
  };
}

const { wakeAt: _, ...parked } = run(3, { state: 'parked', parkedAt: '2026-11-05T12:00:00.000Z' });
const others = { customerId: 'bob', contactId: 'contact-bob' };
const all = [run(1), run(2), parked, run(4, others), run(5, { ...others, workflowId: 'welcome' })];

beforeAll(async () => {
  dynamo = await startDynamo();
  const tableOf = await createStackTables(dynamo.client);
  db = documentClient(dynamo.client);
  table = tableOf('Runs');
  const store = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  const runs = all.map((row) => ({ act: 'put' as const, key: row.runId, revision: null, row }));
  const nothing = { customers: [], addresses: [], contacts: [], suppressions: [] };
  await store.commit({ steps: { ...nothing, runs } });
});
afterAll(() => dynamo.stop());

const lists = () => dynamoRunLists(db, table);

describe('runs', () => {
  it('are listed and counted where one of them is not as this version writes it', async () => {
    const later = { ...run(6), state: 'of a later version', workflowShard: '0#dunning' };
    const Key = { runId: 'run-6' };
    onTestFinished(async () => void (await db.send(new DeleteCommand({ TableName: table, Key }))));
    await db.send(new PutCommand({ TableName: table, Item: later }));
    const listed = await lists().ofContact('contact-ann', 9);
    expect(listed.map(({ runId }) => runId)).toEqual(['run-3', 'run-2', 'run-1']);
    const { byState } = await runCounts(db, table, 'dunning');
    expect(Object.fromEntries(byState)).toEqual({ waiting: 3, parked: 1 });
  });

  it('of a contact are given whole, the newest first', async () => {
    expect(await lists().ofContact('contact-ann', 2)).toEqual([parked, run(2)]);
  });

  it('of a workflow are given whole, the newest of all shards first', async () => {
    expect(await lists().ofWorkflow('dunning', 3)).toEqual([run(4, others), parked, run(2)]);
  });

  it('that wait at a step are counted with those that are parked there', async () => {
    expect(await lists().waitingAt('dunning', 'until-3', 100)).toBe(4);
    expect(await lists().waitingAt('dunning', 'until-7', 100)).toBe(0);
  });

  it('that are parked are found with all that a wake names', async () => {
    const found: unknown[] = [];
    let position: RunPosition | undefined;
    do {
      const { wakes, next } = await lists().parked('dunning', position);
      found.push(...wakes);
      position = next;
    } while (position);
    const { runId, customerId, workflowId, stepId, dueAt } = parked;
    expect(found).toEqual([{ runId, customerId, workflowId, stepId, dueAt }]);
  });

  it('that wait at a step are found with those that are parked', async () => {
    const idsAt = async (...steps: string[]) => {
      const found: string[] = [];
      let position: RunPosition | undefined;
      do {
        const { wakes, next } = await lists().parked('dunning', position, steps);
        found.push(...wakes.map(({ runId }) => runId));
        position = next;
      } while (position);
      return found;
    };
    expect(await idsAt('until-3')).toHaveLength(4);
    expect(await idsAt('until-7', 'until-14')).toEqual([parked.runId]);
  });

  it('of a customer and of a contact are found by id', async () => {
    const { runIds, next } = await lists().idsOfCustomer('bob');
    expect([...runIds].sort()).toEqual(['run-4', 'run-5']);
    expect(next).toBeUndefined();
    expect(await lists().idsOfContact('contact-bob')).toMatchObject({
      runIds: ['run-4', 'run-5'],
    });
  });
});

/** What an index keeps of each row. */
async function namesIn(index: string, key: string, values: readonly string[]) {
  const pages = await Promise.all(
    values.map((value) =>
      db.send(
        new QueryCommand({
          TableName: table,
          IndexName: index,
          KeyConditionExpression: '#key = :value',
          ExpressionAttributeNames: { '#key': key },
          ExpressionAttributeValues: { ':value': value },
        }),
      ),
    ),
  );
  return [...new Set(pages.flatMap(({ Items = [] }) => Items.flatMap(Object.keys)))].sort();
}

describe('the index', () => {
  it('byContact has keys only, so that a step writes nothing to it', async () => {
    expect(await namesIn('byContact', 'contactId', ['contact-ann'])).toEqual([
      ...['beganAt', 'contactId', 'runId'],
    ]);
  });

  it('byWorkflow has what is counted and woken, and nothing of the person', async () => {
    const shards = Array.from({ length: listShards }, (_, shard) => `${shard}#dunning`);
    expect(await namesIn('byWorkflow', 'workflowShard', shards)).toEqual([
      ...['beganAt', 'customerId', 'dueAt', 'mailed', 'runId', 'state', 'stepId'],
      'workflowShard',
    ]);
  });
});
