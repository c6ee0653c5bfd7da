import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { type AudienceTables, type TableUses, transactedRow, wordWrites } from './tables.ts';

type WorkerProps = {
  events: QueueWithDeadLetters;
  mail: QueueWithDeadLetters;
  tables: AudienceTables;
  secrets: Secrets;
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
      environment: { RETENTION_DAYS: String(props.retentionDays) },
      // An erasure goes on in messages of its own until all records of a person are done: each does up to a thousand.
      isFedByItself: true,
    });
    props.tables.give(this.function, tableUses);
    // The second run of an erasure goes into its own queue, with a delay.
    props.events.give(this.function, { calls: ['SendMessage'] });
    props.mail.give(this.function, { calls: ['SendMessage'] });
    props.secrets.give(this.function, { suppressionKey: ['GetSecretValue'] });
    workOnQueue(this, 'Events', this.function, {
      queue: props.events,
      batchSize: 10,
      maxConcurrency: props.maxConcurrency,
    });
  }
}

const tableUses: TableUses = {
  contacts: { calls: [...transactedRow, 'DeleteItem'], queries: ['byContactId'] },
  customers: { calls: transactedRow },
  addresses: { calls: [...transactedRow, 'DeleteItem'] },
  suppressions: { calls: transactedRow },
  settings: { calls: ['GetItem', 'PutItem'] },
  events: { calls: ['GetItem', 'PutItem', 'UpdateItem'], queries: ['byCustomer', 'byContact'] },
  failures: { calls: ['UpdateItem', 'DeleteItem'] },
  // Proofs of erasures, in the transaction that erases.
  acts: { calls: ['PutItem'] },
  workflows: { calls: ['BatchGetItem', 'Scan'] },
  runs: { calls: transactedRow, queries: ['byContact', 'byCustomer', 'byWorkflow'] },
  // Whether somebody has had the emails of a run that begins.
  emails: { calls: ['BatchGetItem'] },
  // The words of a contact, in its transaction.
  words: { calls: wordWrites },
};
