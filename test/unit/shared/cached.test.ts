import { describe, expect, it } from 'vitest';
import { cached } from '#shared/in-time.ts';

/** Readings that the test ends one by one, and a clock that it sets. */
function readings(maxAgeMs = 1_000) {
  const begun: PromiseWithResolvers<string>[] = [];
  const clock = { ms: 0 };
  const read = cached(
    () => {
      const reading = Promise.withResolvers<string>();
      begun.push(reading);
      return reading.promise;
    },
    maxAgeMs,
    () => clock.ms,
  );
  return { begun, clock, read };
}

describe('a cached reading', () => {
  it('is given again until it has reached its greatest age', async () => {
    const { begun, clock, read } = readings();
    const first = read();
    begun[0]?.resolve('first');
    expect(await first).toBe('first');
    clock.ms = 999;
    expect(await read()).toBe('first');
    clock.ms = 1_000;
    const second = read();
    begun[1]?.resolve('second');
    expect(await second).toBe('second');
    clock.ms = 1_999;
    expect(await read()).toBe('second');
    expect(begun).toHaveLength(2);
  });

  it('never ends where its age has no limit', async () => {
    const { begun, clock, read } = readings(Number.POSITIVE_INFINITY);
    const first = read();
    begun[0]?.resolve('first');
    clock.ms = Number.MAX_SAFE_INTEGER;
    expect(await Promise.all([first, read()])).toEqual(['first', 'first']);
    expect(begun).toHaveLength(1);
  });

  it('is shared by callers who ask while it is under way', async () => {
    const { begun, read } = readings();
    const answers = Promise.all([read(), read(), read()]);
    expect(begun).toHaveLength(1);
    begun[0]?.resolve('one for all');
    expect(await answers).toEqual(['one for all', 'one for all', 'one for all']);
  });

  it('that fails is told to all who waited for it and is not kept', async () => {
    const { begun, read } = readings();
    const answers = Promise.allSettled([read(), read()]);
    begun[0]?.reject(new Error('away'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = read();
    expect(begun).toHaveLength(2);
    begun[1]?.resolve('back');
    expect(await again).toBe('back');
    expect(await read()).toBe('back');
    expect(begun).toHaveLength(2);
  });

  it('that fails late leaves the newer one in its place', async () => {
    const { begun, clock, read } = readings();
    const old = read();
    clock.ms = 1_000;
    const newer = read();
    begun[1]?.resolve('newer');
    expect(await newer).toBe('newer');
    begun[0]?.reject(new Error('away'));
    await expect(old).rejects.toThrow('away');
    expect(await read()).toBe('newer');
    expect(begun).toHaveLength(2);
  });
});
