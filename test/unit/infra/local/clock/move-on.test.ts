import { describe, expect, test } from 'vitest';
import { localClock } from '#infra/local/clock/local-clock.ts';
import { moveOn } from '#infra/local/clock/move-on.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A stack on which something is due after so many hours, each time for as long as `stays` says. */
function stack(dueHours: readonly number[], { again = 0 } = {}) {
  const clock = localClock();
  const startMs = clock.now().getTime();
  const due = dueHours.map((hours) => ({ atMs: startMs + hours * hourMs, calls: again }));
  const ticks: number[] = [];
  const moving = {
    clock,
    nextDue: async (by: Date) => {
      const times = due.map(({ atMs }) => atMs).filter((atMs) => atMs <= by.getTime());
      return times.length === 0 ? undefined : new Date(Math.min(...times));
    },
    tick: async () => {
      ticks.push(Math.round((clock.now().getTime() - startMs) / hourMs));
      for (const one of [...due]) {
        if (one.atMs > clock.now().getTime()) continue;
        if (one.calls > 0) one.calls -= 1;
        else due.splice(due.indexOf(one), 1);
      }
    },
  };
  return { clock, startMs, ticks, moving };
}

describe('moving the clock on', () => {
  test('stops at each time at which something is due, and at the end', async () => {
    const { moving, ticks, clock, startMs } = stack([72, 168, 500]);
    await moveOn(21 * dayMs, moving);
    expect(ticks).toEqual([72, 168, 500, 504]);
    expect(clock.now().getTime() - startMs).toBeGreaterThanOrEqual(21 * dayMs);
  });

  test('asks again at one stop until nothing is due', async () => {
    const { moving, ticks } = stack([5], { again: 2 });
    await moveOn(6 * hourMs, moving);
    expect(ticks).toEqual([5, 5, 5, 6]);
  });

  test('goes on where something stays due for ever', async () => {
    const { moving, clock, startMs } = stack([1], { again: Number.POSITIVE_INFINITY });
    await moveOn(2 * hourMs, moving);
    expect(clock.now().getTime() - startMs).toBeGreaterThanOrEqual(2 * hourMs);
  });

  test('looks at what is overdue before it moves', async () => {
    const { moving, ticks } = stack([-3]);
    await moveOn(hourMs, moving);
    expect(ticks).toEqual([0, 1]);
  });

  test('takes very many due times together, none of them a day late', async () => {
    const hours = Array.from({ length: 365 * 4 }, (_, index) => index * 6);
    const { moving, ticks } = stack(hours);
    await moveOn(365 * dayMs, moving);
    const gaps = ticks.map((hour, index) => hour - (ticks[index - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(24);
    expect(ticks.length).toBeLessThan(1_000);
  });
});
