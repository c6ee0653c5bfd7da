import '#infra/local/loopback-only.ts';
import { existsSync, writeSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * The runtime's side of the Lambda Runtime API, as AWS's own: node:http comes by `require`, which does not load undici,
 * an `.mjs` is imported and a `.js` required. What it cost to load the code it writes to file descriptor 3.
 */
const require = createRequire(import.meta.url);
const http: typeof import('node:http') = require('node:http');
const { AWS_LAMBDA_RUNTIME_API = '', LAMBDA_TASK_ROOT = '' } = process.env;
const [host = '', port = ''] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });

process.stdin.resume().on('close', () => process.exit());

const cpuBefore = process.cpuUsage();
const before = performance.now();
const { handler } = await loaded();
const importMs = performance.now() - before;
const importCpu = process.cpuUsage(cpuBefore);
writeSync(
  3,
  JSON.stringify({
    importMs,
    importCpuMs: (importCpu.user + importCpu.system) / 1_000,
    loadsUndici: modules().some((name) => name.includes('undici/undici')),
  }),
);
for (;;) await invoke();

type Loaded = { handler: (event: unknown, context: object) => unknown };

async function loaded(): Promise<Loaded> {
  const module = join(LAMBDA_TASK_ROOT, 'index.mjs');
  if (existsSync(module)) return import(pathToFileURL(module).href);
  return require(join(LAMBDA_TASK_ROOT, 'index.js'));
}

function modules(): string[] {
  return 'moduleLoadList' in process && Array.isArray(process.moduleLoadList)
    ? process.moduleLoadList.map(String)
    : [];
}

async function invoke(): Promise<void> {
  const { headers, body } = await call('GET', 'next');
  const requestId = String(headers['lambda-runtime-aws-request-id']);
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const context = {
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    const result = await handler(JSON.parse(body), context);
    await call('POST', `${requestId}/response`, result ?? null);
  } catch (error) {
    await call('POST', `${requestId}/error`, { errorType: 'Error', errorMessage: String(error) });
  }
}

function call(method: string, path: string, content?: unknown) {
  const options = { host, port, method, agent, path: `/2018-06-01/runtime/invocation/${path}` };
  return new Promise<{ headers: IncomingHttpHeaders; body: string }>((resolve) => {
    const outgoing = http.request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ headers: response.headers, body }));
    });
    outgoing.on('error', () => process.exit());
    outgoing.end(content === undefined ? undefined : JSON.stringify(content));
  });
}
