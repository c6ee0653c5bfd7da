import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Advice } from '#infra/terminal/advice.ts';
import { keptLetter, type ReceivedMessage } from '#shared/queue/dead-letters/dead-letter.ts';
import type { ExplainedLetter } from '#shared/queue/dead-letters/letter-reasons.ts';

/** Outside the project, where neither git nor `npm start -- --fresh` comes. */
export const discardedFolder = () => join(homedir(), '.polar-audience', 'discarded');

/**
 * Keeps a message, as it could be sent again, in a file that only its owner can read. Gives its name. Safe to repeat:
 * the same message has the same file.
 */
export async function keepDiscarded(
  folder: string,
  letter: ExplainedLetter,
  message: ReceivedMessage,
): Promise<string> {
  const { fileName, text } = keptLetter(letter, message);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName);
  await writeFile(file, text, { mode: 0o600, flush: true });
  await chmod(file, 0o600);
  return file;
}

/** What a file has that `keepDiscarded` wrote. Throws Advice where it cannot be read. */
export async function discardedText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Advice(`${file} cannot be read.`, { cause });
  }
}
