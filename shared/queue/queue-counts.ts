import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** How many messages a queue has, by SQS's counts, which lag by up to a minute. */
type QueueCounts = Readonly<{ visible: number; hidden: number; delayed: number }>;

export type ReadQueueCounts = (queueUrl: string) => Promise<QueueCounts>;

export function queueCounts(sqs: SQSClient): ReadQueueCounts {
  return async (QueueUrl) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
    );
    return {
      visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
      hidden: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
    };
  };
}
