import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';

/** A message that SQS has handed out and hides from others until its visibility timeout is over. */
export type ReceivedMessage = Readonly<{
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** When it was first sent; being moved to the dead letters by SQS does not change it. */
  sentAt: Date;
  /** By how many reads, this one and those of other queues included. */
  receives: number;
}>;

export function receivedMessage(message: Message): ReceivedMessage {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: MessageAttributes ?? {},
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
  };
}

/** The part of a SendMessage call that makes another message with the same content. */
export function copyOf({ body, attributes }: ReceivedMessage) {
  const copied = Object.entries(attributes).map(
    ([name, { DataType, StringValue, BinaryValue }]): [string, MessageAttributeValue] => [
      name,
      {
        DataType,
        ...(StringValue !== undefined && { StringValue }),
        ...(BinaryValue !== undefined && { BinaryValue }),
      },
    ],
  );
  return { MessageBody: body, MessageAttributes: Object.fromEntries(copied) };
}
