import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import type { EventQueue } from '#infra/constructs/event-queue.ts';
import { allow, lambdaFunction } from '#infra/constructs/lambda-function.ts';

type WorkerProps = {
  events: EventQueue;
  tables: AudienceTables;
  suppressionKey: Secret;
  retentionDays: number;
  maxConcurrency: number;
};

/** Applies queued events to the audience. */
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
    });
    allowTables(this.function, props.tables);
    allowQueues(this.function, props.events);
    allow(this.function, ['secretsmanager:GetSecretValue'], [props.suppressionKey.secretArn]);
    new EventSourceMapping(this, 'Events', {
      target: this.function,
      eventSourceArn: props.events.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: props.maxConcurrency,
    });
  }
}

function environment({ events, tables, suppressionKey, retentionDays }: WorkerProps) {
  return {
    CONTACTS_TABLE: tables.contacts.tableName,
    CUSTOMERS_TABLE: tables.customers.tableName,
    ADDRESSES_TABLE: tables.addresses.tableName,
    EVENTS_TABLE: tables.events.tableName,
    FAILURES_TABLE: tables.failures.tableName,
    SETTINGS_TABLE: tables.settings.tableName,
    SUPPRESSIONS_TABLE: tables.suppressions.tableName,
    EVENTS_QUEUE_URL: events.queue.queueUrl,
    EVENTS_DEAD_LETTERS_URL: events.deadLetters.queueUrl,
    SUPPRESSION_KEY_ID: suppressionKey.secretArn,
    RETENTION_DAYS: String(retentionDays),
  };
}

/** A transaction needs the permission of each of its items' actions, and none of its own. */
function allowTables(worker: NodejsFunction, tables: AudienceTables): void {
  const { contacts, customers, addresses, events, failures, settings, suppressions } = tables;
  const read = [customers, addresses, contacts, suppressions].map((table) => table.tableArn);
  const written = [customers, addresses, contacts].map((table) => table.tableArn);
  allow(worker, ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem'], read);
  allow(worker, ['dynamodb:PutItem'], written);
  allow(worker, ['dynamodb:DeleteItem'], [addresses.tableArn, contacts.tableArn]);
  allow(worker, ['dynamodb:GetItem', 'dynamodb:PutItem'], [settings.tableArn]);
  allow(worker, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], [events.tableArn]);
  allow(worker, ['dynamodb:Query'], [`${events.tableArn}/index/byCustomer`]);
  allow(worker, ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [failures.tableArn]);
}

function allowQueues(worker: NodejsFunction, { queue, deadLetters }: EventQueue): void {
  allow(
    worker,
    [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
      'sqs:SendMessage',
    ],
    [queue.queueArn],
  );
  allow(worker, ['sqs:SendMessage'], [deadLetters.queueArn]);
}
