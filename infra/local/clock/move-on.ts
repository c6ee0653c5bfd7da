import type { LocalClock } from './local-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A stop for each of very many due times would take for ever; a mail is sent for a day after its time. */
const usualStops = 200;
const longestStepMs = 12 * hourMs;

/** How often the clock is asked at one stop: a step of a run may make the next one due at once. */
const mostCalls = 10;

type Moving = Readonly<{
  clock: LocalClock;
  /** When something is due first, of what is due by then. */
  nextDue: (by: Date) => Promise<Date | undefined>;
  /** Calls what comes every minute on AWS, and waits until all that this began is done. */
  tick: () => Promise<void>;
}>;

/**
 * Moves the clock on by so much. It stops at each time at which something is due on the way, so that what would have
 * happened on the third day happens on the third day and not late on the last. Gives how often it stopped.
 */
export async function moveOn(byMs: number, { clock, nextDue, tick }: Moving): Promise<number> {
  const target = clock.now().getTime() + byMs;
  const leastStepMs = Math.min(Math.max(byMs / usualStops, minuteMs), longestStepMs);
  const settle = async () => {
    for (let call = 1; call <= mostCalls; call++) {
      await tick();
      if ((await nextDue(clock.now())) === undefined) return;
    }
  };
  for (let stops = 1; ; stops++) {
    const soonest = clock.now().getTime() + (stops === 1 ? 0 : leastStepMs);
    const due = (await nextDue(new Date(target)))?.getTime() ?? target;
    const at = Math.min(Math.max(due, soonest), target);
    clock.moveTo(new Date(at));
    await settle();
    if (at >= target) return stops;
  }
}
