import { describe, expect, it } from 'vitest';
import { within } from '#shared/in-time.ts';

const never = () => new Promise<never>(() => undefined);
const thrower = () => {
  throw new Error('of the action');
};
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('an action within a time', () => {
  it('gives its result', async () => {
    expect(await within(60_000, async () => 'done')).toBe('done');
  });

  it('fails with the error of the action, the very same', async () => {
    const error = new Error('of the action');
    const failed = within(60_000, () => Promise.reject(error));
    expect(await failed.catch((reason: unknown) => reason)).toBe(error);
  });

  it('fails when the action takes longer, and says how long it had', async () => {
    await expect(within(5, never)).rejects.toThrow('longer than the 5 ms that were left');
  });

  it.each([0, -1])('is not begun with %s ms left', async (patienceMs) => {
    let isBegun = false;
    const action = async () => {
      isBegun = true;
    };
    await expect(within(patienceMs, action)).rejects.toThrow('no time left to begin');
    expect(isBegun).toBe(false);
  });

  it.each([
    ['is done', () => Promise.resolve()],
    ['has failed', () => Promise.reject(new Error('of the action'))],
    ['has failed before it gave a promise', thrower],
  ])('leaves no timer behind when it %s', async (_, action) => {
    const before = timers();
    for (let n = 0; n < 20; n++) await within(60_000, action).catch(() => undefined);
    expect(timers()).toBeLessThan(before + 20);
  });
});
