import { expect, onTestFinished, test } from 'vitest';
import { startHttpApi, startPages } from '#infra/local/http/http-api.ts';
import { openedConsole } from './gateway-at-work.ts';

const file = '/console/audience/export.csv';
const headers = { 'content-type': 'text/csv; charset=utf-8' };

/** Two pages; the second fails where the query says so. */
function pageOf(url: string) {
  const { searchParams } = new URL(url, 'http://localhost');
  if (searchParams.get('after') === 'broken') return { status: 500, headers, body: 'Sorry' };
  if (searchParams.has('after')) return { status: 200, headers, body: `b:${url}` };
  const after = searchParams.get('then') ?? 'x y';
  const next = `${file}?${new URLSearchParams({ after })}`;
  return {
    status: 200,
    headers: { ...headers, 'x-console-next': next },
    body: 'a'.repeat(500_000),
  };
}

test('the signing proxy puts a long file together, each page with a signature of its own', async () => {
  const { send, as, invoked } = await openedConsole({ answer: ({ url }) => pageOf(url) });
  const answer = await send(file, as());
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(`${'a'.repeat(500_000)}b:${file}?after=x%20y`);
  expect(answer.headers).not.toHaveProperty('x-console-next');
  expect(invoked).toHaveLength(2);
  expect(new Set(invoked.map((one) => one.headers['x-console-origin'])).size).toBe(1);
});

test('the signing proxy breaks a file off whose next page fails', async () => {
  const { send, as } = await openedConsole({ answer: ({ url }) => pageOf(url) });
  await expect(send(`${file}?then=broken`, as())).rejects.toThrow();
});

async function localApi(isPublic: boolean) {
  const invoke = async (event: unknown) => {
    const { rawPath, rawQueryString } = Object(event);
    const { status, ...rest } = pageOf(`${rawPath}?${rawQueryString}`);
    return { kind: 'answer' as const, payload: { statusCode: status, ...rest } };
  };
  const lambda = { invoke, stop: async () => {} };
  const routes = new Map([['ANY /console/{proxy+}', { lambda, isPublic }]]);
  const api = await (isPublic ? startHttpApi(routes, 0, () => {}) : startPages(routes, 0));
  onTestFinished(api.stop);
  return api.address;
}

test('the console of the local stack puts a long file of the console together, too', async () => {
  const answer = await fetch(`${await localApi(false)}${file}`);
  expect(await answer.text()).toBe(`${'a'.repeat(500_000)}b:${file}?after=x+y`);
});

test('the console of the local stack breaks a file off whose next page fails', async () => {
  const broken = fetch(`${await localApi(false)}${file}?then=broken`);
  await expect(broken.then((answer) => answer.text())).rejects.toThrow();
});

test('no public route has its answers put together', async () => {
  const answer = await fetch(`${await localApi(true)}${file}`);
  expect(await answer.text()).toBe('a'.repeat(500_000));
});
