import { expect, test } from 'vitest';
import { lifeProgram } from '#infra/local/life/life-options.ts';
import {
  isLifeName,
  type LifeName,
  lives,
  type ToldDay,
  toldLife,
} from '#infra/local/life/lives.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { runProgram } from '#infra/terminal/command-line.ts';
import { readySequences } from '#shared/mail/ready-made/sequences.ts';

const dayMs = 86_400_000;
const firstMs = Date.parse('2027-02-01T10:00:00Z');
const who = { email: 'ada@example.com', name: 'Ada Lovelace' };

/** The life as it is told on its days. */
function told(name: LifeName): (ToldDay | undefined)[] {
  let now = new Date(firstMs);
  const life = lives[name];
  const days = toldLife(life, who, () => now).days[Symbol.iterator]();
  return life.days.map(([day]) => {
    now = new Date(firstMs + day * dayMs);
    return days.next().value ?? undefined;
  });
}

test('each ready-made sequence has a life', () => {
  const followed = new Set(Object.values(lives).map(({ sequence }) => sequence));
  expect([...followed].sort()).toEqual(readySequences.map(({ name }) => name).sort());
});

test.each(readySequences.map((sequence) => [sequence.name, sequence] as const))(
  'the life of %s tells on its first day what the sequence waits for',
  (name, { event }) => {
    if (!isLifeName(name)) throw new Error(name);
    const [first] = told(name);
    expect(first?.events.map(({ type }) => type)).toContain(event);
  },
);

test.each(Object.keys(lives).filter(isLifeName))(
  'in the life of %s each time is of its day, and grows',
  (name) => {
    const life = lives[name];
    for (const [index, day] of told(name).entries()) {
      const times = (day?.events ?? []).map(({ timestamp }) => timestamp);
      expect(times).toEqual([...times].sort());
      const last = Date.parse(times.at(-1) ?? new Date(firstMs).toISOString());
      if (times.length > 0) {
        const [at] = life.days[index] ?? [0];
        expect(Math.round((last - firstMs) / dayMs)).toBe(at);
      }
    }
    const before = Date.parse(told(name)[0]?.events[0]?.timestamp ?? '');
    expect((firstMs - before) / dayMs).toBeCloseTo(life.subscribedDaysBefore, 3);
  },
);

test('npm run polar -- life takes a name it knows, and says the others', async () => {
  const seen: unknown[] = [];
  const read = (...words: string[]) =>
    runProgram(
      lifeProgram((given) => void seen.push(given)),
      words,
    );
  await read();
  await read('dunning', '--add', '--email', 'a@example.com');
  expect(seen).toEqual([
    { name: undefined, email: undefined, add: false },
    { name: 'dunning', email: 'a@example.com', add: true },
  ]);
  await expect(read('dunnin')).rejects.toThrow(Advice);
  await expect(read('dunnin')).rejects.toThrow(
    /Choose one of: dunning, past-due-exhausted, trial-ending/,
  );
});
