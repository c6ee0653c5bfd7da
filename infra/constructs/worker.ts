import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allow, lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import { type AudienceTables, type TableUses, transactedRow } from './tables.ts';

type WorkerProps = {
  events: QueueWithDeadLetters;
  mail: Queue;
  tables: AudienceTables;
  suppressionKey: Secret;
  retentionDays: number;
  maxConcurrency: number;
};

/** Applies queued events to the audience and queues the emails that they trigger. */
export class Worker extends Construct {
  static readonly timeout = Duration.seconds(60);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'worker',
      description: 'Applies queued events to contacts and customers',
      timeout: Worker.timeout,
      // It mostly waits for DynamoDB, and a batch is at most 6 MB: more memory would only cost.
      memoryMb: 512,
      environment: environment(props),
      // An erasure goes on in messages of its own until all records of a person are done: each does up to a thousand.
      isFedByItself: true,
    });
    props.tables.give(this.function, tableUses);
    // The second run of an erasure goes into its own queue, with a delay.
    const { events, mail } = props;
    allow(this.function, ['sqs:SendMessage'], [events.queue.queueArn, mail.queueArn]);
    allow(this.function, ['secretsmanager:GetSecretValue'], [props.suppressionKey.secretArn]);
    workOnQueue(this, 'Events', this.function, {
      queue: events,
      batchSize: 10,
      maxConcurrency: props.maxConcurrency,
    });
  }
}

function environment({ events, mail, suppressionKey, retentionDays }: WorkerProps) {
  return {
    EVENTS_QUEUE_URL: events.queue.queueUrl,
    EVENTS_DEAD_LETTERS_URL: events.deadLetters.queueUrl,
    MAIL_QUEUE_URL: mail.queueUrl,
    SUPPRESSION_KEY_ID: suppressionKey.secretArn,
    RETENTION_DAYS: String(retentionDays),
  };
}

const tableUses: TableUses = {
  contacts: { calls: [...transactedRow, 'DeleteItem'], queries: ['byContactId'] },
  customers: { calls: transactedRow },
  addresses: { calls: [...transactedRow, 'DeleteItem'] },
  suppressions: { calls: transactedRow },
  settings: { calls: ['GetItem', 'PutItem'] },
  events: { calls: ['GetItem', 'PutItem', 'UpdateItem'], queries: ['byCustomer', 'byContact'] },
  failures: { calls: ['UpdateItem', 'DeleteItem'] },
  workflows: { calls: ['Scan'] },
};
