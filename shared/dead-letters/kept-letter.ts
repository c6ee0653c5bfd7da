import type { DeadLetter } from './dead-letter.ts';
import { copyOf, type ReceivedMessage } from './received-message.ts';

/** A dead letter for keeping: with it the same message can be sent again. */
export function keptLetter(
  { queue, id, messageId, sentAt }: DeadLetter,
  message: ReceivedMessage,
): Readonly<{ fileName: string; text: string }> {
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
  const name = [queue, id, messageId].map((part) => part.replace(/[^\w-]+/g, '_').slice(0, 80));
  return {
    fileName: `${name.join('.')}.json`,
    text: `${JSON.stringify(content, undefined, 2)}\n`,
  };
}
