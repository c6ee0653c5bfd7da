import { gzipSync } from 'node:zlib';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Encoding, EventMessage, QueuedWebhook } from './events-queue.ts';

/** SQS counts the body and the names, types and values of the attributes. */
export const maxMessageBytes = 1_048_576;

// What SQS does not allow it refuses or, worse, replaces. It does allow characters beyond U+FFFF,
// emulators do not: those travel encoded, too.
const keptBySqs = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]+$/;

/** The part of a SendMessage call that carries this webhook, or that no encoding makes it fit. */
export function encodeEventMessage(webhook: QueuedWebhook): EventMessage | 'too-large' {
  const plain = keptBySqs.test(webhook.body)
    ? message(webhook, webhook.body)
    : message(webhook, Buffer.from(webhook.body).toString('base64'), 'base64');
  if (fits(plain)) return plain;
  const packed = gzipSync(webhook.body, { level: 9 }).toString('base64');
  const compressed = message(webhook, packed, 'gzip');
  return fits(compressed) ? compressed : 'too-large';
}

function message(webhook: QueuedWebhook, text: string, encoding?: Encoding): EventMessage {
  return {
    MessageBody: text,
    MessageAttributes: {
      webhookId: stringAttribute(webhook.webhookId),
      type: stringAttribute(webhook.type),
      receivedAt: stringAttribute(webhook.receivedAt),
      ...(encoding && { encoding: stringAttribute(encoding) }),
    },
  };
}

function stringAttribute(value: string): MessageAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function fits({ MessageBody, MessageAttributes }: EventMessage): boolean {
  const texts = Object.entries(MessageAttributes).flatMap(([name, attribute]) => [
    name,
    attribute.DataType ?? '',
    attribute.StringValue ?? '',
  ]);
  const bytes = [MessageBody, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return MessageBody !== '' && bytes <= maxMessageBytes;
}
