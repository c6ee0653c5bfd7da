import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';

/** By then a message has failed for about four minutes, which is no passing trouble any more. */
const manyReceives = 5;

/** Longer than the longest wait between two tries, so that an alarm stays on in between. */
export const longestRetryAndMore = Duration.minutes(20);

/**
 * A message failed often, or died at once: an alarm that goes by what is in the dead letters stays on while one is there,
 * and so tells of no other.
 */
export const retriedLine = FilterPattern.any(
  FilterPattern.stringValue('$.message', '=', 'message is dead'),
  FilterPattern.all(
    FilterPattern.stringValue('$.message', '=', 'message will be retried'),
    FilterPattern.numberValue('$.receives', '>=', manyReceives),
  ),
);

/**
 * How many messages failed in a function once more, after they had failed often, or died at once. SQS leaves what was
 * received three times or more out of the age of its oldest message, so nothing else shows them before they are dead
 * letters.
 */
export function retried(lambda: NodejsFunction): Metric {
  const namespace = Stack.of(lambda).stackName;
  const metricName = `${lambda.node.scope?.node.id}Retries`;
  lambda.logGroup.addMetricFilter('Retries', {
    filterPattern: retriedLine,
    metricNamespace: namespace,
    metricName,
    metricValue: '1',
  });
  return new Metric({ namespace, metricName, statistic: Stats.SUM });
}
