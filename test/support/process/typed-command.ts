import { vi } from 'vitest';
import { engineersProgram } from '#infra/commands/commands.ts';
import { followStack } from '#infra/local/clock/local-clock.ts';
import { runCommand, withAdvice } from '#infra/terminal/advice.ts';
import { runProgram } from '#infra/terminal/command-line.ts';

/** What a command reads of its environment: nothing of it comes from whoever runs the tests. */
const isOfCommands = (name: string) => /^(?:AWS_|POLAR_|npm_|DYNAMODB_)/.test(name);

/** A command takes the streams and the environment of the process: one at a time. */
let before: Promise<unknown> = Promise.resolve();

/** What a command wrote, and the exit code that it left. */
export type Typed = Readonly<{ out: string; error: string; code: number }>;

/**
 * A command as its npm script runs it, with this environment and without a terminal, but in this process: a new one
 * takes a second or two of processor time. What a process does as such (Ctrl-C, its standard input, its memory) needs
 * one of its own.
 */
export async function typed(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Typed> {
  const turn = before.then(() => runTyped(words, environment));
  before = turn.catch(() => undefined);
  return turn;
}

async function runTyped(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Typed> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  const { exitCode } = process;
  const kept = { ...process.env };
  const own = Object.keys(kept).filter(isOfCommands);
  for (const name of own) delete process.env[name];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  process.exitCode = undefined;
  try {
    await runCommand(() => withAdvice(() => runProgram(engineersProgram(), words)));
    return { out: written.stdout, error: written.stderr, code: Number(process.exitCode ?? 0) };
  } finally {
    // A command about a local stack has the stack's time; the test has its own.
    followStack(0);
    process.exitCode = exitCode;
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, kept);
    for (const spy of spies) spy.mockRestore();
  }
}
