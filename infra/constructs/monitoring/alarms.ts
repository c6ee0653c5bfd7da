import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Clock } from '#infra/constructs/clock.ts';
import { type Importer, importerAlarms } from '#infra/constructs/importer.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import type { QueueWithDeadLetters } from '#infra/constructs/queue.ts';
import { type RollUp, rollUpAlarms } from '#infra/constructs/rollup.ts';
import type { StageOptions } from '#infra/constructs/stage-options.ts';
import type { Watch } from '#infra/constructs/watch.ts';
import type { Worker } from '#infra/constructs/worker.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { leanly } from './lean-alarms.ts';
import { mailAlarms } from './mail-alarms.ts';
import { longestRetryAndMore, retried } from './retries.ts';
import { watchAlarms } from './watch-alarms.ts';

type Watched = {
  api: IngestApi;
  events: QueueWithDeadLetters;
  worker: Worker;
  mail: Mail;
  clock: Clock;
  watch: Watch;
  rollUp: RollUp;
  importer: Importer;
};

type AlarmOptions = Pick<StageOptions, 'stage' | 'alarmEmail' | 'runbook' | 'lean'>;

const usualPeriod = Duration.minutes(5);

/** Tells whoever is on call what is stuck, whom it harms and what to do first. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, watched: Watched, options: AlarmOptions) {
    super(scope, id);
    this.topic = alarmTopic(this, options.alarmEmail);
    const definitions = [
      ...queueAlarms(watched, options.stage),
      ...webhookAlarms(watched),
      ...functionAlarms(watched),
      ...clockAlarms(watched.clock),
      ...watchAlarms(watched.watch, options.stage),
      ...mailAlarms(watched, options.stage),
      ...rollUpAlarms(watched.rollUp),
      ...importerAlarms(watched.importer),
    ];
    const rung = options.lean ? leanly(definitions, watched, options.stage) : definitions;
    this.all = rung.map((definition) => alarm(this, definition, options.runbook));
    for (const one of this.all) one.addAlarmAction(new SnsAction(this.topic));
  }
}

/** Encrypted in transit only: the key that SNS offers for free does not let CloudWatch publish, and an alarm names nobody. */
function alarmTopic(scope: Construct, alarmEmail: string | undefined): Topic {
  const topic = new Topic(scope, 'Topic', {
    displayName: 'Polar Audience alarms',
    enforceSSL: true,
  });
  // A policy of our own (for TLS) takes the place of the usual one, which let this account publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AllowAlarms',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  if (alarmEmail) topic.addSubscription(new EmailSubscription(alarmEmail));
  return topic;
}

/** A quiet queue or API reports nothing, and that is fine. */
const ofNoise = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

/** Of what runs by the clock, silence is the sign. */
const ofSilence = {
  threshold: 1,
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.BREACHING,
};

function alarm(scope: Construct, definition: AlarmDefinition, runbook: string): Alarm {
  const { id, metric, above, periodsOfThree, allOf, period = usualPeriod } = definition;
  const { harm, firstStep } = definition;
  return new Alarm(scope, id, {
    metric: metric.with({ period }),
    evaluationPeriods: allOf ?? (periodsOfThree === undefined ? 1 : 3),
    datapointsToAlarm: allOf ?? periodsOfThree ?? 1,
    ...(above === 'silence' ? ofSilence : { ...ofNoise, threshold: above }),
    alarmDescription: `Harm: ${harm} First step: ${firstStep} Runbook: ${runbook}#${id.toLowerCase()}`,
  });
}

function queueAlarms({ events, worker }: Watched, stage: string): AlarmDefinition[] {
  const maximum = { statistic: Stats.MAXIMUM };
  return [
    {
      id: 'DeadLetters',
      metric: events.deadLetters.metricApproximateNumberOfMessagesVisible(maximum),
      above: 0,
      harm: 'accepted webhooks could not be applied, so contacts miss what happened to them. They are deleted 14 days after they arrived.',
      firstStep: `"npm run deadletters -- list --stage ${stage}" tells the reason of each. Remove its cause, then send them through again with "resend --all". It is safe to repeat.`,
    },
    {
      // Not by their age: whoever looks at dead letters receives them, and SQS leaves those that were received three
      // times out of that.
      id: 'DeadLettersAgeing',
      metric: events.deadLetters.metricApproximateNumberOfMessagesVisible(maximum),
      above: 0,
      period: Duration.days(1),
      allOf: 7,
      harm: 'for a week there was a dead letter on each day; in less than another week SQS deletes the oldest and the event is lost.',
      firstStep: `send them through again now: "npm run deadletters -- resend --all --stage ${stage}". If the cause remains, "discard" keeps the bodies in files.`,
    },
    {
      // The second run of an erasure waits in this queue for a quarter of an hour by design.
      id: 'QueueAgeing',
      metric: events.queue.metricApproximateAgeOfOldestMessage(maximum),
      above: Duration.minutes(20).toSeconds(),
      harm: 'accepted webhooks wait, so contacts are out of date. None is lost for 14 days.',
      firstStep:
        'look in CloudWatch: has the worker errors or throttles? Then read its log. If it is healthy but slow, deploy with a greater -c maxConcurrency.',
    },
    {
      id: 'EventsRetried',
      metric: retried(worker.function),
      above: 0,
      period: longestRetryAndMore,
      harm: 'accepted webhooks failed five times or more, or could not be read, so contacts miss what happened. After an hour and a half, or at once, they are dead letters.',
      firstStep: `the line "message will be retried" or "message is dead" in the worker's log names the reason, and "npm run why -- <webhook id> --stage ${stage}" what it means for this event. Most often the settings are not valid, or a permission is gone.`,
    },
  ];
}

function webhookAlarms({ api }: Watched): AlarmDefinition[] {
  const afterRetries = { above: 0, periodsOfThree: 2 };
  return [
    {
      ...afterRetries,
      id: 'Ingest5xx',
      metric: api.stage.metricServerError({ statistic: Stats.SUM }),
      harm: 'Polar is told to try again; it stops after ten tries within half an hour, and disables the endpoint after ten failed events in a row. Or people cannot unsubscribe, or the console fails.',
      firstStep:
        'open the page Polar of the console: its deliveries tell what the webhook answered (503 with "not set up": connect Polar there). If they are well, the access log names the route that failed: read the log of unsubscribe or console.',
    },
    {
      ...afterRetries,
      id: 'WebhooksUnauthorized',
      metric: api.answered('401'),
      harm: 'if these requests are from Polar, its events are being refused, and it disables the endpoint after ten failed events in a row.',
      firstStep:
        'open the page Polar of the console. If deliveries failed with 401, repair the connection there, which copies its secret from Polar, and redeliver. If none failed, a stranger is guessing: nothing is needed.',
    },
    {
      ...afterRetries,
      id: 'WebhooksThrottled',
      metric: api.answered('429'),
      harm: 'more requests come than the API lets through. Polar tries an event ten times within half an hour, then gives it up.',
      firstStep:
        'see in the access log what is answered. Many 202: deploy with a greater -c maxConcurrency. Many 400, 401 or 404: a flood of strangers; wait, then redeliver on the page Polar of the console what failed.',
    },
  ];
}

function functionAlarms({ api, worker }: Watched): AlarmDefinition[] {
  return [
    {
      id: 'IngestErrors',
      metric: api.ingest.metricErrors(),
      above: 0,
      harm: 'ingest crashed or ran out of time, so Polar got no answer and tries again, ten times at most.',
      firstStep:
        "read the error in ingest's log group. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'WorkerErrors',
      metric: worker.function.metricErrors(),
      above: 0,
      harm: 'a whole batch failed, not one event of it. It is tried again for more than an hour, then its messages are dead letters.',
      firstStep:
        "read the error in the worker's log group: most often a crash at start or the timeout. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'IngestThrottles',
      metric: api.ingest.metricThrottles(),
      above: 0,
      periodsOfThree: 2,
      harm: 'Lambda refused to run ingest, so Polar is answered with errors and gives an event up after ten tries.',
      firstStep:
        "compare the account's concurrent executions with its quota, ask AWS for more (a new account has ten) or deploy with a smaller -c maxConcurrency.",
    },
    {
      id: 'WorkerThrottles',
      metric: worker.function.metricThrottles(),
      above: 0,
      periodsOfThree: 2,
      harm: 'Lambda refused to run the worker: events are applied late, and each refusal uses up one of the twelve tries of a message.',
      firstStep:
        "compare the account's concurrent executions with its quota, ask AWS for more or deploy with a smaller -c maxConcurrency.",
    },
  ];
}

function clockAlarms(clock: Clock): AlarmDefinition[] {
  const harm =
    'emails that SES refused for now are not tried again, and nobody asks about those whose fate is unknown. None is lost: the clock takes up what is due once it runs again.';
  return [
    {
      id: 'ClockErrors',
      metric: clock.function.metricErrors(),
      above: 0,
      periodsOfThree: 2,
      harm,
      firstStep:
        "read the error in the clock's log group. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'ClockStopped',
      metric: clock.function.metricInvocations(),
      above: 'silence',
      periodsOfThree: 3,
      harm,
      firstStep:
        'look in EventBridge whether the rule of the clock is enabled, and in CloudWatch whether Lambda throttles it. After the first deployment the alarm may ring once.',
    },
    {
      id: 'RowsUnreadable',
      metric: clock.unreadableRows,
      above: 0,
      // The clock says it again every quarter of an hour: a longer period keeps the alarm on until then.
      period: Duration.minutes(20),
      harm: 'an email or a run is not as this version writes it, so its customer does not get that email, or no more of that sequence. All others go on.',
      firstStep:
        "the clock's log names the row. If a deployment was taken back, deploy the later version again; otherwise correct the row in the table Emails or Runs.",
    },
  ];
}
