import { Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Clock } from '#infra/constructs/clock.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import { failedLine, type Mailer, needsPersonLine, waitedLine } from '#infra/constructs/mailer.ts';
import { foundLine, type Watch } from '#infra/constructs/watch.ts';
import type { Worker } from '#infra/constructs/worker.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { longestRetryAndMore, retriedLine } from './retries.ts';

type Watched = Readonly<{ api: IngestApi; worker: Worker; mail: Mail; clock: Clock; watch: Watch }>;

/** One alarm in place of several that lead to the same first step: each costs by the month, whether it rings or not. */
type JointAlarm = AlarmDefinition & Readonly<{ insteadOf: readonly string[] }>;

/**
 * The same alarms, but fewer: those of one kind of trouble are one, whose first step is the command or page that says
 * which it is. What one of them would ring for, the joint one rings for. One that a page tells of as well is left out.
 */
export function leanly(
  all: readonly AlarmDefinition[],
  watched: Watched,
  stage: string,
): AlarmDefinition[] {
  const joint = jointAlarms(watched, stage);
  const gone = [...joint.flatMap(({ insteadOf }) => insteadOf), ...toldOnItsPage];
  const unknown = gone.filter((id) => !all.some((one) => one.id === id));
  if (unknown.length > 0) throw new Error(`There is no alarm ${unknown.join(', ')}.`);
  return [...all.filter(({ id }) => !gone.includes(id)), ...joint];
}

/** Whoever began an import sees on its page that it does not get on, and nothing else depends on it. */
const toldOnItsPage = ['ImporterErrors'];

function jointAlarms({ api, worker, mail, clock, watch }: Watched, stage: string): JointAlarm[] {
  const { mailer, feedback } = mail;
  const status = `"npm run status -- --stage ${stage}"`;
  return [
    {
      id: 'AnswersFailing',
      insteadOf: ['Ingest5xx', 'IngestErrors', 'UnsubscribeErrors'],
      metric: api.stage.metricServerError({ statistic: Stats.SUM }),
      above: 0,
      harm: 'webhooks were answered with an error, and Polar stops after ten tries within half an hour; or somebody who wanted no more mail saw an error page, and may complain instead; or the console failed.',
      firstStep:
        'the access log names the route that failed: read the log of ingest, unsubscribe or console. If deliveries on the page Polar of the console were answered 503 with "not set up", connect Polar there.',
    },
    {
      id: 'MessagesRetried',
      insteadOf: ['EventsRetried', 'EmailsRetried', 'FeedbackRetried'],
      metric: counted('Retried', [worker, mailer, feedback].map(logOf), retriedLine),
      above: 0,
      period: longestRetryAndMore,
      harm: 'webhooks, emails, or bounces and complaints failed five times or more, or could not be read: contacts miss what happened, emails are late, or people who complained can be mailed again. After an hour and a half, or at once, they are dead letters.',
      firstStep: `${status} names what is retried or dead, and why. Most often the settings are not valid, or a permission is gone.`,
    },
    {
      id: 'EmailsStuck',
      insteadOf: [
        'EmailsWaiting',
        'EmailsFailed',
        'EmailsBlocked',
        'UnknownEmails',
        'RowsUnreadable',
      ],
      metric: stuck(mailer, clock),
      above: 0,
      period: longestRetryAndMore,
      harm: 'emails do not go out: SES refuses them, for more than an hour or permanently; a template, the sender or the postal address is in the way; SES never said whether it took them; or the row of an email or a run cannot be read. Customers miss a receipt or a welcome.',
      firstStep: `"npm run emails -- list --stage ${stage}" names them with the reason. Remove it, then "send-again" each. If it names none, the clock's log names a row that cannot be read.`,
    },
    {
      id: 'PolarConnection',
      insteadOf: [
        'EndpointDisabled',
        'EndpointChanged',
        'PolarEmailsChanged',
        'DeliveriesFailing',
        'DeliveriesGivenUp',
        'WebhooksNotReceived',
      ],
      metric: counted('PolarFindings', [logOf(watch)], foundLine),
      above: 0,
      period: longestRetryAndMore,
      harm: 'Polar does not get its webhooks through, or soon will not: the endpoint is disabled or was changed, deliveries fail, were given up or do not arrive; or Polar mails customers otherwise than before. Contacts and emails miss what happens.',
      firstStep: `open the page Polar of the console: it says what is wrong and offers what mends it. If the endpoint was disabled, "npm run recover -- --stage ${stage}" then fills the gap.`,
    },
    {
      id: 'FunctionsThrottled',
      insteadOf: ['IngestThrottles', 'WorkerThrottles', 'MailerThrottles', 'FeedbackThrottles'],
      // Of all functions in this account and region, which share one quota.
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'Throttles',
        statistic: Stats.SUM,
      }),
      above: 0,
      periodsOfThree: 2,
      harm: 'Lambda refused to run functions of this account: Polar may be answered with errors, events and emails are late, and each refusal uses up one of the twelve tries of a message.',
      firstStep:
        'see in CloudWatch whose Throttles they are. If they are ours, compare the concurrent executions of the account with its quota, ask AWS for more (a new account has ten) or deploy with a smaller -c maxConcurrency.',
    },
  ];
}

const logOf = (one: Readonly<{ function: Readonly<{ logGroup: ILogGroup }> }>) =>
  one.function.logGroup;

/** Lines of several logs as one metric: it costs nothing while there are none. */
function counted(
  metricName: string,
  logs: readonly ILogGroup[],
  filterPattern: IFilterPattern,
): Metric {
  for (const log of logs) {
    const metricNamespace = Stack.of(log).stackName;
    log.addMetricFilter(`Lean${metricName}`, {
      filterPattern,
      metricNamespace,
      metricName,
      metricValue: '1',
    });
  }
  const [first] = logs;
  if (!first) throw new Error(`Nothing is counted as ${metricName}.`);
  return new Metric({
    namespace: Stack.of(first).stackName,
    metricName,
    statistic: Stats.SUM,
  });
}

function stuck(mailer: Mailer, clock: Clock): Metric {
  const [ofMailer, ofClock] = [
    FilterPattern.any(failedLine, needsPersonLine, waitedLine(61)),
    FilterPattern.any(...Object.values(Clock.lines)),
  ];
  counted('Stuck', [logOf(mailer)], ofMailer);
  return counted('Stuck', [logOf(clock)], ofClock);
}
