import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { startClockDoor } from '#infra/local/clock/clock-door.ts';
import { startDynamo } from '#infra/local/emulators/dynamo.ts';
import { hiddenHost } from '#infra/local/emulators/leashed-program.ts';
import { secretStore, startSecretsManager } from '#infra/local/emulators/secrets-manager.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { startHttpApi, startPages } from '#infra/local/http/http-api.ts';
import { serveOnLoopback, startGuardedProxy } from '#infra/local/http/loopback-server.ts';
import { startRuntimeApi } from '#infra/local/lambda/runtime-api.ts';
import { localClientConfig } from '#infra/local/local-account.ts';

type Headers = Record<string, string>;

/** A request with any headers: fetch would not let a program name its Host or Origin. */
async function send(url: string, headers: Headers, { method = 'POST', body = '{}' } = {}) {
  // Node would send the body of these without its length: a request of its own, and no good one.
  const isBare = method === 'GET' || method === 'OPTIONS';
  const outgoing = request(url, { method, headers }).end(isBare ? undefined : body);
  const [response] = await once(outgoing, 'response');
  return {
    status: Number(response.statusCode),
    headers: response.headers,
    text: await text(response),
  };
}

const doors: Record<string, () => Promise<{ url: string; stop: () => Promise<void> }>> = {
  DynamoDB: async () => {
    const emulator = await startDynamo();
    const { address, stop } = await startGuardedProxy(emulator.endpoint, 0, 'the door');
    return { url: address, stop: async () => stop().then(emulator.stop) };
  },
  SQS: async () => {
    const { endpoint, stop } = await startSqs();
    return { url: endpoint, stop };
  },
  'Secrets Manager': async () => {
    const { address, stop } = await startSecretsManager(await secretStore(), 0);
    return { url: address, stop };
  },
  'the clock': async () => {
    const tell = () => ({ now: new Date().toISOString(), aheadMs: 0, mails: [] });
    const { address, stop } = await startClockDoor({ tell, moveOn: async () => {} });
    return { url: address, stop };
  },
  'the Runtime API': async () => {
    const { address, stop } = await startRuntimeApi({ onIdle: () => {}, onInitError: () => {} });
    return { url: `http://${address}`, stop };
  },
};

async function opened(door: string) {
  const started = await doors[door]?.();
  if (!started) throw new Error(`There is no door ${door}.`);
  onTestFinished(started.stop);
  return started.url;
}

const json = { 'content-type': 'application/x-amz-json-1.0' };

test.each(Object.keys(doors))('%s is closed to web pages', async (door) => {
  const url = await opened(door);
  const { port } = new URL(url);
  const attempts: [string, Headers][] = [
    ['POST', { origin: 'https://evil.example' }],
    ['POST', { origin: 'null' }],
    ['POST', { origin: 'http://127.0.0.1:1' }],
    ['POST', { host: `evil.example:${port}` }],
    ['POST', { host: `127.0.0.1.evil.example:${port}` }],
    ['POST', { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }],
    ['GET', { host: `evil.example:${port}` }],
    ['OPTIONS', { origin: 'https://evil.example', 'access-control-request-method': 'POST' }],
  ];
  for (const [method, headers] of attempts) {
    const answer = await send(url, { ...json, ...headers }, { method });
    expect([method, headers, answer.status]).toEqual([method, headers, 403]);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  }
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    expect((await send(url, { ...json, host })).status).not.toBe(403);
  }
});

test('what leads past the door of DynamoDB is nowhere that a page could find', async () => {
  expect(hiddenHost('linux')).toMatch(/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/);
  expect(new Set(Array.from({ length: 20 }, () => hiddenHost('linux'))).size).toBeGreaterThan(10);
  expect(hiddenHost('darwin')).toBe('127.0.0.1');
});

test.runIf(process.platform !== 'darwin')('DynamoDB does not listen on 127.0.0.1', async () => {
  const { endpoint, stop } = await startDynamo();
  onTestFinished(stop);
  const { port } = new URL(endpoint);
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
});

test('SQS takes no form, which any web page can send, and is neither SNS nor S3', async () => {
  const { endpoint, stop } = await startSqs();
  onTestFinished(stop);
  const client = new SQSClient(localClientConfig(endpoint));
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'events' }));
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'from a program' }));
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const plain = { 'content-type': 'text/plain' };
  const arn = 'arn:aws:sqs:us-east-1:000000000000:events';
  for (const body of [
    'Action=CreateTopic&Name=t',
    `Action=Subscribe&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Protocol=sqs&Endpoint=${arn}`,
    'Action=Publish&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Message=forged',
    'Action=GetCallerIdentity',
  ]) {
    expect((await send(endpoint, form, { body })).status).toBe(403);
  }
  expect((await send(`${endpoint}/bucket`, plain, { method: 'PUT' })).status).toBe(403);
  expect((await send(`${endpoint}/_fauxqs/queues`, plain, { method: 'GET' })).status).toBe(403);
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes).toEqual({ ApproximateNumberOfMessages: '1' });
});

test('the HTTP API is as public as API Gateway: by any name, from any page', async () => {
  const invoke = async () => ({ kind: 'answer' as const, payload: 'reached' });
  const lambda = { invoke, stop: async () => {} };
  const routes = new Map([['POST /hook', { lambda, isPublic: true }]]);
  const { address, stop } = await startHttpApi(routes, 0, () => {});
  onTestFinished(stop);
  const headers = { host: 'tunnel.example', origin: 'https://elsewhere.example' };
  expect(await send(`${address}/hook`, headers)).toMatchObject({ status: 200, text: 'reached' });
});

/** The console's door, with one route that needs IAM in AWS and one that is public. */
async function consoleDoor() {
  const reached: unknown[] = [];
  const invoke = async (event: unknown) => {
    reached.push(event);
    return { kind: 'answer' as const, payload: 'reached' };
  };
  const lambda = { invoke, stop: async () => {} };
  const routes = new Map([
    ['ANY /console/{proxy+}', { lambda, isPublic: false }],
    ['POST /hook', { lambda, isPublic: true }],
  ]);
  const { address, stop } = await startPages(routes, 0);
  const api = await startHttpApi(routes, 0, () => {});
  onTestFinished(async () => stop().then(api.stop));
  const { port } = new URL(address);
  const ask = (headers: Headers, path = '/console/events', method = 'GET') =>
    send(`${address}${path}`, headers, { method, body: method === 'GET' ? '' : 'a=1' });
  return { ask, address, api: api.address, port, reached };
}

const fromPolar = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};
const callback = '/console/polar/callback?code=c&state=s';

test('a route that needs IAM in AWS takes requests of its own pages, of the address bar and of programs', async () => {
  const { ask, port, reached } = await consoleDoor();
  const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` };
  for (const [headers, method] of [
    [{}, 'GET'],
    [{ host: `localhost:${port}`, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 'GET'],
    [{ ...own, 'sec-fetch-site': 'same-origin' }, 'POST'],
  ] as const) {
    expect(await ask(headers, undefined, method)).toMatchObject({ status: 200, text: 'reached' });
  }
  expect(await ask({ host: `localhost:${port}`, ...fromPolar }, callback)).toMatchObject({
    status: 200,
  });
  expect(reached).toHaveLength(4);
});

test.each<[string, Headers, (string | undefined)?, string?]>([
  ['a name that leads here', { host: 'evil.example' }],
  ['a page of another origin', { origin: 'https://evil.example' }, undefined, 'POST'],
  ['a page that hides its origin', { origin: 'null' }, undefined, 'POST'],
  ['a form of another site', { 'sec-fetch-site': 'cross-site' }, undefined, 'POST'],
  ['a link of another site', fromPolar],
  ['a page of another port', { ...fromPolar, 'sec-fetch-site': 'same-site' }],
  ['a form of another site to the return', fromPolar, callback, 'POST'],
  ['a script that fetches the return', { ...fromPolar, 'sec-fetch-mode': 'no-cors' }, callback],
  ['a frame with the return in it', { ...fromPolar, 'sec-fetch-dest': 'iframe' }, callback],
  ['a path that only looks like the return', fromPolar, '/console/polar/callback/x'],
  ['another machine through a tunnel', { 'x-forwarded-for': '203.0.113.7' }],
])('a route that needs IAM in AWS is closed to %s', async (_, headers, path, method) => {
  const { ask, reached } = await consoleDoor();
  expect(await ask(headers, path, method)).toMatchObject({
    status: 403,
    text: expect.stringMatching(/^Refused: another site sent you here, .*address bar\.$/),
  });
  expect(reached).toEqual([]);
});

test('whatever a tunnel makes of a request, the port of webhooks has no page of the console', async () => {
  const { address, api, reached } = await consoleDoor();
  const { host } = new URL(api);
  for (const headers of [{}, { host }, { host: 'localhost' }, { host: 'tunnel.example' }]) {
    for (const method of ['GET', 'POST']) {
      const answer = await send(`${api}/console/events`, headers, { method, body: '' });
      expect(answer.status).toBe(404);
    }
  }
  expect((await send(`${address}/hook`, {})).status).toBe(404);
  expect(reached).toEqual([]);
  expect((await send(`${api}/hook`, {})).text).toBe('reached');
});

test('a door passes requests and answers on as they are', async () => {
  const behind = await serveOnLoopback(
    async (incoming, response) => {
      response.writeHead(418, { 'x-asked': String(incoming.headers['x-asks']) });
      response.end(`${incoming.method} ${incoming.url} ${await text(incoming)}`);
    },
    0,
    'a test',
  );
  const door = await startGuardedProxy(behind.address, 0, 'the door');
  onTestFinished(door.stop);
  const answer = await send(
    `${door.address}/a?b=1`,
    { 'x-asks': 'yes' },
    { method: 'PUT', body: 'é' },
  );
  expect(answer).toMatchObject({
    status: 418,
    text: 'PUT /a?b=1 é',
    headers: { 'x-asked': 'yes' },
  });
  await behind.stop();
  expect((await send(door.address, {})).status).toBe(502);
});

test('a door says which port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => void server.close());
  const { port } = Object(server.address());
  await expect(startGuardedProxy('http://127.0.0.1:9', port, 'the local DynamoDB')).rejects.toThrow(
    new RegExp(`^Port ${port}, which the local DynamoDB needs, is in use\\. .*--port\\.$`),
  );
});
