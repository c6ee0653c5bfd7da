import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { visible } from '#shared/safe-text.ts';
import { declined, whatWasDone } from './acted.ts';
import { Advice, endedByPerson } from './advice.ts';

type Terminal = Readonly<{
  input: NodeJS.ReadableStream & Readonly<{ isTTY?: boolean }>;
  output: NodeJS.WritableStream;
}>;

/**
 * Asks the person at the keyboard, on standard error; anything but yes is no. Throws Advice where nobody can answer, or
 * the person presses Ctrl-C.
 */
export async function confirmed(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (!input.isTTY) throw new Advice(`${question} There's no terminal to answer in. Pass --yes.`);
  const lines = createInterface({ input, output });
  try {
    const isYes = /^y(es)?$/i.test((await lines.question(`${visible(question)} [y/N] `)).trim());
    if (!isYes) declined();
    return isYes;
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'AbortError')) throw cause;
    process.exitCode = endedByPerson;
    output.write('\n');
    throw new Advice("You stopped at this question, so what it asks about wasn't done.", { cause });
  } finally {
    lines.close();
  }
}

/** Whether a person at the keyboard can be asked. */
export function isSomebodyThere(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Ctrl-C ends a run tidily: what it is at is finished. A second one ends it at once. */
export function interruption(print: (line: string) => void) {
  let stopped = false;
  const onInterrupt = () => {
    stopped = true;
    process.exitCode = endedByPerson;
    print('Stopping … (press Ctrl-C again to stop immediately)');
  };
  process.once('SIGINT', onInterrupt);
  return {
    isStopped: () => stopped,
    forget: () => void process.off('SIGINT', onInterrupt),
    /** While a person is asked, Ctrl-C ends the program. */
    async isOff<T>(ask: () => Promise<T>): Promise<T> {
      process.off('SIGINT', onInterrupt);
      try {
        return await ask();
      } finally {
        process.once('SIGINT', onInterrupt);
      }
    },
  };
}

/** Who runs the command: as the operator log has it, or else as far as this machine knows. */
export function person(): string {
  const { actor } = whatWasDone();
  if (actor !== undefined) return actor;
  try {
    return userInfo().username;
  } catch {
    return 'an engineer';
  }
}

/** The token itself; `-` stands for what comes on standard input. Throws Advice about what is none. */
export async function tokenGiven(given: string, input: NodeJS.ReadableStream): Promise<string> {
  const token = (given === '-' ? await text(input) : given).trim();
  if (/^polar_oat_[\w-]+$/.test(token)) return token;
  throw new Advice(
    "That isn't a Polar organization access token: those begin with polar_oat_. Create one in Polar, in your organization's settings.",
  );
}
