import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Alarms } from '#infra/constructs/alarms.ts';
import type { AudienceTables } from '#infra/constructs/audience-tables.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import type { QueueWithDeadLetters } from '#infra/constructs/queue-with-dead-letters.ts';
import type { Worker } from '#infra/constructs/worker.ts';

type Shown = {
  api: IngestApi;
  events: QueueWithDeadLetters;
  mail: Mail;
  worker: Worker;
  tables: AudienceTables;
  alarms: Alarms;
};

const sum = { statistic: Stats.SUM };
const maximum = { statistic: Stats.MAXIMUM };

/**
 * Follows the webhooks from left to right (in, answered, queued, applied, dead), then the emails that
 * they trigger. Below: how well, and what it costs.
 */
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
        emails(shown),
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

function emails({ mail: { outgoing, reports, mailer } }: Shown): GraphWidget[] {
  const states = ['sent', 'waiting', 'blocked', 'failed', 'unknown'];
  const answers = ['Send', 'Delivery', 'Bounce', 'Complaint', 'Reject'];
  return [
    graph('6 Emails queued', 6, [
      outgoing.queue.metricNumberOfMessagesSent({ ...sum, label: 'queued' }),
      outgoing.queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      outgoing.queue.metricApproximateNumberOfMessagesDelayed({ ...maximum, label: 'held back' }),
    ]),
    graph(
      '7 Emails by state',
      6,
      states.map((state) => mailer.cameInto(state).with({ label: state })),
    ),
    graph(
      '8 What SES says (whole account)',
      6,
      answers.map((metricName) => new Metric({ namespace: 'AWS/SES', metricName, ...sum })),
    ),
    graph('9 Dead letters of mail', 6, [
      outgoing.deadLetters.metricApproximateNumberOfMessagesVisible({
        ...maximum,
        label: 'emails',
      }),
      reports.deadLetters.metricApproximateNumberOfMessagesVisible({
        ...maximum,
        label: 'feedback',
      }),
    ]),
  ];
}

function health({ api, events, worker, mail }: Shown): GraphWidget[] {
  return [
    graph('Oldest message (seconds)', 6, [
      events.queue.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'events queue' }),
      mail.outgoing.queue.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'mail queue' }),
      events.deadLetters.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'dead letters' }),
    ]),
    graph('Errors', 6, [
      api.stage.metricServerError({ ...sum, label: '5xx answers' }),
      api.ingest.metricErrors({ label: 'ingest' }),
      worker.function.metricErrors({ label: 'worker' }),
      mail.mailer.function.metricErrors({ label: 'mailer' }),
      mail.feedback.function.metricErrors({ label: 'feedback' }),
      mail.unsubscribe.function.metricErrors({ label: 'unsubscribe' }),
    ]),
    graph('Throttles', 6, [
      api.answered('429').with({ label: '429 answers' }),
      api.ingest.metricThrottles({ label: 'ingest' }),
      worker.function.metricThrottles({ label: 'worker' }),
      mail.mailer.function.metricThrottles({ label: 'mailer' }),
      mail.feedback.function.metricThrottles({ label: 'feedback' }),
      mail.unsubscribe.function.metricThrottles({ label: 'unsubscribe' }),
    ]),
    graph('Slowest of a hundred (milliseconds)', 6, [
      api.stage.metricLatency({ statistic: Stats.p(99), label: 'answer to Polar' }),
      api.ingest.metricDuration({ statistic: Stats.p(99), label: 'ingest' }),
      worker.function.metricDuration({ statistic: Stats.p(99), label: 'worker, one batch' }),
    ]),
  ];
}

function costs({ api, worker, mail, tables }: Shown): GraphWidget[] {
  const { contacts, customers, addresses, events, emails } = tables;
  const written = [contacts, customers, addresses, events, emails];
  const functions = {
    ingest: api.ingest,
    worker: worker.function,
    mailer: mail.mailer.function,
    feedback: mail.feedback.function,
    unsubscribe: mail.unsubscribe.function,
  };
  const ofEach = (metric: (lambda: NodejsFunction, label: string) => Metric) =>
    Object.entries(functions).map(([label, lambda]) => metric(lambda, label));
  return [
    graph(
      'Cost: function milliseconds',
      6,
      ofEach((lambda, label) => lambda.metricDuration({ ...sum, label })),
    ),
    graph(
      'Cost: function calls',
      6,
      ofEach((lambda, label) => lambda.metricInvocations({ label })),
    ),
    graph(
      'Cost: write units',
      6,
      written.map((table) =>
        table.metricConsumedWriteCapacityUnits({ ...sum, label: table.node.id }),
      ),
    ),
    graph('Cost: log bytes', 6, [
      logBytes(api.accessLogs, 'access log'),
      ...ofEach((lambda, label) => logBytes(lambda.logGroup, label)),
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
