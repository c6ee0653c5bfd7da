import {
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { AudienceTables } from '#infra/constructs/tables.ts';

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

type Billed = Readonly<{
  api: IngestApi;
  functions: Readonly<Record<string, NodejsFunction>>;
  queues: Readonly<Record<string, Queue>>;
  tables: AudienceTables;
}>;

/** What AWS counts when it makes the bill. */
export function costGraphs({ api, functions, queues, tables }: Billed): GraphWidget[][] {
  const ofEach = (metric: (lambda: NodejsFunction, label: string) => IMetric) =>
    Object.entries(functions).map(([label, lambda]) => metric(lambda, label));
  const ofTables = (metric: (table: Table, label: string) => IMetric) =>
    [
      tables.events,
      tables.contacts,
      tables.customers,
      tables.addresses,
      tables.emails,
      tables.runs,
    ].map((table) => metric(table, table.node.id));
  const indexed = [tables.events, tables.contacts, tables.emails, tables.runs];
  return [
    [
      graph('Cost: requests and mails', 6, [
        api.stage.metricCount({ ...sum, label: 'HTTP API requests' }),
        new Metric({
          namespace: 'AWS/SES',
          metricName: 'Send',
          ...sum,
          label: 'mails (whole account)',
        }),
      ]),
      graph(
        'Cost: function calls',
        6,
        ofEach((lambda, label) => lambda.metricInvocations({ label })),
      ),
      graph('Cost: function GB-seconds', 6, ofEach(gigabyteSeconds)),
      graph(
        'Cost: SQS requests',
        6,
        Object.entries(queues).map(([label, queue]) => sqsRequests(queue, label)),
      ),
    ],
    [
      graph('Cost: DynamoDB write units', 8, [
        ...ofTables((table, label) => table.metricConsumedWriteCapacityUnits({ ...sum, label })),
        ...indexed.map(indexWrites),
      ]),
      graph(
        'Cost: DynamoDB read units',
        8,
        ofTables((table, label) => table.metricConsumedReadCapacityUnits({ ...sum, label })),
      ),
      graph('Cost: log bytes', 8, [
        logBytes(api.accessLogs, 'access log'),
        ...ofEach((lambda, label) => logBytes(lambda.logGroup, label)),
      ]),
    ],
  ];
}

function gigabyteSeconds(lambda: NodejsFunction, label: string): IMetric {
  const { defaultChild } = lambda.node;
  const megabytes = CfnFunction.isCfnFunction(defaultChild)
    ? (defaultChild.memorySize ?? 128)
    : 128;
  const id = `ms_${label}`;
  return new MathExpression({
    expression: `${id} / 1000 * ${megabytes / 1024}`,
    usingMetrics: { [id]: lambda.metricDuration(sum) },
    label,
  });
}

/** SQS counts no requests; these are all that our functions make, polls of an empty queue included. */
function sqsRequests(queue: Queue, label: string): IMetric {
  const usingMetrics = {
    [`${label}_sent`]: queue.metricNumberOfMessagesSent(sum),
    [`${label}_received`]: queue.metricNumberOfMessagesReceived(sum),
    [`${label}_deleted`]: queue.metricNumberOfMessagesDeleted(sum),
    [`${label}_empty`]: queue.metricNumberOfEmptyReceives(sum),
  };
  const expression = Object.keys(usingMetrics).join(' + ');
  return new MathExpression({ expression, usingMetrics, label });
}

/** DynamoDB counts what the indexes of a table take apart from the table itself. */
function indexWrites(table: Table): IMetric {
  const search = `{AWS/DynamoDB,TableName,GlobalSecondaryIndexName} TableName="${table.tableName}" MetricName="ConsumedWriteCapacityUnits"`;
  return new MathExpression({
    expression: `SUM(SEARCH('${search}', 'Sum'))`,
    label: `indexes of ${table.node.id}`,
  });
}

function logBytes(logGroup: Pick<LogGroup, 'logGroupName'>, label: string): Metric {
  return new Metric({
    namespace: 'AWS/Logs',
    metricName: 'IncomingBytes',
    dimensionsMap: { LogGroupName: logGroup.logGroupName },
    ...sum,
    label,
  });
}
