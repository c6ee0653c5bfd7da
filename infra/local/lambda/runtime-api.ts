import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { realClock } from '#infra/local/clock/local-clock.ts';
import { bodyOf, serveOnLoopback } from '#infra/local/http/loopback-server.ts';

export type InvocationResult =
  | { kind: 'answer'; payload: unknown }
  | { kind: 'error'; type: string; message: string };

type Invocation = Readonly<{
  event: unknown;
  functionArn: string;
  traceHeader: string;
  timeoutMs: number;
  onTaken: () => void;
}>;

export type RuntimeApi = Readonly<{
  /** Host and port, as AWS_LAMBDA_RUNTIME_API holds them. */
  address: string;
  /** Hands one invocation to the runtime, which must not have another one. */
  invoke: (invocation: Invocation) => Promise<InvocationResult>;
  /** Ends the current invocation, if any, with an error. */
  fail: (type: string, message: string) => void;
  stop: () => Promise<void>;
}>;

type Listeners = Readonly<{
  /** The runtime asks for work: its code is loaded, or it is done with the last invocation. */
  onIdle: () => void;
  onInitError: (message: string) => void;
}>;

const errorSchema = z.object({
  errorType: z.string().default('Error'),
  errorMessage: z.string().default(''),
});

const accepted = { status: 'OK' };

/** Lambda's Runtime API for one runtime process, as AWS documents it (2018-06-01). */
export async function startRuntimeApi(
  { onIdle, onInitError }: Listeners,
  clock = realClock,
): Promise<RuntimeApi> {
  let runtime: ServerResponse | undefined;
  let work: (Invocation & { requestId: string }) | undefined;
  let settle: ((result: InvocationResult) => void) | undefined;

  const handOver = () => {
    if (!runtime || !work) return;
    runtime.writeHead(200, {
      'content-type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': work.requestId,
      'Lambda-Runtime-Deadline-Ms': String(clock.now().getTime() + work.timeoutMs),
      // Not of Lambda's: a runtime in AWS is never told a time of ours.
      'Local-Clock-Ahead-Ms': String(clock.aheadMs()),
      'Lambda-Runtime-Invoked-Function-Arn': work.functionArn,
      'Lambda-Runtime-Trace-Id': work.traceHeader,
    });
    runtime.end(JSON.stringify(work.event));
    work.onTaken();
    runtime = undefined;
    work = undefined;
  };
  const finish = (result: InvocationResult) => {
    const settled = settle;
    settle = undefined;
    work = undefined;
    current = undefined;
    settled?.(result);
  };
  let current: string | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = String(request.url).replace('/2018-06-01/runtime', '');
    if (path === '/invocation/next') {
      runtime = response;
      response.on('close', () => {
        if (runtime === response) runtime = undefined;
      });
      onIdle();
      handOver();
      return;
    }
    const body = await bodyOf(request);
    const content: unknown = JSON.parse(body.toString() || 'null');
    const [, requestId, outcome] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const isKnown = path === '/init/error' || (requestId !== undefined && requestId === current);
    if (!isKnown) return reply(response, 400, { errorType: 'InvalidRequestID' });
    reply(response, 202, accepted);
    if (outcome === 'response') return finish({ kind: 'answer', payload: content });
    const { errorType: type, errorMessage: message } = errorSchema.parse(content ?? {});
    if (path === '/init/error') onInitError(message);
    finish({ kind: 'error', type, message });
  };

  const server = await serveOnLoopback(answer, 0, 'a function');
  return {
    address: server.address.replace('http://', ''),
    invoke: (invocation) =>
      new Promise((resolve) => {
        current = randomUUID();
        settle = resolve;
        work = { ...invocation, requestId: current };
        handOver();
      }),
    fail: (type, message) => finish({ kind: 'error', type, message }),
    stop: server.stop,
  };
}

function reply(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(content));
}
