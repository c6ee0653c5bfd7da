import { expect, onTestFinished, test, vi } from 'vitest';
import { startRuntimeApi } from '#infra/local/lambda/runtime-api.ts';

async function runtimeApi() {
  const onIdle = vi.fn();
  const onInitError = vi.fn();
  const api = await startRuntimeApi({ onIdle, onInitError });
  onTestFinished(api.stop);
  const call = (path: string, content?: unknown) =>
    fetch(`http://${api.address}/2018-06-01/runtime${path}`, {
      method: content === undefined ? 'GET' : 'POST',
      ...(content !== undefined && { body: JSON.stringify(content) }),
    });
  const invoke = (event: unknown) =>
    api.invoke({
      event,
      functionArn: 'arn:tested',
      traceHeader: 'Root=1',
      timeoutMs: 5_000,
      onTaken: () => {},
    });
  return { api, call, invoke, onIdle, onInitError };
}

test('a runtime is given the event, its request id, its deadline and the function’s ARN', async () => {
  const { api, call, invoke } = await runtimeApi();
  const result = invoke({ some: 'event' });
  const next = await call('/invocation/next');
  expect(await next.json()).toEqual({ some: 'event' });
  expect(next.headers.get('lambda-runtime-invoked-function-arn')).toBe('arn:tested');
  expect(next.headers.get('lambda-runtime-trace-id')).toBe('Root=1');
  expect(Number(next.headers.get('lambda-runtime-deadline-ms'))).toBeGreaterThan(Date.now());
  const id = next.headers.get('lambda-runtime-aws-request-id');
  expect((await call(`/invocation/${id}/response`, { done: true })).status).toBe(202);
  expect(await result).toEqual({ kind: 'answer', payload: { done: true } });
  api.fail('Late', 'changes nothing');
});

test('a runtime that asks first waits for the event', async () => {
  const { call, invoke, onIdle } = await runtimeApi();
  const next = call('/invocation/next');
  await vi.waitFor(() => expect(onIdle).toHaveBeenCalled(), 60_000);
  const result = invoke(1);
  const id = (await next).headers.get('lambda-runtime-aws-request-id');
  await call(`/invocation/${id}/error`, { errorType: 'TypeError', errorMessage: 'no good' });
  expect(await result).toEqual({ kind: 'error', type: 'TypeError', message: 'no good' });
});

test('an answer to another or an ended invocation is refused', async () => {
  const { api, call, invoke } = await runtimeApi();
  expect((await call('/invocation/unknown/response', {})).status).toBe(400);
  const result = invoke(1);
  const next = await call('/invocation/next');
  const id = next.headers.get('lambda-runtime-aws-request-id');
  api.fail('Sandbox.Timedout', 'Task timed out');
  expect((await call(`/invocation/${id}/response`, { late: true })).status).toBe(400);
  expect(await result).toMatchObject({ kind: 'error', message: 'Task timed out' });
});

test('code that cannot be loaded is reported', async () => {
  const { call, onInitError } = await runtimeApi();
  await call('/init/error', { errorType: 'SyntaxError', errorMessage: 'Unexpected end' });
  expect(onInitError).toHaveBeenCalledWith('Unexpected end');
});
