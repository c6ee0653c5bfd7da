import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { realClock } from '#infra/local/clock/local-clock.ts';
import { heapLimits } from '#infra/local/local-account.ts';
import { nextRound } from './lineage.ts';
import { type InvocationResult, startRuntimeApi } from './runtime-api.ts';

export type FunctionSpec = Readonly<{
  logicalId: string;
  arn: string;
  /** The directory of the bundle. */
  bundle: string;
  timeoutSeconds: number;
  /** All that the process finds in its environment: nothing is inherited. */
  environment: Readonly<Record<string, string>>;
  onOutput: (logicalId: string, line: string) => void;
  /** What each invocation takes its time from; absent: that of this machine. */
  clock?: typeof realClock;
}>;

export type FunctionProcess = Readonly<{
  /** One invocation; the next one only when this has ended. Starts the process if there is none. */
  invoke: (event: unknown, traceHeader: string) => Promise<InvocationResult>;
  stop: () => Promise<void>;
}>;

/** Longer than Lambda's ten seconds: how busy this machine is says nothing of the code. */
const initTimeoutMs = 60_000;
const graceMs = 2_000;

const stopped = {
  kind: 'error',
  type: 'Sandbox.Stopped',
  message: 'The local stack was stopped.',
} as const satisfies InvocationResult;

/**
 * One execution environment: a Node process behind its own Runtime API. A process that crashes, cannot load its code, or
 * exceeds the function's timeout and is killed, fails its invocation; the next one gets a new process.
 */
export async function functionProcess(spec: FunctionSpec): Promise<FunctionProcess> {
  let child: ChildProcess | undefined;
  let lastProblem: string | undefined;
  const onInitError = (message: string) => {
    // It is about to end, and takes nothing more.
    child = undefined;
    if (message === lastProblem) return;
    lastProblem = message;
    const advice = '"npm run check" may tell more. Fix it, and restart unless you use --watch.';
    spec.onOutput(spec.logicalId, `The code cannot be loaded: ${message}. ${advice}`);
  };
  const api = await startRuntimeApi({ onIdle: () => {}, onInitError }, spec.clock);
  const launch = () => {
    const launched = spawnFunction(spec, api.address);
    child = launched;
    launched.on('exit', (code, signal) => {
      if (child !== launched) return;
      child = undefined;
      api.fail('Runtime.ExitError', `Runtime exited with ${signal ?? `status ${code}`}.`);
    });
  };
  const kill = (message: string) => {
    const killed = child;
    child = undefined;
    killed?.kill('SIGKILL');
    api.fail('Sandbox.Timedout', message);
  };

  let isStopped = false;
  return {
    invoke: async (event, traceHeader) => {
      if (isStopped) return stopped;
      if (!child) launch();
      const { arn: functionArn, timeoutSeconds } = spec;
      let timer = setTimeout(() => kill('The code took too long to load.'), initTimeoutMs);
      const onTaken = () => {
        clearTimeout(timer);
        const late = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
        timer = setTimeout(() => kill(late), timeoutSeconds * 1_000);
      };
      const result = await api.invoke({
        event,
        functionArn,
        traceHeader,
        timeoutMs: timeoutSeconds * 1_000,
        onTaken,
      });
      clearTimeout(timer);
      return result;
    },
    stop: async () => {
      isStopped = true;
      const stopping = child;
      child = undefined;
      if (stopping) await end(stopping);
      api.fail(stopped.type, stopped.message);
      await api.stop();
    },
  };
}

const preloadOf = (name: string) => ['--import', new URL(`../${name}.ts`, import.meta.url).href];
const bootstrap = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

function spawnFunction(spec: FunctionSpec, runtimeApi: string): ChildProcess {
  const { CLOCK_DAYS_AHEAD, NODE_COMPILE_CACHE } = process.env;
  const options = [
    ...heapLimits(spec.environment),
    ...preloadOf('loopback-only'),
    ...(CLOCK_DAYS_AHEAD ? preloadOf('clock/clock-ahead') : []),
  ];
  const child = spawn(process.execPath, [...options, bootstrap], {
    cwd: spec.bundle,
    env: {
      ...spec.environment,
      ...(CLOCK_DAYS_AHEAD && { CLOCK_DAYS_AHEAD }),
      // Where Node keeps what it compiled: a process that starts again does not compile again.
      ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      LAMBDA_TASK_ROOT: spec.bundle,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C is for the parent alone, which then ends its children in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => spec.onOutput(spec.logicalId, line));
  }
  return child;
}

/** Closing its standard input tells a function process to end; one that does not is killed. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  child.stdin?.end();
  await exited;
  clearTimeout(timer);
}

export type LambdaFunction = Readonly<{
  /** `traceHeader` is what the function passes on; absent: a chain of calls begins with this one. */
  invoke: (event: unknown, traceHeader?: string) => Promise<InvocationResult>;
  stop: () => Promise<void>;
}>;

export type BundledFunction = LambdaFunction &
  Readonly<{
    /** The directory of the bundle. */
    bundle: string;
    /** The next invocation starts from the bundle as it is then; one that has begun ends with the code it began with. */
    renew: () => void;
  }>;

/** Lambda starts a process for each concurrent invocation; two show every race and suit a laptop. */
export const maxProcesses = 2;

type Slot = Readonly<{ process: Promise<FunctionProcess> }>;

/**
 * A function with as many processes as it has concurrent invocations, up to `maxProcesses`; further invocations wait.
 * Like Lambda it has none until it is called.
 */
export function lambdaFunction(spec: FunctionSpec): BundledFunction {
  const slots = new Set<Slot>();
  const idle: Slot[] = [];
  const waiting: ((slot: Slot) => void)[] = [];
  let isStopped = false;
  /** No longer for invocations, but not ended yet. */
  const retired = new Set<Slot>();

  const take = async (): Promise<Slot> => {
    const free = idle.pop();
    if (free) return free;
    if (slots.size >= maxProcesses) return new Promise((resolve) => waiting.push(resolve));
    const added = { process: functionProcess(spec) };
    slots.add(added);
    return added;
  };
  const end = async (slot: Slot) => {
    const process = await slot.process;
    await process.stop();
    retired.delete(slot);
  };
  const giveBack = (slot: Slot) => {
    if (retired.has(slot)) return void end(slot);
    const next = waiting.shift();
    if (next) next(slot);
    else idle.push(slot);
  };
  return {
    bundle: spec.bundle,
    invoke: async (event, traceHeader = nextRound(spec.arn, []).traceHeader) => {
      if (isStopped) return stopped;
      const slot = await take();
      try {
        const process = await slot.process;
        return await process.invoke(event, traceHeader);
      } finally {
        giveBack(slot);
      }
    },
    renew: () => {
      for (const slot of slots) retired.add(slot);
      slots.clear();
      for (const slot of idle.splice(0)) void end(slot);
      for (const next of waiting.splice(0)) void take().then(next);
    },
    stop: async () => {
      isStopped = true;
      await Promise.all([...slots, ...retired].map(end));
    },
  };
}
