import type { SQSRecord } from 'aws-lambda';
import type { ReceivedEvent } from '#shared/audience/decide.ts';
import { decodeEventMessage } from '#shared/aws/event-message.ts';
import { readWorkerRequest, type WorkerRequest } from '#shared/aws/worker-message.ts';
import { polarEvent } from '#shared/polar/polar-event.ts';

export type Content =
  | { kind: 'event'; event: ReceivedEvent; body: string }
  | WorkerRequest
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
    content: readWorkerRequest(attribute('kind'), record.body) ?? readEvent(record),
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
