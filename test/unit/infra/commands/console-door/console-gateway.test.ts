import { expect, test } from 'vitest';
import type { Answer } from '#test/fakes/api-gateway.ts';
import { ada, csp, openedConsole, page } from './gateway-at-work.ts';

test('what the browser asks for is signed and arrives whole', async () => {
  const { send, as, port, invoked } = await openedConsole();
  const form = 'name=Z%C3%B6e+%26+Co&note=%3Cb%3E';
  const answer = await send(
    "/console/events/evt_1%20(a)%2Fb*!'?q=caf%C3%A9+au+lait&day=2026-11-23&q=a%2Bb&empty=&*=~",
    as({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
      'accept-language': 'de-AT,de;q=0.8',
      origin: `http://localhost:${port}`,
      'sec-fetch-site': 'same-origin',
    }),
    form,
  );
  expect(answer).toMatchObject({ status: 200, text: '<p>Hello' });
  const [{ method, url, headers, body } = { url: '' }] = invoked;
  expect({ method, body }).toEqual({ method: 'POST', body: form });
  expect(decodeURIComponent(url.split('?')[0] ?? '')).toBe("/console/events/evt_1 (a)/b*!'");
  expect([...new URL(url, 'http://x').searchParams]).toEqual([
    ['q', 'café au lait'],
    ['day', '2026-11-23'],
    ['q', 'a+b'],
    ['empty', ''],
    ['*', '~'],
  ]);
  expect(headers).toMatchObject({
    accept: 'text/html',
    'accept-language': 'de-AT,de;q=0.8',
    'content-type': 'application/x-www-form-urlencoded',
    origin: `http://localhost:${port}`,
    'x-console-origin': `http://localhost:${port}`,
    'x-amz-security-token': ada.sessionToken,
  });
});

test('the console hears nothing but what it is meant to hear', async () => {
  const withCookie = {
    ...page,
    headers: { ...page.headers, 'set-cookie': ['csrf=1; Path=/console'] },
  };
  const { send, as, cookie, invoked } = await openedConsole({ answer: () => withCookie });
  const browser = {
    cookie: `${cookie}; csrf=1; other-program=private`,
    'x-console-origin': 'https://evil.example',
    'x-amz-date': '20200101T000000Z',
    authorization: 'Basic c2VjcmV0',
    'user-agent': 'a browser',
  };
  await send('/console', as());
  await send('/console', browser);
  const [first, second] = invoked.map(({ headers }) => headers);
  expect(first).not.toHaveProperty('cookie');
  expect(second).toMatchObject({
    cookie: 'csrf=1',
    'x-console-origin': expect.stringMatching(/^http:\/\/localhost:\d+$/),
  });
  expect(JSON.stringify(invoked)).not.toMatch(/evil|a browser|private|door|c2VjcmV0/);
});

test('what the console answers comes back as it is, but for headers of its infrastructure', async () => {
  const csv = Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x00]);
  const { send, as } = await openedConsole({
    answer: () => ({
      status: 201,
      headers: {
        ...csp,
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="audience.csv"',
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'set-cookie': ['a=1; HttpOnly', 'b=2'],
        'access-control-allow-origin': '*',
        'apigw-requestid': 'r1',
      },
      body: csv,
    }),
  });
  const { status, headers, content } = await send('/console/audience.csv', as());
  expect(status).toBe(201);
  expect(content.equals(csv)).toBe(true);
  expect(headers).toMatchObject({
    ...csp,
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="audience.csv"',
    'cache-control': 'no-store',
    'referrer-policy': 'same-origin',
    'set-cookie': ['a=1; HttpOnly', 'b=2'],
  });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
  expect(headers).not.toHaveProperty('apigw-requestid');
});

test('a redirect is for the browser to follow', async () => {
  const { send, as, invoked } = await openedConsole({
    answer: () => ({ status: 303, headers: { ...csp, location: '/console/audience' } }),
  });
  expect(await send('/console', as())).toMatchObject({
    status: 303,
    headers: { location: '/console/audience' },
  });
  expect(invoked).toHaveLength(1);
});

test.each([
  [
    'Forbidden',
    /assumed-role\/Engineer\/ada\. Ask an administrator .* attach the policy arn:aws:iam::[^ ]+ConsolePolicy to/,
  ],
  ['The security token included in the request is expired', /expired.*Log in again/s],
  ['Signature expired: 20261123T000000Z is now earlier', /AWS rejected.*clock is right/s],
])('where API Gateway says “%s”, a sentence says what to do', async (refusal, sentence) => {
  const { send, as } = await openedConsole({ refusal });
  const { status, text, headers } = await send('/console', as());
  expect(status).toBe(403);
  expect(text).toMatch(sentence);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).not.toMatch(
    new RegExp(`${ada.secretAccessKey}|${ada.accessKeyId}|${ada.sessionToken}`),
  );
});

test('credentials that AWS does not know are told from those without the policy', async () => {
  const { send, as, invoked } = await openedConsole({
    credentials: async () => ({ ...ada, secretAccessKey: 'wrong' }),
  });
  expect((await send('/console', as())).text).toContain('AWS rejected your credentials');
  expect(invoked).toEqual([]);
});

test('what the console itself refuses, or API Gateway cannot do, is told apart', async () => {
  const answers: Answer[] = [
    {
      status: 403,
      headers: { ...csp, 'content-type': 'application/json' },
      body: '{"message":"Form is old."}',
    },
    {
      status: 503,
      headers: { 'content-type': 'application/json' },
      body: '{"message":"Service Unavailable"}',
    },
  ];
  const { send, as } = await openedConsole({ answer: () => answers.shift() ?? page });
  expect(await send('/console', as())).toMatchObject({
    status: 403,
    text: '{"message":"Form is old."}',
  });
  expect(await send('/console', as())).toMatchObject({
    status: 503,
    text: expect.stringContaining('API Gateway says: Service Unavailable. Try again.'),
  });
});

test('without credentials, without an answer and without a network a sentence says so', async () => {
  const expired = Object.assign(new Error('The SSO session has expired.'), {
    name: 'CredentialsProviderError',
  });
  const none = await openedConsole({ credentials: () => Promise.reject(expired) });
  expect(await none.send('/console', none.as())).toMatchObject({
    status: 401,
    text: expect.stringContaining('The SSO session has expired. Log in again'),
  });
  const late = await openedConsole({ answer: () => ({ ...page, afterMs: 10_000 }), timeoutMs: 50 });
  expect(await late.send('/console', late.as())).toMatchObject({
    status: 504,
    text: expect.stringContaining('Check before you try again'),
  });
});
