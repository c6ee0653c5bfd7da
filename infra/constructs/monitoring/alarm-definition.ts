import type { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';

export type AlarmDefinition = {
  /** Also the heading of its part of the runbook. */
  id: string;
  metric: Metric;
  /** Fires above this; `silence`: where nothing is measured at all. */
  above: number | 'silence';
  /** How many of the last three periods must be above; one bad period is enough if left out. */
  periodsOfThree?: number;
  /** Instead of that: all of so many periods must be above. CloudWatch looks back seven days at most. */
  allOf?: number;
  /** Five minutes if left out. */
  period?: Duration;
  /** What happens to people and data while nobody acts. */
  harm: string;
  /** A command or a page to begin with; how to see that it is over stands in the runbook. */
  firstStep: string;
};
