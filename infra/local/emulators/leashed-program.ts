import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * An address of this machine that only those know who are told: one of sixteen million, too many for a
 * web page to try. macOS has 127.0.0.1 alone; there only the port is unknown.
 */
export function hiddenHost(platform: string = process.platform): string {
  if (platform === 'darwin') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

export type LeashedProgram = Readonly<{ stop: () => Promise<void> }>;

type Launch =
  /** `match`: of what it wrote, the part that says that it is up. */
  { kind: 'up'; match: string; program: LeashedProgram } | { kind: 'failed'; output: string };

const leash = fileURLToPath(new URL('./leash.ts', import.meta.url));

/**
 * Starts a program that ends with this process, however this one ends, and waits until it writes that
 * it is up. It finds nothing in its environment but where Node keeps what it compiled.
 */
export function startLeashed(command: readonly string[], isUp: RegExp): Promise<Launch> {
  const { NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [leash, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
    env: { ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) },
  });
  let output = '';
  let isAwaited = true;
  return new Promise((resolve) => {
    const heard = (chunk: Buffer) => {
      if (!isAwaited) return;
      output += chunk.toString();
      const [match] = isUp.exec(output) ?? [];
      if (match === undefined) return;
      isAwaited = false;
      resolve({ kind: 'up', match, program: running(child) });
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    child.on('close', () => resolve({ kind: 'failed', output }));
  });
}

function running(child: ChildProcess): LeashedProgram {
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
  return {
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.stdin?.end();
      await once(child, 'exit');
    },
  };
}
