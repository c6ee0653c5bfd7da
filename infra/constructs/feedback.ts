import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allow, lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import { type AudienceTables, refusalUses } from './tables.ts';

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
        SUPPRESSION_KEY_ID: suppressionKey.secretArn,
        FEEDBACK_QUEUE_URL: reports.queue.queueUrl,
        FEEDBACK_DEAD_LETTERS_URL: reports.deadLetters.queueUrl,
      },
    });
    tables.give(this.function, {
      ...refusalUses,
      emails: { calls: ['GetItem', 'UpdateItem'] },
      failures: { calls: ['UpdateItem', 'DeleteItem'] },
    });
    allow(this.function, ['secretsmanager:GetSecretValue'], [suppressionKey.secretArn]);
    workOnQueue(this, 'Reports', this.function, {
      queue: reports,
      batchSize: 10,
      maxConcurrency: 2,
    });
  }
}
