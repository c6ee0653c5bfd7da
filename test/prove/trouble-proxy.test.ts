import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSqs } from '#infra/local/sqs.ts';
import { clientConfig, startDynamo } from '#test/support/emulators.ts';
import { type Service, startTroubleProxy, type TroubleProxy } from './trouble-proxy.ts';

const TableName = 'Things';
const keys = ['a', 'b', 'c'].map((id) => ({ id: { S: id } }));
const stops: (() => Promise<void>)[] = [];
let draws = 0;
let dynamo: { proxy: TroubleProxy; client: DynamoDBClient };
let sqs: { proxy: TroubleProxy; client: SQSClient };

/** In front of a service, always drawing the same. */
async function inFront(service: Service, target: string) {
  const proxy = await startTroubleProxy(service, target, { random: () => draws });
  stops.push(proxy.stop);
  return proxy;
}

beforeAll(async () => {
  const [emulator, queues] = [await startDynamo(), await startSqs()];
  stops.push(emulator.stop, queues.stop);
  const proxy = await inFront('dynamodb', emulator.endpoint);
  const client = new DynamoDBClient({ ...clientConfig(proxy.address), maxAttempts: 1 });
  dynamo = { proxy, client };
  const sqsProxy = await inFront('sqs', queues.endpoint);
  const sqsConfig = { ...clientConfig(sqsProxy.address), maxAttempts: 1 };
  sqs = { proxy: sqsProxy, client: new SQSClient(sqsConfig) };
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  for (const Item of keys) await client.send(new PutItemCommand({ TableName, Item }));
});
afterAll(async () => {
  dynamo.client.destroy();
  sqs.client.destroy();
  for (const stop of stops.reverse()) await stop();
});

const aWhileMs = 400;

async function during<T>(proxy: TroubleProxy, draw: number, act: () => Promise<T>) {
  draws = draw;
  const over = proxy.trouble('throttled', aWhileMs);
  const outcome = await act().catch((error: unknown) => error);
  await over;
  return outcome;
}

it('a throttled DynamoDB refuses a call by the name that AWS gives it', async () => {
  const put = () => dynamo.client.send(new PutItemCommand({ TableName, Item: { id: { S: 'd' } } }));
  expect(await during(dynamo.proxy, 0.6, put)).toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 400 },
  });
  expect(await put()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
});

it('a throttled DynamoDB cancels a transaction with the reason of each of its items', async () => {
  const TransactItems = keys.map((Item) => ({ Put: { TableName, Item } }));
  const write = () => dynamo.client.send(new TransactWriteItemsCommand({ TransactItems }));
  expect(await during(dynamo.proxy, 0.6, write)).toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'ThrottlingError' }, { Code: 'None' }, { Code: 'None' }],
  });
});

it('a throttled DynamoDB reads a part of a batch and names the keys that it left', async () => {
  const RequestItems = { [TableName]: { Keys: keys, ConsistentRead: true } };
  const read = () => dynamo.client.send(new BatchGetItemCommand({ RequestItems }));
  expect(await during(dynamo.proxy, 0.4, read)).toMatchObject({
    Responses: { [TableName]: [keys[0]] },
    UnprocessedKeys: { [TableName]: { Keys: keys.slice(1), ConsistentRead: true } },
  });
});

it('a throttled SQS refuses a call by the name that AWS gives it', async () => {
  const list = () => sqs.client.send(new ListQueuesCommand({}));
  expect(await during(sqs.proxy, 0.6, list)).toMatchObject({ name: 'RequestThrottled' });
  expect(await list()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
});

it('a call that was held back goes on when the pause is over', async () => {
  const before = dynamo.proxy.harmed();
  const over = dynamo.proxy.trouble('paused', aWhileMs);
  const Item = { id: { S: 'held' } };
  await dynamo.client.send(new PutItemCommand({ TableName, Item }));
  await over;
  expect(dynamo.proxy.harmed()).toBe(before + 1);
});
