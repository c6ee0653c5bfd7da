import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { askClock } from '#infra/local/clock/clock-door.ts';
import { runningStack } from '#infra/local/running-stack.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { descendantsOf, isRunning } from '#test/support/process/process-tree.ts';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));
const patience = { timeout: 120_000, interval: 50 };
/** The stack is synthesised first, which takes minutes on a machine that is busy. */
const startPatience = { ...patience, timeout: 400_000 };

/** `npm start` and the commands beside it, all on one directory of data. */
export function npmStart(directory: string) {
  const command = async (script: string, args: readonly string[], input = '') => {
    const assembly = await localAssembly();
    const child = spawn(process.execPath, [script, ...args], {
      cwd: projectRoot,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        POLAR_AUDIENCE_LOCAL: directory,
        POLAR_AUDIENCE_ASSEMBLY: assembly,
      },
    });
    child.stdin.end(input);
    return child;
  };

  return {
    /** Runs a script to its end. */
    async run(script: string, args: readonly string[], input?: string) {
      const child = await command(script, args, input);
      const [output, problems, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      return { code, output, problems };
    },

    /** Moves the clock of the stack on; over when all that became due is done. */
    async moveOn(byMs: number): Promise<void> {
      const running = await runningStack(directory);
      if (!running) throw new Error('No stack runs on this directory.');
      await askClock(running.clockUrl, byMs);
    },

    /** The stack, once it has printed this. */
    async started(args: readonly string[], until: string) {
      const child = await command('infra/local/start.ts', args);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      }
      await vi
        .waitFor(() => expect(output).toContain(until), startPatience)
        .catch((error: unknown) => {
          child.kill('SIGKILL');
          throw error;
        });
      return { child, output: () => output, processes: descendantsOf(child.pid ?? 0) };
    },
  };
}

/** When a process and everything that it started is gone. */
export async function ended(child: ChildProcess, processes: readonly number[]): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  await vi.waitFor(() => expect(processes.filter(isRunning)).toEqual([]), patience);
}
