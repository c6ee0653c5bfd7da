import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DeadLetter } from '#shared/dead-letters/dead-letter.ts';
import { copyOf, type ReceivedMessage } from '#shared/dead-letters/received-message.ts';

/** Outside the project, where neither git nor `npm start -- --fresh` comes. */
export const discardedFolder = join(homedir(), '.polar-audience', 'discarded');

/**
 * Keeps a message, as it could be sent again, in a file that only its owner can read. Gives its name. Safe to repeat:
 * the same message has the same file.
 */
export async function keepDiscarded(
  folder: string,
  { queue, id, messageId, sentAt }: DeadLetter,
  message: ReceivedMessage,
): Promise<string> {
  const { MessageBody, MessageAttributes } = copyOf(message);
  const attributes = Object.entries(MessageAttributes).map(([name, { BinaryValue, ...rest }]) => [
    name,
    BinaryValue ? { ...rest, BinaryValue: Buffer.from(BinaryValue).toString('base64') } : rest,
  ]);
  const content = {
    queue,
    id,
    messageId,
    sentAt: sentAt.toISOString(),
    MessageBody,
    MessageAttributes: Object.fromEntries(attributes),
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = [queue, id, messageId].map((part) => part.replace(/[^\w-]+/g, '_').slice(0, 80));
  const file = join(folder, `${name.join('.')}.json`);
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flush: true });
  await chmod(file, 0o600);
  return file;
}
