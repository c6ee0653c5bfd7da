import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { type AudienceTables, refusalUses } from './tables.ts';

type FeedbackProps = {
  reports: QueueWithDeadLetters;
  tables: AudienceTables;
  secrets: Secrets;
  /** How many may run at once: as many as mailers, of whose emails they hear. */
  maxConcurrency: number;
};

/** Writes down what became of each email, and whom it must not be sent to again. */
export class Feedback extends Construct {
  static readonly timeout = Duration.seconds(60);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: FeedbackProps) {
    super(scope, id);
    const { reports, tables, secrets, maxConcurrency } = props;
    this.function = lambdaFunction(this, 'Function', {
      name: 'feedback',
      description: 'Applies what SES says of mails: sent, bounced, complained of',
      timeout: Feedback.timeout,
      memoryMb: 512,
    });
    tables.give(this.function, {
      ...refusalUses,
      emails: { calls: ['BatchGetItem', 'GetItem', 'UpdateItem'], queries: ['byContact'] },
      failures: { calls: ['UpdateItem', 'DeleteItem'] },
    });
    secrets.give(this.function, { suppressionKey: ['GetSecretValue'] });
    workOnQueue(this, 'Reports', this.function, {
      queue: reports,
      batchSize: 10,
      maxConcurrency,
    });
  }
}
