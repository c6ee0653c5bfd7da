import { type FunctionProcess, type FunctionSpec, functionProcess } from './function-process.ts';
import type { InvocationResult } from './runtime-api.ts';

export type LambdaFunction = Readonly<{
  invoke: (event: unknown) => Promise<InvocationResult>;
  stop: () => Promise<void>;
}>;

/** Lambda starts a process for each concurrent invocation; two show every race and suit a laptop. */
export const maxProcesses = 2;

/**
 * A function with as many processes as it has concurrent invocations, up to `maxProcesses`; further
 * invocations wait. Gives what is wrong with its code if that cannot be loaded.
 */
export async function startFunction(
  spec: FunctionSpec,
): Promise<{ kind: 'started'; lambda: LambdaFunction } | { kind: 'broken'; problem: string }> {
  const first = await functionProcess(spec);
  const problem = await first.start();
  if (problem !== undefined) {
    await first.stop();
    return { kind: 'broken', problem };
  }
  const all: (FunctionProcess | Promise<FunctionProcess>)[] = [first];
  const idle = [first];
  const waiting: ((process: FunctionProcess) => void)[] = [];

  const take = async (): Promise<FunctionProcess> => {
    const free = idle.pop();
    if (free) return free;
    if (all.length >= maxProcesses) return new Promise((resolve) => waiting.push(resolve));
    const added = functionProcess(spec);
    all.push(added);
    return added;
  };
  const giveBack = (process: FunctionProcess) => {
    const next = waiting.shift();
    if (next) next(process);
    else idle.push(process);
  };
  const lambda: LambdaFunction = {
    invoke: async (event) => {
      const process = await take();
      try {
        return await process.invoke(event);
      } finally {
        giveBack(process);
      }
    },
    stop: async () => {
      await Promise.all(all.map(async (process) => (await process).stop()));
    },
  };
  return { kind: 'started', lambda };
}
