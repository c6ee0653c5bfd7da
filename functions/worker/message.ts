import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { ReceivedEvent } from '#shared/audience/decide.ts';
import { recordPositionSchema } from '#shared/aws/dynamo-event-records.ts';
import { decodeEventMessage } from '#shared/aws/event-message.ts';
import { polarEvent } from '#shared/polar/polar-event.ts';

/** Asks to erase what the records of an erased customer still hold. `after`: where an earlier message stopped. */
const erasureSchema = z.object({
  customerId: z.string(),
  after: z.optional(recordPositionSchema),
});
export type Erasure = z.infer<typeof erasureSchema>;

export type Content =
  | { kind: 'event'; event: ReceivedEvent; body: string }
  | { kind: 'erasure'; erasure: Erasure }
  | { kind: 'unreadable'; reason: string };

export type Message = Readonly<{
  record: SQSRecord;
  /** Of the webhook that a message stands for; the message id where that cannot be read. */
  webhookId: string;
  type: string | undefined;
  content: Content;
}>;

export function readMessage(record: SQSRecord): Message {
  const attribute = (name: string) => record.messageAttributes[name]?.stringValue;
  return {
    record,
    webhookId: attribute('webhookId') || `message ${record.messageId}`,
    type: attribute('type'),
    content: attribute('kind') === 'erasure' ? readErasure(record.body) : readEvent(record),
  };
}

function readEvent(record: SQSRecord): Content {
  try {
    const { webhookId, receivedAt, body } = decodeEventMessage(record);
    const parsed = polarEvent(body);
    if (parsed.kind === 'unreadable') return parsed;
    return { kind: 'event', event: { ...parsed.event, webhookId, receivedAt }, body };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : 'Unreadable' };
  }
}

function readErasure(body: string): Content {
  try {
    return { kind: 'erasure', erasure: erasureSchema.parse(JSON.parse(body)) };
  } catch {
    return { kind: 'unreadable', reason: 'The erasure message cannot be read.' };
  }
}

/** The message that `readMessage` reads as an erasure, on behalf of the webhook that asked for it. */
export function erasureMessage(webhookId: string, erasure: Erasure) {
  const text = (value: string): MessageAttributeValue => ({
    DataType: 'String',
    StringValue: value,
  });
  return {
    MessageBody: JSON.stringify(erasure),
    MessageAttributes: { kind: text('erasure'), webhookId: text(webhookId), type: text('erasure') },
  };
}
