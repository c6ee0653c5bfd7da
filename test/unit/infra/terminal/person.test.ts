import { PassThrough } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { Advice, endedByPerson, runCommand } from '#infra/terminal/advice.ts';
import { confirmed } from '#infra/terminal/person.ts';

const before = process.exitCode;
afterEach(() => {
  process.exitCode = before;
});

/** A terminal at which somebody types this. */
function typed(text: string) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  output.resume();
  input.write(text);
  return { input, output };
}

it.each([
  ['y\n', true],
  ['YES\n', true],
  ['\n', false],
  ['n\n', false],
])('the answer %j means %s', async (text, meant) => {
  expect(await confirmed('Really?', typed(text))).toBe(meant);
});

it('Ctrl-C at a question is a sentence and the exit code of one who ended it', async () => {
  const asked = confirmed('Really?', typed('\u0003'));
  await expect(asked).rejects.toThrow(Advice);
  await expect(asked).rejects.toThrow(/^You stopped at this question, /);
  await runCommand(async () => void (await asked));
  expect(process.exitCode).toBe(endedByPerson);
});

it('nobody can be asked without a terminal', async () => {
  const { input, output } = typed('y\n');
  Object.assign(input, { isTTY: false });
  await expect(confirmed('Really?', { input, output })).rejects.toThrow(/Pass --yes\.$/);
});
