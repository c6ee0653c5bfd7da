import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { functionProcesses, signalled } from './own-processes.ts';

/** Of one process that lived through the whole time. */
export type MemoryOverTime = Readonly<{
  name: string;
  pid: number;
  /** In use after a garbage collection, in megabytes: early, and late over early. */
  usedMb: number;
  usedRatio: number;
  /** Resident memory, likewise. */
  residentMb: number;
  residentRatio: number;
}>;

type Sample = Readonly<{ name: string; residentMb: number; usedBytes: number }>;
/** By process id. */
export type MemorySamples = ReadonlyMap<number, Sample>;

/** For every function process: `NODE_OPTIONS` that let it tell what it uses. */
export const heapReporting = {
  NODE_OPTIONS: `--expose-gc --import ${new URL('../heap-reporter.ts', import.meta.url).href}`,
};

const looks = 5;
const betweenLooksMs = 1_000;
const reportSchema = z.object({ heapOf: z.number(), bytes: z.number() });

/** Watches the memory of function processes that were started with `heapReporting`. */
export function startMemoryWatch() {
  const reported = new Map<number, number[]>();

  /** The least of some looks: what an event that is under way uses does not count. */
  async function sample(): Promise<MemorySamples> {
    reported.clear();
    // One that has just begun does not listen yet, and the signal would end it.
    let listening = await pids();
    for (let look = 0; look < looks; look++) {
      await setTimeout(betweenLooksMs);
      for (const pid of listening) signalled(pid, 'SIGUSR2');
      listening = await pids();
    }
    await setTimeout(betweenLooksMs);
    const now = await functionProcesses();
    return new Map(
      now.map(({ pid, name, residentMb }) => {
        const usedBytes = Math.min(...(reported.get(pid) ?? []));
        return [pid, { name, residentMb, usedBytes }];
      }),
    );
  }

  return {
    /** A line that a function wrote. */
    onLine(line: string) {
      if (!line.startsWith('{"heapOf"')) return;
      const { heapOf, bytes } = reportSchema.parse(JSON.parse(line));
      reported.set(heapOf, [...(reported.get(heapOf) ?? []), bytes]);
    },
    sample,
  };
}

async function pids(): Promise<number[]> {
  return (await functionProcesses()).map(({ pid }) => pid);
}

export function memoryBetween(early: MemorySamples, late: MemorySamples): MemoryOverTime[] {
  return [...early].flatMap(([pid, { name, residentMb, usedBytes }]) => {
    const end = late.get(pid);
    if (!end || !Number.isFinite(usedBytes) || !Number.isFinite(end.usedBytes)) return [];
    return [
      {
        name,
        pid,
        usedMb: usedBytes / 1e6,
        usedRatio: end.usedBytes / usedBytes,
        residentMb,
        residentRatio: end.residentMb / residentMb,
      },
    ];
  });
}
