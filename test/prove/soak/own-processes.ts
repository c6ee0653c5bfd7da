import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

type FunctionNow = Readonly<{ pid: number; name: string; residentMb: number }>;

/** The processes in which the functions of this program's local stack run at this moment. */
export async function functionProcesses(): Promise<FunctionNow[]> {
  const all = (await ownProcesses()).filter(({ args }) => /\/bootstrap\.ts$/.test(args));
  return Promise.all(
    all.map(async ({ pid, residentKb }) => ({
      pid,
      name: await functionIn(pid),
      residentMb: Math.round(residentKb / 1_024),
    })),
  );
}

/** Whether it was there to hear it: a process may end between the look and the signal. */
export function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The name of its function, where the system tells it. */
async function functionIn(pid: number): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return /AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(environment)?.[1] ?? 'a function';
}

/** Those that this program started, and those that they started. */
async function ownProcesses() {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,rss=,args=']);
  const all = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, residentKb, args = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), residentKb: Number(residentKb), args }];
  });
  const own = new Set([process.pid]);
  for (let size = 0; size < own.size; ) {
    size = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => pid !== process.pid && own.has(pid));
}
