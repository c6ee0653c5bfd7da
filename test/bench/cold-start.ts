import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { startRuntimeApi } from '#infra/local/lambda/runtime-api.ts';
import { heapLimits } from '#infra/local/local-account.ts';

export type Subject = Readonly<{
  name: string;
  bundle: string;
  environment: Readonly<Record<string, string>>;
  /** For the first invocation; absent: there is none. */
  event?: () => unknown;
}>;

const reportSchema = z.object({
  importMs: z.number(),
  importCpuMs: z.number(),
  loadsUndici: z.boolean(),
});

const answerSchema = z.object({ statusCode: z.number().exactOptional() });

export type ColdStart = z.infer<typeof reportSchema> &
  Readonly<{
    /** From the start of the process until it asks for work. */
    readyMs: number;
    /** From handing over the first event until its answer; NaN if there was none. */
    firstMs: number;
  }>;

/** One fresh process that loads a bundle and answers one event. Throws with what it wrote when it does not. */
export async function coldStart(subject: Subject, bootstrap: string): Promise<ColdStart> {
  let ready = (_at: number): void => {};
  let refuse = (_reason: Error): void => {};
  const isReady = new Promise<number>((resolve, reject) => {
    ready = resolve;
    refuse = reject;
  });
  const api = await startRuntimeApi({
    onIdle: () => ready(performance.now()),
    onInitError: (message) => refuse(new Error(message)),
  });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...heapLimits(subject.environment), bootstrap], {
    env: {
      ...subject.environment,
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: subject.bundle,
    },
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
  const [, , stderr, reports] = child.stdio;
  const complaint = stderr ? text(stderr) : Promise.resolve('');
  const report = reports instanceof Readable ? text(reports) : Promise.resolve('');
  child.on('exit', () => {
    void complaint.then((words) => refuse(new Error(`${subject.name} ended: ${words}`)));
  });
  try {
    const readyMs = (await isReady) - startedAt;
    const firstMs = subject.event ? await firstInvocation(api, subject.event()) : Number.NaN;
    child.stdin?.end();
    await once(child, 'exit');
    return { ...reportSchema.parse(JSON.parse(await report)), readyMs, firstMs };
  } finally {
    child.kill('SIGKILL');
    await api.stop();
  }
}

async function firstInvocation(api: Awaited<ReturnType<typeof startRuntimeApi>>, event: unknown) {
  const from = performance.now();
  const result = await api.invoke({
    event,
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
    traceHeader: 'Root=1-00000000-000000000000000000000000',
    timeoutMs: 60_000,
    onTaken: () => {},
  });
  if (result.kind === 'error') throw new Error(result.message);
  const tookMs = performance.now() - from;
  const { statusCode = 200 } = answerSchema.parse(result.payload ?? {});
  // The page for an unknown token is a 404, and as good an answer as any.
  if (statusCode >= 400 && statusCode !== 404)
    throw new Error(`The first event was refused with ${statusCode}.`);
  return tookMs;
}
