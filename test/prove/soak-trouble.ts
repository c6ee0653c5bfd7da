import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

export type ProcessNow = Readonly<{ pid: number; name: string; residentMb: number }>;

const leastPauseMs = 1_000;
const longestPauseMs = 4_000;

/** Kills function processes of this program at random, and halts its DynamoDB now and then. */
export function startTrouble(random: () => number) {
  let kills = 0;
  let pauses = 0;
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      await setTimeout(leastPauseMs + random() * longestPauseMs);
      if (isOver) return;
      if (random() < 0.25) {
        pauses += await halted(random);
        continue;
      }
      const all = await functionProcesses();
      const one = all[Math.floor(random() * all.length)];
      if (one && tryKill(one.pid, 'SIGKILL')) kills += 1;
    }
  })();
  return {
    async stop() {
      isOver = true;
      await running;
      return { kills, pauses };
    },
  };
}

async function halted(random: () => number): Promise<number> {
  const emulator = (await ownProcesses()).find(({ args }) => /^\S*dynoxide serve/.test(args));
  if (!emulator || !tryKill(emulator.pid, 'SIGSTOP')) return 0;
  try {
    await setTimeout(leastPauseMs + random() * longestPauseMs);
  } finally {
    tryKill(emulator.pid, 'SIGCONT');
  }
  return 1;
}

function tryKill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The processes in which the stack's functions run at this moment. */
export async function functionProcesses(): Promise<ProcessNow[]> {
  const all = (await ownProcesses()).filter(({ args }) => /\/bootstrap\.ts$/.test(args));
  return Promise.all(
    all.map(async ({ pid, residentKb }) => ({
      pid,
      name: `${await functionIn(pid)} (process ${pid})`,
      residentMb: Math.round(residentKb / 1_024),
    })),
  );
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
