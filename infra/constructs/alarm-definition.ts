import type { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';

export type AlarmDefinition = {
  id: string;
  metric: Metric;
  /** Fires above this. */
  above: number;
  /** How many of the last three periods must be above; one bad period is enough if left out. */
  periodsOfThree?: number;
  /** Five minutes if left out. */
  period?: Duration;
  /** What happens to people and data while nobody acts. */
  harm: string;
  firstStep: string;
};
