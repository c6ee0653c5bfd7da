import { existsSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { shiftClock } from '#infra/local/clock/shifted-date.ts';

/*
 * The runtime's side of the Lambda Runtime API: loads the bundle and feeds it one invocation after
 * the other. It ends as soon as the other side is gone.
 */

// An ESM import of node:http evaluates every getter of that module, and three of them load undici.
const { request } = process.getBuiltinModule('node:http');
const { AWS_LAMBDA_RUNTIME_API = '', LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env;
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

// The one place from which a local function has its time: each invocation says how far the stack is ahead.
let aheadMs = 0;
shiftClock(() => aheadMs);

process.stdin.resume().on('close', () => process.exit());

try {
  const handler = await loadHandler();
  for (;;) await invoke(handler);
} catch (error) {
  await call('POST', '/init/error', described(error));
  process.exit(1);
}

type Handler = (event: unknown, context: object) => unknown;

async function loadHandler(): Promise<Handler> {
  const [module = '', name = ''] = _HANDLER.split('.');
  const file = ['mjs', 'js', 'cjs']
    .map((extension) => join(LAMBDA_TASK_ROOT, `${module}.${extension}`))
    .find(existsSync);
  if (file === undefined) throw new Error(`The bundle has no module "${module}".`);
  const loaded: Record<string, unknown> = await import(pathToFileURL(file).href);
  const handler = loaded[name];
  if (typeof handler === 'function') return (event, context) => handler(event, context);
  throw new Error(`The bundle exports no function "${name}".`);
}

async function invoke(handler: Handler): Promise<void> {
  const { headers, body } = await call('GET', '/invocation/next');
  const requestId = String(headers['lambda-runtime-aws-request-id']);
  aheadMs = Number(headers['local-clock-ahead-ms'] ?? 0);
  // The SDK passes it on with each call, by which Lambda knows a loop.
  process.env['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id']);
  try {
    const result = await handler(JSON.parse(body), contextOf(headers));
    await call('POST', `/invocation/${requestId}/response`, result ?? null);
  } catch (error) {
    console.error(error);
    await call('POST', `/invocation/${requestId}/error`, described(error));
  }
}

function contextOf(headers: IncomingHttpHeaders) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: String(headers['lambda-runtime-aws-request-id']),
    invokedFunctionArn: String(headers['lambda-runtime-invoked-function-arn']),
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function described(error: unknown) {
  if (!(error instanceof Error)) return { errorType: 'Error', errorMessage: String(error) };
  return {
    errorType: error.name,
    errorMessage: error.message,
    stackTrace: error.stack?.split('\n').slice(1),
  };
}

/** One call of the Runtime API. Waiting for work has no time limit; a lost connection ends the process. */
function call(method: string, path: string, content?: unknown) {
  return new Promise<{ headers: IncomingHttpHeaders; body: string }>((resolve) => {
    const gone = () => process.exit();
    const outgoing = request(`${api}${path}`, { method }, (response) => {
      text(response).then((body) => resolve({ headers: response.headers, body }), gone);
    });
    outgoing.on('error', gone);
    outgoing.end(content === undefined ? undefined : JSON.stringify(content));
  });
}
