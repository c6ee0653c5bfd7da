import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { GetAccountCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import type { TroubledService } from './throttling.ts';
import { type Mood, startTroubleProxy, type TroubleProxy } from './trouble-proxy.ts';

const TableName = 'Things';
const keys = ['a', 'b', 'c'].map((id) => ({ id: { S: id } }));
const stops: (() => Promise<void>)[] = [];
let draws = 0;
let dynamo: { proxy: TroubleProxy; client: DynamoDBClient };
let sqs: { proxy: TroubleProxy; client: SQSClient };

/** In front of a service, always drawing the same. */
async function inFront(service: TroubledService, target: string) {
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

/** Makes trouble for as long as the act takes. Gives what came of it, or its error. */
async function during<T>(proxy: TroubleProxy, mood: Mood, act: () => Promise<T>) {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const ended = proxy.trouble(mood, over);
  const outcome = await act().catch((error: unknown) => error);
  end();
  await ended;
  return outcome;
}

function throttled<T>(proxy: TroubleProxy, draw: number, act: () => Promise<T>) {
  draws = draw;
  return during(proxy, 'throttled', act);
}

it('a throttled DynamoDB refuses a call by the name that AWS gives it', async () => {
  const put = () => dynamo.client.send(new PutItemCommand({ TableName, Item: { id: { S: 'd' } } }));
  expect(await throttled(dynamo.proxy, 0.6, put)).toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 400 },
  });
  expect(await put()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
});

it('a throttled DynamoDB cancels a transaction with the reason of each of its items', async () => {
  const TransactItems = keys.map((Item) => ({ Put: { TableName, Item } }));
  const write = () => dynamo.client.send(new TransactWriteItemsCommand({ TransactItems }));
  expect(await throttled(dynamo.proxy, 0.6, write)).toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'ThrottlingError' }, { Code: 'None' }, { Code: 'None' }],
  });
});

it('a throttled DynamoDB reads a part of a batch and names the keys that it left', async () => {
  const RequestItems = { [TableName]: { Keys: keys, ConsistentRead: true } };
  const read = () => dynamo.client.send(new BatchGetItemCommand({ RequestItems }));
  expect(await throttled(dynamo.proxy, 0.4, read)).toMatchObject({
    Responses: { [TableName]: [keys[0]] },
    UnprocessedKeys: { [TableName]: { Keys: keys.slice(1), ConsistentRead: true } },
  });
});

it('a throttled SQS refuses a call by the name that AWS gives it', async () => {
  const list = () => sqs.client.send(new ListQueuesCommand({}));
  expect(await throttled(sqs.proxy, 0.6, list)).toMatchObject({ name: 'RequestThrottled' });
  expect(await list()).toMatchObject({ $metadata: { httpStatusCode: 200 } });
});

it('a call is held back until the pause is over, and then goes on', async () => {
  const before = dynamo.proxy.harmed();
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const ended = dynamo.proxy.trouble('paused', over);
  let isDone = false;
  const put = dynamo.client
    .send(new PutItemCommand({ TableName, Item: { id: { S: 'held' } } }))
    .then(() => {
      isDone = true;
    });
  await vi.waitFor(() => expect(dynamo.proxy.harmed()).toBe(before + 1), 60_000);
  expect(isDone).toBe(false);
  end();
  await Promise.all([put, ended]);
  expect(isDone).toBe(true);
});

it('a reply that is lost is that of a call which was made', async () => {
  draws = 0.2;
  const Item = { id: { S: 'unheard' } };
  const put = () => dynamo.client.send(new PutItemCommand({ TableName, Item }));
  expect(await during(dynamo.proxy, 'deaf', put)).toBeInstanceOf(Error);
  const { Item: found } = await dynamo.client.send(new GetItemCommand({ TableName, Key: Item }));
  expect(found).toEqual(Item);
});

it('a throttled SES refuses a call by the name that AWS gives it', async () => {
  const proxy = await inFront('ses', 'http://127.0.0.1:9');
  const client = new SESv2Client({ ...clientConfig(proxy.address), maxAttempts: 1 });
  const ask = () => client.send(new GetAccountCommand({}));
  expect(await throttled(proxy, 0.6, ask)).toMatchObject({
    name: 'TooManyRequestsException',
    $metadata: { httpStatusCode: 429 },
  });
  client.destroy();
});
