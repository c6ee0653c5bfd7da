import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { FilterPattern, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { IngestApi } from './ingest-api.ts';
import { lambdaFunction } from './lambda-function.ts';
import { callAtRate } from './schedule.ts';
import type { Secrets } from './secrets.ts';
import type { AudienceTables } from './tables.ts';

type WatchProps = {
  api: IngestApi;
  tables: AudienceTables;
  secrets: Secrets;
  /** Whether looks that went well are counted, too, for the dashboard. */
  isGraphed: boolean;
};

/** What the log lines of watch say is wrong. */
export type Finding =
  | 'disabled'
  | 'changed'
  | 'failing'
  | 'given-up'
  | 'not-received'
  | 'emails-changed';

/** Looks at the connection from Polar's side, before Polar disables it. */
export class Watch extends Construct {
  /** Each look covers the time since the one before it: the function knows this rate, too. */
  static readonly rate = Duration.minutes(15);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'watch',
      description: 'Looks every quarter of an hour whether Polar still sends its webhooks here',
      timeout: Duration.seconds(60),
      // It waits for Polar, and nobody waits for it.
      memoryMb: 256,
      environment: { WEBHOOK_URL: props.api.webhookUrl },
    });
    allowLooking(this.function, props);
    callAtRate(this, this.function, {
      rate: Watch.rate,
      description: 'When to look at the connection to Polar',
    });
    countRuns(this.function.logGroup, props.isGraphed);
  }

  /** How many looks ended so. */
  ran(Result: 'asked' | 'not-asked'): Metric {
    return counted(this, metricNames.runs, { Result });
  }

  /** How many looks found this. */
  found(finding: Finding): Metric {
    return counted(this, metricNames.findings, { Finding: finding });
  }

  /** How many of the events that are over failed last, one after the other; Polar disables the endpoint at ten. */
  failedInARow(): Metric {
    return counted(this, metricNames.failedInARow).with({ statistic: Stats.MAXIMUM });
  }

  /** How many events had a failed attempt and none that succeeded. */
  failedEvents(): Metric {
    return counted(this, metricNames.failedEvents);
  }
}

const metricNames = {
  runs: 'WatchRuns',
  findings: 'WatchFindings',
  failedInARow: 'FailedInARow',
  failedEvents: 'FailedEvents',
};

/**
 * It reads. Written are only the tokens of a sign-in, which it may have to refresh; the webhook secret, where a person
 * left out when the previous one ends; the leases under which either is done; what it saw, for pages; and Polar's own
 * mails as it first saw them.
 */
function allowLooking(watch: NodejsFunction, { tables, secrets }: WatchProps): void {
  tables.give(watch, {
    settings: { calls: ['GetItem', 'UpdateItem'] },
    events: { queries: ['byDay'] },
  });
  const changed = ['GetSecretValue', 'PutSecretValue'] as const;
  secrets.give(watch, { webhookSecret: changed, polarAccess: changed });
}

/** Something is not well: one line for each thing. */
export const foundLine = FilterPattern.exists('$.finding');

/** Metrics cost by the value of a dimension: without a dashboard, none of these has any while all is well. */
function countRuns(log: ILogGroup, isGraphed: boolean): void {
  const { runs, findings, failedInARow, failedEvents } = metricNames;
  const dimension = (name: string, field: string, filterPattern = FilterPattern.exists(field)) => ({
    filterPattern,
    metricValue: '1',
    dimensions: { [name]: field },
  });
  const notAsked = FilterPattern.stringValue('$.result', '=', 'not-asked');
  const value = (field: string) => ({
    filterPattern: FilterPattern.numberValue(field, '>=', 0),
    metricValue: field,
  });
  const filters = {
    [runs]: dimension('Result', '$.result', isGraphed ? undefined : notAsked),
    [findings]: dimension('Finding', '$.finding'),
    ...(isGraphed && {
      [failedInARow]: value('$.failedInARow'),
      [failedEvents]: value('$.failedEvents'),
    }),
  };
  const metricNamespace = Stack.of(log).stackName;
  for (const [metricName, filter] of Object.entries(filters)) {
    log.addMetricFilter(metricName, { ...filter, metricNamespace, metricName });
  }
}

function counted(
  scope: Construct,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>> = {},
): Metric {
  const namespace = Stack.of(scope).stackName;
  return new Metric({ namespace, metricName, dimensionsMap, statistic: Stats.SUM });
}
