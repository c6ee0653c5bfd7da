import { createInterface } from 'node:readline/promises';
import { Advice } from '#infra/local/advice.ts';

/** Asks the person at the keyboard; anything but yes is no. Throws Advice where nobody can answer. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Advice(`${question} Nobody can answer here: add --yes.`);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
