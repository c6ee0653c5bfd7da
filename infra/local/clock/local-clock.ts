import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { shiftClock } from '#infra/local/clock/shifted-date.ts';

/** The time of a local stack: that of this machine, and as much ahead of it as it was moved on. */
export type LocalClock = Readonly<{
  now: () => Date;
  aheadMs: () => number;
  /** To this time; never back. */
  moveTo: (at: Date) => void;
}>;

const keptSchema = z.object({ aheadMs: z.int().check(z.nonnegative()) });

/**
 * How far the clock of the stack that keeps its data in this directory is ahead. A file that cannot be read counts as
 * one that is not there.
 */
export function keptAheadMs(directory: string): number {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(fileIn(directory), 'utf8'))).aheadMs;
  } catch {
    return 0;
  }
}

/** As it was left in the directory; without one it begins at the time of this machine, and nothing is kept. */
export function localClock(directory?: string): LocalClock {
  let aheadMs = directory === undefined ? 0 : keptAheadMs(directory);
  return {
    now: () => new Date(Date.now() + aheadMs),
    aheadMs: () => aheadMs,
    moveTo: (at) => {
      aheadMs = Math.max(aheadMs, at.getTime() - Date.now());
      if (directory === undefined) return;
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      // Before anything is told of it: a time that was seen never comes again.
      writeFileSync(fileIn(directory), JSON.stringify({ aheadMs }), { mode: 0o600 });
    },
  };
}

/** What tells the time where nobody moves it. */
export const realClock: Pick<LocalClock, 'now' | 'aheadMs'> = {
  now: () => new Date(),
  aheadMs: () => 0,
};

let followedMs = 0;
let isShifted = false;

/** From now on this process, a command about a local stack, has the time of a stack that is so much ahead. */
export function followStack(aheadMs: number): void {
  followedMs = aheadMs;
  if (aheadMs === 0 || isShifted) return;
  isShifted = true;
  shiftClock(() => followedMs);
}

function fileIn(directory: string): string {
  return join(directory, 'clock.json');
}
