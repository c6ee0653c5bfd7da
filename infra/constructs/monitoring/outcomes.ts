import { Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Why events are skipped, in classes, by how the sentences of their records begin or end. */
const skippedBecause = {
  SkippedSwitchedOff: ['*is switched off in the settings.'],
  SkippedDeleted: [
    'The customer was erased*',
    'Polar sent this with a customer it had already deleted*',
    'The customer is deleted and has no known email address*',
  ],
  SkippedWithoutAddress: ['The customer has no known email address yet*'],
};

/**
 * What the worker made of the events, counted from its log for the dashboard. A metric costs $0.30 for a month in which it
 * has values, and these are seven at the most: four outcomes and three classes of reasons.
 */
export class Outcomes extends Construct {
  constructor(scope: Construct, id: string, workerLog: ILogGroup) {
    super(scope, id);
    const metricNamespace = Stack.of(this).stackName;
    const isDecided = FilterPattern.stringValue('$.message', '=', 'event decided');
    workerLog.addMetricFilter('Outcomes', {
      filterPattern: FilterPattern.all(isDecided, FilterPattern.exists('$.outcome')),
      metricNamespace,
      metricName: 'Events',
      metricValue: '1',
      dimensions: { Outcome: '$.outcome' },
    });
    for (const [metricName, sentences] of Object.entries(skippedBecause)) {
      const isOneOf = FilterPattern.any(
        ...sentences.map((sentence) => FilterPattern.stringValue('$.reason', '=', sentence)),
      );
      const filterPattern = FilterPattern.all(
        isDecided,
        FilterPattern.stringValue('$.outcome', '=', 'skipped'),
        isOneOf,
      );
      workerLog.addMetricFilter(metricName, {
        filterPattern,
        metricNamespace,
        metricName,
        metricValue: '1',
      });
    }
  }

  /** How many events ended so. */
  of(outcome: 'applied' | 'unchanged' | 'skipped' | 'duplicate'): Metric {
    return this.metric('Events', { Outcome: outcome });
  }

  /** How many were skipped because they are switched off, their customer is deleted, or it has no address yet. */
  skipped(reason: 'SwitchedOff' | 'Deleted' | 'WithoutAddress'): Metric {
    return this.metric(`Skipped${reason}`);
  }

  private metric(metricName: string, dimensionsMap: Readonly<Record<string, string>> = {}): Metric {
    const namespace = Stack.of(this).stackName;
    return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.SUM });
  }
}
