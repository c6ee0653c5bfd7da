import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  type GraphWidget,
  Metric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import type { Clock } from '#infra/constructs/clock.ts';
import type { Console } from '#infra/constructs/console.ts';
import type { Importer } from '#infra/constructs/importer.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import type { QueueWithDeadLetters } from '#infra/constructs/queue.ts';
import type { RollUp } from '#infra/constructs/rollup.ts';
import type { AudienceTables } from '#infra/constructs/tables.ts';
import type { Watch } from '#infra/constructs/watch.ts';
import type { Worker } from '#infra/constructs/worker.ts';
import type { Alarms } from './alarms.ts';
import { costGraphs, graph, maximum, sum } from './cost-graphs.ts';
import type { Outcomes } from './outcomes.ts';

type Shown = {
  api: IngestApi;
  events: QueueWithDeadLetters;
  mail: Mail;
  worker: Worker;
  outcomes: Outcomes;
  clock: Clock;
  watch: Watch;
  rollUp: RollUp;
  importer: Importer;
  console: Console;
  tables: AudienceTables;
  alarms: Alarms;
};

type Functions = Readonly<Record<string, NodejsFunction>>;

/**
 * Follows the webhooks from left to right (in, answered, queued, applied, skipped, dead), then the emails that they
 * trigger. Below: how Polar sees it, how well it goes, and what it costs.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, shown: Shown) {
    super(scope, id);
    const { api, events, mail, tables, alarms } = shown;
    const functions = functionsOf(shown);
    new CloudWatchDashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 24, height: 4 })],
        flow(shown),
        emails(shown),
        [...polarSide(shown), ...ages(shown)],
        health(shown, functions),
        ...costGraphs({
          api,
          functions,
          tables,
          queues: {
            events: events.queue,
            mail: mail.outgoing.queue,
            feedback: mail.reports.queue,
          },
        }),
      ],
    });
  }
}

function functionsOf(shown: Shown): Functions {
  const { api, worker, mail, clock, console, watch, rollUp, importer } = shown;
  return {
    ingest: api.ingest,
    worker: worker.function,
    mailer: mail.mailer.function,
    feedback: mail.feedback.function,
    unsubscribe: mail.unsubscribe.function,
    console: console.function,
    clock: clock.function,
    watch: watch.function,
    rollup: rollUp.function,
    importer: importer.function,
  };
}

function flow({ api, events, outcomes }: Shown): GraphWidget[] {
  const { queue, deadLetters } = events;
  const statuses = ['200', '202', '400', '401', '404', '405', '413', '429', '500', '503'];
  return [
    graph('1 Webhooks in', 4, [
      api.stage.metricCount({ ...sum, label: 'requests, pages included' }),
      api.ingest.metricInvocations({ label: 'webhooks' }),
    ]),
    graph(
      '2 Answered, by status',
      4,
      statuses.map((status) => api.answered(status).with({ label: status })),
    ),
    graph('3 Queued', 4, [
      queue.metricNumberOfMessagesSent({ ...sum, label: 'queued' }),
      queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      queue.metricApproximateNumberOfMessagesNotVisible({
        ...maximum,
        label: 'in work or to be retried',
      }),
    ]),
    graph('4 Applied', 4, [
      outcomes.of('applied').with({ label: 'applied' }),
      outcomes.of('unchanged').with({ label: 'unchanged' }),
      outcomes.of('duplicate').with({ label: 'came before' }),
    ]),
    graph('5 Skipped, by reason', 4, [
      outcomes.skipped('SwitchedOff').with({ label: 'switched off' }),
      outcomes.skipped('Deleted').with({ label: 'customer deleted or erased' }),
      outcomes.skipped('WithoutAddress').with({ label: 'no address yet' }),
      outcomes.of('skipped').with({ label: 'all' }),
    ]),
    graph('6 Dead letters', 4, [
      deadLetters.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'dead letters' }),
    ]),
  ];
}

function emails({ mail: { outgoing, reports, mailer } }: Shown): GraphWidget[] {
  const states = ['sent', 'waiting', 'blocked', 'failed', 'unknown'];
  const answers = ['Send', 'Delivery', 'Bounce', 'Complaint', 'Reject'];
  return [
    graph('7 Emails queued', 6, [
      outgoing.queue.metricNumberOfMessagesSent({ ...sum, label: 'queued' }),
      outgoing.queue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'waiting' }),
      outgoing.queue.metricApproximateNumberOfMessagesDelayed({ ...maximum, label: 'held back' }),
    ]),
    graph(
      '8 Emails by state',
      6,
      states.map((state) => mailer.cameInto(state).with({ label: state })),
    ),
    graph(
      '9 What SES says (whole account)',
      6,
      answers.map((metricName) => new Metric({ namespace: 'AWS/SES', metricName, ...sum })),
    ),
    graph('10 Dead letters of mail', 6, [
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

function polarSide({ watch }: Shown): GraphWidget[] {
  const findings = ['disabled', 'changed', 'failing', 'given-up', 'not-received'] as const;
  return [
    graph('Failed deliveries, as Polar says', 8, [
      watch.failedInARow().with({ label: 'in a row (Polar disables at 10)' }),
      watch.failedEvents().with({ label: 'events with a failed attempt' }),
    ]),
    graph('What watch found', 8, [
      ...findings.map((finding) => watch.found(finding).with({ label: finding })),
      watch.ran('not-asked').with({ label: 'could not ask Polar' }),
      watch.ran('asked').with({ label: 'asked Polar' }),
    ]),
  ];
}

function ages({ events, mail }: Shown): GraphWidget[] {
  const queues = {
    'events queue': events.queue,
    'mail queue': mail.outgoing.queue,
    'feedback queue': mail.reports.queue,
    'dead letters': events.deadLetters,
    'dead letters of mail': mail.outgoing.deadLetters,
    'dead letters of feedback': mail.reports.deadLetters,
  };
  const age = Object.entries(queues).map(([label, queue]) =>
    queue.metricApproximateAgeOfOldestMessage({ ...maximum, label }),
  );
  return [graph('Oldest message (seconds)', 8, age)];
}

function health({ api, worker }: Shown, functions: Functions): GraphWidget[] {
  const slowest = { statistic: Stats.p(99) };
  const ofEach = (metric: (lambda: NodejsFunction, label: string) => Metric) =>
    Object.entries(functions).map(([label, lambda]) => metric(lambda, label));
  return [
    graph('Errors', 8, [
      api.stage.metricServerError({ ...sum, label: '5xx answers' }),
      ...ofEach((lambda, label) => lambda.metricErrors({ label })),
    ]),
    graph('Throttles', 8, [
      api.answered('429').with({ label: '429 answers' }),
      ...ofEach((lambda, label) => lambda.metricThrottles({ label })),
    ]),
    graph('Slowest of a hundred (milliseconds)', 8, [
      api.stage.metricLatency({ ...slowest, label: 'answers' }),
      api.ingest.metricDuration({ ...slowest, label: 'ingest' }),
      worker.function.metricDuration({ ...slowest, label: 'worker, one batch' }),
    ]),
  ];
}
