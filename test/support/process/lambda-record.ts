import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

/** A received message in the shape in which Lambda hands it over. */
export function lambdaRecord(message: Message): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes } = message;
  const attributes = Object.entries(MessageAttributes ?? {}).map(([name, { StringValue = '' }]) => [
    name,
    { dataType: 'String', stringValue: StringValue },
  ]);
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events',
    awsRegion: 'us-east-1',
    attributes: {
      ApproximateReceiveCount: Attributes?.ApproximateReceiveCount ?? '1',
      ApproximateFirstReceiveTimestamp: Attributes?.ApproximateFirstReceiveTimestamp ?? '0',
      SenderId: 'local',
      SentTimestamp: Attributes?.SentTimestamp ?? '0',
    },
    messageAttributes: Object.fromEntries(attributes),
  };
}
