import { expect, onTestFinished, test } from 'vitest';
import { type Exchange, startHttpApi } from '#infra/local/http/http-api.ts';
import { matchRoute } from '#infra/local/http/routes.ts';
import type { InvocationResult } from '#infra/local/lambda/runtime-api.ts';

/** An HTTP API whose routes all lead to a function that answers this. */
async function served(result: unknown, { routeKey = 'POST /webhooks/polar' } = {}) {
  const events: Record<string, unknown>[] = [];
  const exchanges: Exchange[] = [];
  const invoke = async (event: unknown): Promise<InvocationResult> => {
    events.push(Object(event));
    return result instanceof Error
      ? { kind: 'error', type: 'Error', message: result.message }
      : { kind: 'answer', payload: result };
  };
  const lambda = { invoke, stop: async () => {} };
  const routes = new Map([[routeKey, { lambda, isPublic: true }]]);
  const api = await startHttpApi(routes, 0, (exchange) => exchanges.push(exchange));
  onTestFinished(api.stop);
  const post = (body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${api.address}/webhooks/polar?a=1&a=2&b=%C3%A5`, { method: 'POST', body, headers });
  return { address: api.address, events, exchanges, post };
}

test('a request reaches the function in payload format 2.0', async () => {
  const { post, events } = await served({ statusCode: 204 });
  await post('{"å":1}', {
    'content-type': 'application/json; charset=utf-8',
    'Webhook-Id': 'w1',
    cookie: 'a=1; b=2',
    'user-agent': 'polar.sh webhooks',
  });
  expect(events).toEqual([
    {
      version: '2.0',
      routeKey: 'POST /webhooks/polar',
      rawPath: '/webhooks/polar',
      rawQueryString: 'a=1&a=2&b=%C3%A5',
      queryStringParameters: { a: '1,2', b: 'å' },
      cookies: ['a=1', 'b=2'],
      headers: expect.objectContaining({ 'webhook-id': 'w1' }),
      requestContext: expect.objectContaining({
        routeKey: 'POST /webhooks/polar',
        stage: '$default',
        http: {
          method: 'POST',
          path: '/webhooks/polar',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'polar.sh webhooks',
        },
      }),
      body: '{"å":1}',
      isBase64Encoded: false,
    },
  ]);
});

test.each([
  ['text/plain', false],
  ['application/json', false],
  ['application/problem+json; charset=utf-8', false],
  ['application/octet-stream', true],
  ['application/jsonlines', true],
])('a body of type %s is handed over in base64: %s', async (type, isBase64Encoded) => {
  const { post, events } = await served({ statusCode: 200 });
  await post('body', { 'content-type': type });
  const body = isBase64Encoded ? Buffer.from('body').toString('base64') : 'body';
  expect(events).toEqual([expect.objectContaining({ body, isBase64Encoded })]);
});

test('a body that is not UTF-8 is handed over in base64, whatever it says it is', async () => {
  const { post, events } = await served({ statusCode: 200 });
  await post(Buffer.from([0x7b, 0xff, 0x7d]), { 'content-type': 'application/json' });
  expect(events).toMatchObject([{ body: 'e/99', isBase64Encoded: true }]);
});

test.each<[string, unknown, [number, string, string]]>([
  [
    'a structured answer',
    { statusCode: 202, headers: { 'Content-Type': 'application/json' }, body: '{}' },
    [202, 'application/json', '{}'],
  ],
  [
    'a base64 answer',
    { statusCode: 200, body: Buffer.from('å').toString('base64'), isBase64Encoded: true },
    [200, 'text/plain; charset=utf-8', 'å'],
  ],
  ['a bare value', { hello: 1 }, [200, 'application/json', '{"hello":1}']],
  [
    'a status that is none',
    { statusCode: 'ok' },
    [500, 'application/json', '{"message":"Internal Server Error"}'],
  ],
  [
    'a failure',
    new Error('secret detail'),
    [500, 'application/json', '{"message":"Internal Server Error"}'],
  ],
])('%s of the function becomes the response', async (_, result, expected) => {
  const { post } = await served(result);
  const response = await post('{}');
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual(
    expected,
  );
});

test('what no route is for is answered as API Gateway does, and no function hears of it', async () => {
  const { address, events } = await served({ statusCode: 200 });
  for (const request of [`${address}/other`, `${address}/webhooks/polar`]) {
    const response = await fetch(request);
    expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
  }
  expect(events).toEqual([]);
});

test('a body of more than 10 MB is refused', async () => {
  const { post, events } = await served({ statusCode: 200 });
  expect((await post(Buffer.alloc(10 * 1_048_576 + 1, 'a'))).status).toBe(413);
  expect((await post(Buffer.alloc(10 * 1_048_576, 'a'))).status).toBe(200);
  expect(events).toHaveLength(1);
});

test('an exchange is shown with what came and what was answered', async () => {
  const { post, exchanges } = await served({ statusCode: 202, body: 'yes' });
  await post('{"type":"order.paid"}', { 'webhook-id': 'w1' });
  expect(exchanges).toEqual([
    {
      method: 'POST',
      path: '/webhooks/polar',
      webhookId: 'w1',
      body: Buffer.from('{"type":"order.paid"}'),
      status: 202,
      answer: Buffer.from('yes'),
    },
  ]);
});

test.each([
  ['/console/a%20b/%C3%A5', 'a b/å'],
  ['/console/events/evt%2F1%23x', 'events/evt/1#x'],
  // It takes this for the beginning of the query, even encoded.
  ['/console/events/what%3Fnow', 'events/what'],
])('the path %s reaches the function decoded, as API Gateway does it', async (path, proxy) => {
  const { address, events } = await served(
    { statusCode: 200 },
    { routeKey: 'ANY /console/{proxy+}' },
  );
  expect((await fetch(`${address}${path}?q=%C3%A5%20b`, { method: 'PUT' })).status).toBe(200);
  expect(events).toMatchObject([
    {
      routeKey: 'ANY /console/{proxy+}',
      rawPath: `/console/${proxy}`,
      rawQueryString: 'q=%C3%A5%20b',
      queryStringParameters: { q: 'å b' },
      pathParameters: { proxy },
      requestContext: { http: { method: 'PUT', path: `/console/${proxy}` } },
    },
  ]);
});

test('a parameter of the query may have any name', async () => {
  const { address, events } = await served(
    { statusCode: 200 },
    { routeKey: 'ANY /console/{proxy+}' },
  );
  await fetch(`${address}/console/x?constructor=1&__proto__=2&__proto__=3`);
  const [{ queryStringParameters }] = events as [{ queryStringParameters: object }];
  expect(Object.entries(queryStringParameters)).toEqual([
    ['constructor', '1'],
    ['__proto__', '2,3'],
  ]);
});

test('a path that cannot be decoded leads nowhere', async () => {
  const { address, events } = await served({}, { routeKey: 'ANY /console/{proxy+}' });
  expect((await fetch(`${address}/console/%E0%A4%A`)).status).toBe(404);
  expect(events).toEqual([]);
});

test('forms come in base64, and cookies go out one header each', async () => {
  const { post, events } = await served({ statusCode: 303, cookies: ['a=1; Path=/', 'b=2'] });
  const response = await post('x=1&y=%C3%A5', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
  const body = Buffer.from('x=1&y=%C3%A5').toString('base64');
  expect(events).toMatchObject([{ body, isBase64Encoded: true }]);
});

const routes = new Map(
  [
    'GET /contacts',
    'GET /contacts/{id}',
    'ANY /contacts/{id}',
    'GET /files/{path+}',
    'GET /files/{name}',
    'ANY /console',
    'ANY /console/{proxy+}',
    '$default',
  ].map((routeKey) => [routeKey, routeKey]),
);

test.each([
  ['GET', '/contacts', 'GET /contacts', {}],
  ['GET', '/contacts/7', 'GET /contacts/{id}', { id: '7' }],
  ['PUT', '/contacts/7', 'ANY /contacts/{id}', { id: '7' }],
  ['GET', '/files/a', 'GET /files/{name}', { name: 'a' }],
  ['GET', '/files/a/b', 'GET /files/{path+}', { path: 'a/b' }],
  ['GET', '/console', 'ANY /console', {}],
  ['POST', '/console/events/evt_1', 'ANY /console/{proxy+}', { proxy: 'events/evt_1' }],
  ['GET', '/console/', 'ANY /console/{proxy+}', { proxy: '' }],
  ['GET', '/consoles', '$default', {}],
  ['GET', '/contactsX', '$default', {}],
  ['PUT', '/contacts', '$default', {}],
])('%s %s goes to the route %s', (method, path, target, pathParameters) => {
  expect(matchRoute(routes, method, path)).toMatchObject({ target, pathParameters });
});
