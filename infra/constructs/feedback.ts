import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allow, lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import { type AudienceTables, allowRefusals, refusalEnvironment } from './tables.ts';

type FeedbackProps = {
  reports: QueueWithDeadLetters;
  tables: AudienceTables;
  suppressionKey: Secret;
};

/** Writes down what became of each email, and whom it must not be sent to again. */
export class Feedback extends Construct {
  static readonly timeout = Duration.seconds(60);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { reports, tables, suppressionKey }: FeedbackProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'feedback',
      description: 'Applies what SES says of mails: sent, bounced, complained of',
      timeout: Feedback.timeout,
      memoryMb: 512,
      environment: {
        ...refusalEnvironment(tables, suppressionKey),
        EMAILS_TABLE: tables.emails.tableName,
        FAILURES_TABLE: tables.failures.tableName,
        FEEDBACK_QUEUE_URL: reports.queue.queueUrl,
        FEEDBACK_DEAD_LETTERS_URL: reports.deadLetters.queueUrl,
      },
    });
    allowRefusals(this.function, tables, suppressionKey);
    allow(this.function, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], [tables.emails.tableArn]);
    allow(
      this.function,
      ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      [tables.failures.tableArn],
    );
    workOnQueue(this, 'Reports', this.function, {
      queue: reports,
      batchSize: 10,
      maxConcurrency: 2,
    });
  }
}
