import { describe, expect, it } from 'vitest';
import { inOneGo } from '#shared/in-time.ts';

function askedInOneGo() {
  const asked: (readonly string[])[] = [];
  const value = inOneGo(async (keys: readonly string[]) => {
    asked.push(keys);
    if (keys.includes('fails')) throw new Error('no answer');
    return (key) => `${key} of ${asked.length}`;
  });
  return { asked, value };
}

describe('what is asked for in one go', () => {
  it('is asked for once, each key once', async () => {
    const { asked, value } = askedInOneGo();
    const later = Promise.resolve().then(() => value('c'));
    expect(await Promise.all([value('a'), value('b'), value('a'), later])).toEqual([
      'a of 1',
      'b of 1',
      'a of 1',
      'c of 1',
    ]);
    expect(asked).toEqual([['a', 'b', 'c']]);
  });

  it('is asked for again by whoever comes while an answer is under way', async () => {
    const answers: ((answer: (key: string) => string) => void)[] = [];
    const value = inOneGo(
      () => new Promise<(key: string) => string>((resolve) => answers.push(resolve)),
    );
    const first = value('a');
    await expect.poll(() => answers.length).toBe(1);
    const second = value('a');
    await expect.poll(() => answers.length).toBe(2);
    answers[1]?.(() => 'new');
    answers[0]?.(() => 'old');
    expect(await Promise.all([first, second])).toEqual(['old', 'new']);
  });

  it('fails for all who asked, and for nobody after them', async () => {
    const { value } = askedInOneGo();
    const both = [value('fails'), value('a')];
    await expect(Promise.allSettled(both)).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(await value('a')).toBe('a of 2');
  });
});
