import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { allow } from '#infra/constructs/lambda-function.ts';
import type { QueueWithDeadLetters } from '#infra/constructs/queue-with-dead-letters.ts';

type Work = { queue: QueueWithDeadLetters; batchSize: number; maxConcurrency: number };

/**
 * Lets a function work on a queue: it reports which messages failed, chooses when they come again,
 * and puts those that never can succeed among the dead letters itself.
 */
export function workOnQueue(
  scope: Construct,
  id: string,
  lambda: NodejsFunction,
  { queue: { queue, deadLetters }, batchSize, maxConcurrency }: Work,
): void {
  const actions = [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ChangeMessageVisibility',
  ];
  allow(lambda, actions, [queue.queueArn]);
  allow(lambda, ['sqs:SendMessage'], [deadLetters.queueArn]);
  new EventSourceMapping(scope, id, {
    target: lambda,
    eventSourceArn: queue.queueArn,
    batchSize,
    reportBatchItemFailures: true,
    maxConcurrency,
  });
}
