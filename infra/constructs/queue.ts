import { Aws, Duration, Fn, Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allow } from './lambda-function.ts';
import { type Keeping, pinLogicalId, removalPolicy } from './stateful.ts';

type QueueProps = {
  /** `Mail` gives the logical ids `MailQueue` and `MailDeadLetters`. Never change it. */
  name: string;
  keeping: Keeping;
  /** Of the function that works on its messages. */
  timeout: Duration;
};

type QueueCall =
  | 'ChangeMessageVisibility'
  | 'DeleteMessage'
  | 'GetQueueAttributes'
  | 'ReceiveMessage'
  | 'SendMessage';

/** What it takes to work on the messages of a queue. */
export const queueWork = [
  'ReceiveMessage',
  'DeleteMessage',
  'GetQueueAttributes',
  'ChangeMessageVisibility',
] as const;

/** What a function does with a queue and with its dead letters. */
type QueueUse = Readonly<{ calls: readonly QueueCall[]; deadLetters?: readonly QueueCall[] }>;

/** Messages on their way to a function, and those with which it could do nothing. */
export class QueueWithDeadLetters extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  private readonly name: string;

  constructor(scope: Construct, id: string, { name, keeping, timeout }: QueueProps) {
    super(scope, id);
    this.name = name;
    const queueName = physicalName(name);
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      maxMessageSizeBytes: 1_048_576,
      // SQS's longest, for both: a message that is moved to the dead letters keeps the time at
      // which it was first sent, and so has left what it did not spend in the queue before.
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicy(keeping),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', sqsArn(this, queueName))],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName,
      // AWS asks for six times the function's timeout, so that no message is seen twice at once.
      visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),
      // The functions wait longer after each failure (15 s, doubled up to 900 s): twelve tries take
      // about an hour and a half.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 12 },
    });
    pinLogicalId(this.deadLetters, `${name}DeadLetters`);
    pinLogicalId(this.queue, `${name}Queue`);
  }

  /**
   * Gives a function this queue, and its dead letters where it uses them: their URLs in its environment
   * (`MAIL_QUEUE_URL`, `MAIL_DEAD_LETTERS_URL`), and exactly these calls.
   */
  give(lambda: NodejsFunction, { calls, deadLetters }: QueueUse): void {
    const name = this.name.toUpperCase();
    const one = (queue: Queue, variable: string, used: readonly QueueCall[]) => {
      lambda.addEnvironment(`${name}_${variable}`, queue.queueUrl);
      const actions = used.map((call) => `sqs:${call}`);
      allow(lambda, actions, [queue.queueArn]);
    };
    one(this.queue, 'QUEUE_URL', calls);
    if (deadLetters) one(this.deadLetters, 'DEAD_LETTERS_URL', deadLetters);
  }
}

/**
 * The two queues name each other, which CloudFormation allows only if one of the names is known
 * beforehand. The end of the stack's id is in it, so that a queue left behind by a deleted stack
 * does not stand in the way of the next one.
 */
function physicalName(name: string): string {
  const stackUuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return `${Aws.STACK_NAME}-${name.toLowerCase()}-${Fn.select(4, Fn.split('-', stackUuid))}`;
}

function sqsArn(scope: Construct, queueName: string): string {
  return Stack.of(scope).formatArn({ service: 'sqs', resource: queueName });
}

type Work = { queue: QueueWithDeadLetters; batchSize: number; maxConcurrency: number };

/** What SQS gives at once. For more, Lambda collects, and wants to be told for how long. */
const mostWithoutWaiting = 10;

/**
 * Gives a function a queue to work on: it reports which messages failed, chooses when they come again,
 * and puts those that never can succeed among the dead letters itself.
 */
export function workOnQueue(
  scope: Construct,
  id: string,
  lambda: NodejsFunction,
  { queue, batchSize, maxConcurrency }: Work,
): void {
  queue.give(lambda, { calls: queueWork, deadLetters: ['SendMessage'] });
  new EventSourceMapping(scope, id, {
    target: lambda,
    eventSourceArn: queue.queue.queueArn,
    batchSize,
    reportBatchItemFailures: true,
    maxConcurrency,
    ...(batchSize > mostWithoutWaiting && { maxBatchingWindow: Duration.seconds(1) }),
  });
}
