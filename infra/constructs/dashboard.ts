import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Alarms } from '#infra/constructs/alarms.ts';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import type { EventQueue } from '#infra/constructs/event-queue.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Worker } from '#infra/constructs/worker.ts';

type Shown = {
  api: IngestApi;
  events: EventQueue;
  worker: Worker;
  tables: AudienceTables;
  alarms: Alarms;
};

const sum = { statistic: Stats.SUM };
const maximum = { statistic: Stats.MAXIMUM };

/** Follows the webhooks from left to right: in, answered, queued, applied, dead. Below: how well, and what it costs. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, shown: Shown) {
    super(scope, id);
    new CloudWatchDashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(1),
      widgets: [
        [
          new AlarmStatusWidget({
            title: 'Alarms',
            alarms: [...shown.alarms.all],
            width: 24,
            height: 3,
          }),
        ],
        flow(shown),
        health(shown),
        costs(shown),
      ],
    });
  }
}

function flow({ api, events }: Shown): GraphWidget[] {
  const { queue, deadLetters } = events;
  const statuses = ['200', '202', '400', '401', '404', '405', '413', '429', '500', '503'];
  return [
    graph('1 Webhooks in', 4, [api.stage.metricCount({ ...sum, label: 'requests' })]),
    graph(
      '2 Answered, by status',
      5,
      statuses.map((status) => api.answered(status).with({ label: status })),
    ),
    graph('3 Queued', 5, [
      queue.metricNumberOfMessagesSent({ ...sum, label: 'queued' }),
      queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      queue.metricApproximateNumberOfMessagesNotVisible({
        ...maximum,
        label: 'in work or to be retried',
      }),
    ]),
    graph('4 Applied', 5, [queue.metricNumberOfMessagesDeleted({ ...sum, label: 'done with' })]),
    graph('5 Dead letters', 5, [
      deadLetters.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'dead letters' }),
    ]),
  ];
}

function health({ api, events, worker }: Shown): GraphWidget[] {
  return [
    graph('Oldest message (seconds)', 6, [
      events.queue.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'events queue' }),
      events.deadLetters.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'dead letters' }),
    ]),
    graph('Errors', 6, [
      api.stage.metricServerError({ ...sum, label: '5xx answers' }),
      api.ingest.metricErrors({ label: 'ingest' }),
      worker.function.metricErrors({ label: 'worker' }),
    ]),
    graph('Throttles', 6, [
      api.answered('429').with({ label: '429 answers' }),
      api.ingest.metricThrottles({ label: 'ingest' }),
      worker.function.metricThrottles({ label: 'worker' }),
    ]),
    graph('Slowest of a hundred (milliseconds)', 6, [
      api.stage.metricLatency({ statistic: Stats.p(99), label: 'answer to Polar' }),
      api.ingest.metricDuration({ statistic: Stats.p(99), label: 'ingest' }),
      worker.function.metricDuration({ statistic: Stats.p(99), label: 'worker, one batch' }),
    ]),
  ];
}

function costs({ api, worker, tables }: Shown): GraphWidget[] {
  const { contacts, customers, addresses, events } = tables;
  const written = [contacts, customers, addresses, events];
  return [
    graph('Cost: function milliseconds', 6, [
      api.ingest.metricDuration({ ...sum, label: 'ingest' }),
      worker.function.metricDuration({ ...sum, label: 'worker' }),
    ]),
    graph('Cost: function calls', 6, [
      api.ingest.metricInvocations({ label: 'ingest' }),
      worker.function.metricInvocations({ label: 'worker' }),
    ]),
    graph(
      'Cost: write units',
      6,
      written.map((table) =>
        table.metricConsumedWriteCapacityUnits({ ...sum, label: table.node.id }),
      ),
    ),
    graph('Cost: log bytes', 6, [
      logBytes(api.accessLogs, 'access log'),
      logBytes(api.ingest.logGroup, 'ingest'),
      logBytes(worker.function.logGroup, 'worker'),
    ]),
  ];
}

function graph(title: string, width: number, left: IMetric[]): GraphWidget {
  return new GraphWidget({
    title,
    width,
    height: 6,
    left,
    leftYAxis: { min: 0, showUnits: false },
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
