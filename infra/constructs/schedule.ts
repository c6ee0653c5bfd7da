import type { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

/**
 * Calls a function at a rate. Each call is tried once and kept no longer than until the next one, which does the same;
 * an alarm tells of errors.
 */
export function callAtRate(
  scope: Construct,
  lambda: NodejsFunction,
  { rate, description }: { rate: Duration; description: string },
): void {
  lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: rate });
  new Rule(scope, 'Schedule', {
    description,
    schedule: Schedule.rate(rate),
    targets: [new LambdaFunction(lambda, { retryAttempts: 0, maxEventAge: rate })],
  });
}
