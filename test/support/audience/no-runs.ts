import type { ClockParts } from '#functions/clock/clock.ts';

/** For a clock that has no runs to ask for. */
export const noRuns: Pick<ClockParts, 'runs' | 'wake' | 'mostRuns'> = {
  runs: { due: async () => ({ runs: [], unreadable: [] }), take: async () => false },
  wake: async () => undefined,
  mostRuns: 0,
};
