import { describe, expect, it } from 'vitest';
import { sharedReads } from '#shared/store/shared-reads.ts';

/** A source whose readings end when the test says so. */
function source({ mostKeys = 100, atOnce = 1 } = {}) {
  const calls: string[][] = [];
  const answers: PromiseWithResolvers<ReadonlyMap<string, string>>[] = [];
  const read = sharedReads<string, string>(
    async (keys) => {
      calls.push([...keys]);
      const answer = Promise.withResolvers<ReadonlyMap<string, string>>();
      answers.push(answer);
      return answer.promise;
    },
    {
      nameOf: (key) => key,
      mostKeys,
      atOnce,
      isOfKeys: (error) => error instanceof RangeError,
    },
  );
  return {
    read,
    calls,
    /** Ends the nth call with what is under its keys. */
    end: (nth: number) =>
      answers[nth]?.resolve(new Map(calls[nth]?.map((key) => [key, `${key} of call ${nth}`]))),
    fail: (nth: number, error: Error) => answers[nth]?.reject(error),
  };
}

/** Until all that can go on has gone on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('readings that are asked for side by side', () => {
  it('are one call where they are asked for in one turn, with each key once', async () => {
    const { read, calls, end } = source();
    const all = Promise.all([read(['a', 'b']), read(['b', 'c'])]);
    await turn();
    expect(calls).toEqual([['a', 'b', 'c']]);
    end(0);
    const [first, second] = await all;
    expect(first.get('a')).toBe('a of call 0');
    expect(second.get('c')).toBe('c of call 0');
  });

  it('wait for a call that is under way, and share the next one', async () => {
    const { read, calls, end } = source();
    const first = read(['a']);
    await turn();
    const later = [read(['a']), read(['b'])];
    await turn();
    expect(calls).toEqual([['a']]);
    end(0);
    await first;
    await turn();
    expect(calls).toEqual([['a'], ['a', 'b']]);
    end(1);
    const [again] = await Promise.all(later);
    expect(again?.get('a'), 'not what was read before it was asked for').toBe('a of call 1');
  });

  it('do not wait while fewer calls are under way than there may be', async () => {
    const { read, calls } = source({ atOnce: 2 });
    for (const key of ['a', 'b', 'c', 'd']) {
      void read([key]);
      await turn();
    }
    expect(calls).toEqual([['a'], ['b']]);
  });

  it('are as many calls as their keys need, in the order in which they were asked for', async () => {
    const { read, calls, end } = source({ mostKeys: 3 });
    const all = Promise.all([read(['a', 'b']), read(['c', 'd']), read(['a', 'd'])]);
    await turn();
    end(0);
    await turn();
    end(1);
    await all;
    expect(calls).toEqual([
      ['a', 'b'],
      ['c', 'd', 'a'],
    ]);
  });

  it('fail alike where the source fails', async () => {
    const { read, calls, fail, end } = source();
    const both = Promise.allSettled([read(['a']), read(['b'])]);
    await turn();
    fail(0, new Error('throttled'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toHaveLength(1);
    const next = read(['c']);
    await turn();
    end(1);
    expect((await next).get('c')).toBe('c of call 1');
  });

  it('are tried apart where what one of them asks for is refused, so that it fails alone', async () => {
    const { read, calls, fail, end } = source();
    const both = Promise.allSettled([read(['a']), read(['b'])]);
    await turn();
    fail(0, new RangeError('b is no key'));
    await turn();
    expect(calls.slice(1)).toEqual([['a'], ['b']]);
    end(1);
    fail(2, new RangeError('b is no key'));
    expect((await both).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('are refused where one asks for more keys than a call takes', async () => {
    const { read, calls } = source({ mostKeys: 2 });
    await expect(read(['a', 'b', 'c'])).rejects.toThrow('One reading takes 2 keys at most.');
    await turn();
    expect(calls).toEqual([]);
  });
});
