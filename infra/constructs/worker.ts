import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allow, lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import type { AudienceTables } from './tables.ts';

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
    });
    allowTables(this.function, props.tables);
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

function environment({ events, mail, tables, suppressionKey, retentionDays }: WorkerProps) {
  return {
    CONTACTS_TABLE: tables.contacts.tableName,
    CUSTOMERS_TABLE: tables.customers.tableName,
    ADDRESSES_TABLE: tables.addresses.tableName,
    EVENTS_TABLE: tables.events.tableName,
    FAILURES_TABLE: tables.failures.tableName,
    SETTINGS_TABLE: tables.settings.tableName,
    SUPPRESSIONS_TABLE: tables.suppressions.tableName,
    WORKFLOWS_TABLE: tables.workflows.tableName,
    EVENTS_QUEUE_URL: events.queue.queueUrl,
    EVENTS_DEAD_LETTERS_URL: events.deadLetters.queueUrl,
    MAIL_QUEUE_URL: mail.queueUrl,
    SUPPRESSION_KEY_ID: suppressionKey.secretArn,
    RETENTION_DAYS: String(retentionDays),
  };
}

/** A transaction needs the permission of each of its items' actions, and none of its own. */
function allowTables(worker: NodejsFunction, tables: AudienceTables): void {
  const { contacts, customers, addresses, events, failures, settings, suppressions, workflows } =
    tables;
  const read = [customers, addresses, contacts, suppressions].map((table) => table.tableArn);
  const written = [customers, addresses, contacts, suppressions].map((table) => table.tableArn);
  allow(worker, ['dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem'], read);
  allow(worker, ['dynamodb:PutItem'], written);
  allow(worker, ['dynamodb:DeleteItem'], [addresses.tableArn, contacts.tableArn]);
  allow(worker, ['dynamodb:GetItem', 'dynamodb:PutItem'], [settings.tableArn]);
  const recorded = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
  allow(worker, recorded, [events.tableArn]);
  const indexes = [`${events.tableArn}/index/byCustomer`, `${events.tableArn}/index/byContact`];
  allow(worker, ['dynamodb:Query'], [...indexes, `${contacts.tableArn}/index/byContactId`]);
  allow(worker, ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [failures.tableArn]);
  allow(worker, ['dynamodb:Scan'], [workflows.tableArn]);
}
