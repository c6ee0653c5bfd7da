import { setTimeout } from 'node:timers/promises';
import { functionProcesses, signalled } from './own-processes.ts';
import type { TroubledService } from './throttling.ts';
import { type Mood, moods, type TroubleProxy } from './trouble-proxy.ts';

/** How often each thing went wrong. */
export type Troubles = Readonly<{
  kills: number;
  spells: Readonly<Record<Mood, number>>;
  /** Calls that were held back, refused or left without their reply. */
  harmed: Readonly<Record<TroubledService, number>>;
}>;

const shortestMs = 500;
const longestMs = 3_500;

/** Kills function processes at random, and makes the services before which proxies stand pause, throttle and lose replies. */
export function startTrouble(proxies: readonly TroubleProxy[], random: () => number) {
  let kills = 0;
  const spells = { paused: 0, throttled: 0, deaf: 0 };
  let isOver = false;
  const someMs = () => shortestMs + random() * (longestMs - shortestMs);

  const killOne = async () => {
    const one = drawn(await functionProcesses(), random);
    if (one && signalled(one.pid, 'SIGKILL')) kills += 1;
  };
  const troubleOne = async () => {
    const [proxy, mood] = [drawn(proxies, random), drawn(moods, random)];
    if (!proxy || !mood) return;
    spells[mood] += 1;
    await proxy.trouble(mood, setTimeout(someMs()));
  };
  const running = (async () => {
    while (!isOver) {
      await setTimeout(someMs());
      if (isOver) return;
      await (random() < 0.5 ? killOne() : troubleOne());
    }
  })();
  return {
    async stop(): Promise<Troubles> {
      isOver = true;
      await running;
      const harmed = { dynamodb: 0, sqs: 0, ses: 0 };
      for (const proxy of proxies) harmed[proxy.service] = proxy.harmed();
      return { kills, spells, harmed };
    },
  };
}

function drawn<T>(all: readonly T[], random: () => number): T | undefined {
  return all[Math.floor(random() * all.length)];
}
