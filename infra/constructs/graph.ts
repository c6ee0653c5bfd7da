import { GraphWidget, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

export const sum = { statistic: Stats.SUM };
export const maximum = { statistic: Stats.MAXIMUM };

/** A graph of the dashboard, which is 24 wide. */
export function graph(title: string, width: number, left: IMetric[]): GraphWidget {
  return new GraphWidget({
    title,
    width,
    height: 6,
    left,
    leftYAxis: { min: 0, showUnits: false },
  });
}
