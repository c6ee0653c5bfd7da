import { describe, expect, it } from 'vitest';
import { stopRuns } from '#shared/audience/runs/stop-runs.ts';

/** Pages of so many runs each. */
function pagesOf(sizes: readonly number[]) {
  return async (at = 0) => ({
    runIds: Array.from({ length: sizes[at] ?? 0 }, (_, nth) => `${at}-${nth}`),
    next: at + 1 < sizes.length ? at + 1 : undefined,
  });
}

describe('stopping many runs', () => {
  it('counts those that it ended, and not those that had ended by themselves', async () => {
    const stop = async (runId: string) => runId !== '0-1';
    expect(await stopRuns(pagesOf([3, 0, 2]), stop)).toEqual({ count: 4, next: undefined });
  });

  it.each([
    ['two hundred were stopped', [150, 60, 10], { count: 210, next: 2 }],
    ['twenty-five pages held none', Array.from({ length: 30 }, () => 0), { count: 0, next: 25 }],
  ])('says where the rest begins once %s', async (_, sizes, first) => {
    expect(await stopRuns(pagesOf(sizes), async () => true)).toEqual(first);
  });

  it('goes on where it left off, and stops each one once', async () => {
    const pages = pagesOf([150, 60, 10]);
    const stopped: string[] = [];
    const stop = async (runId: string) => stopped.push(runId) > 0;
    const { next } = await stopRuns(pages, stop);
    expect(await stopRuns(pages, stop, next)).toEqual({ count: 10, next: undefined });
    expect(new Set(stopped).size).toBe(220);
    expect(stopped).toHaveLength(220);
  });
});
