import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Clock } from '#infra/constructs/clock.ts';
import type { Mail } from '#infra/constructs/mail.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { longestRetryAndMore, retried } from './retries.ts';

type Watched = { mail: Mail; clock: Clock };

/** What can go wrong with emails, from the queue to the recipient. */
export function mailAlarms({ mail, clock }: Watched, stage: string): AlarmDefinition[] {
  return [
    ...queueAlarms(mail, stage),
    ...retryAlarms(mail),
    ...stateAlarms(mail, stage),
    unknownAlarm(clock, stage),
    ...functionAlarms(mail),
    ...reputationAlarms(stage),
  ];
}

function queueAlarms({ outgoing, reports }: Mail, stage: string): AlarmDefinition[] {
  const reasons = `"npm run deadletters -- list --stage ${stage}" tells the reason of each`;
  const maximum = { statistic: Stats.MAXIMUM };
  return [
    {
      id: 'MailDeadLetters',
      metric: outgoing.deadLetters.metricApproximateNumberOfMessagesVisible(maximum),
      above: 0,
      harm: 'emails were given up, so customers miss a receipt or a welcome. The dead letters are deleted 14 days after the emails were queued.',
      firstStep: `${reasons}. Remove its cause, then send them through again with "resend --all". It is safe to repeat: the ledger lets no email go twice.`,
    },
    {
      id: 'FeedbackDeadLetters',
      metric: reports.deadLetters.metricApproximateNumberOfMessagesVisible(maximum),
      above: 0,
      harm: 'bounces or complaints were not applied, so people who complained can be mailed again, for which AWS may stop all sending.',
      firstStep: `${reasons}. Remove its cause, then send them through again with "resend --all". It is safe to repeat.`,
    },
    {
      id: 'FeedbackQueueAgeing',
      metric: reports.queue.metricApproximateAgeOfOldestMessage(maximum),
      above: Duration.hours(1).toSeconds(),
      harm: 'bounces and complaints are applied more than an hour late, and people can be mailed again meanwhile.',
      firstStep:
        'look in CloudWatch at the errors and throttles of feedback, then read its log. What was sent is not affected.',
    },
    {
      id: 'MailQueueAgeing',
      metric: outgoing.queue.metricApproximateAgeOfOldestMessage(maximum),
      above: Duration.hours(1).toSeconds(),
      harm: 'emails go out more than an hour late. None is lost for 14 days.',
      firstStep:
        "read the mailer's log. Errors: remove their cause. Only more emails than a mailer sends: deploy with a greater -c mailsPerSecond, up to the sending rate that SES shows for the account.",
    },
  ];
}

/** What failed again and again, and is not dead yet. */
function retryAlarms({ mailer, feedback }: Mail): AlarmDefinition[] {
  const often = { above: 0, period: longestRetryAndMore };
  return [
    {
      ...often,
      id: 'EmailsRetried',
      metric: retried(mailer.function),
      harm: 'emails failed five times or more before they reached SES, or their messages could not be read. After an hour and a half, or at once, they are dead letters.',
      firstStep:
        'the line "message will be retried" or "message is dead" in the mailer\'s log names the reason. Most often the settings are not valid, or a permission is gone.',
    },
    {
      ...often,
      id: 'FeedbackRetried',
      metric: retried(feedback.function),
      harm: 'bounces or complaints failed five times or more, or could not be read, so people who complained can be mailed again.',
      firstStep:
        'the line "message will be retried" or "message is dead" in feedback\'s log names the reason. Most often the settings are not valid, or a permission is gone.',
    },
  ];
}

/** Emails that did not go out, for a reason that somebody can remove. */
function stateAlarms({ mailer }: Mail, stage: string): AlarmDefinition[] {
  const list = (state: string) =>
    `"npm run emails -- list --state ${state} --stage ${stage}" names them with the reason`;
  return [
    {
      id: 'EmailsWaiting',
      metric: mailer.waitedMinutes,
      above: 60,
      period: longestRetryAndMore,
      harm: 'SES has refused emails for more than an hour. It is tried again for two days, then they have failed.',
      firstStep: `${list('waiting')}: a quota that is used up (ask AWS for more), an account whose sending is paused, or a permission.`,
    },
    {
      id: 'EmailsFailed',
      metric: mailer.cameInto('failed'),
      above: 0,
      harm: 'SES permanently rejected emails, so customers miss a receipt or a welcome. They are not tried again by themselves.',
      firstStep: `${list('failed')}. Remove it, then "send-again" each.`,
    },
    {
      id: 'EmailsBlocked',
      metric: mailer.blockedForAPerson,
      above: 0,
      harm: 'emails were not sent because of a template, or because the sender or the postal address is missing.',
      firstStep: `${list('blocked')}. Correct the workflow or the settings, then "send-again" each.`,
    },
    {
      id: 'EmailsRejected',
      metric: new Metric({ namespace: 'AWS/SES', metricName: 'Reject', statistic: Stats.SUM }),
      above: 0,
      harm: 'SES took emails of this account and then rejected them, because it found a virus. They did not arrive, and AWS may stop all sending.',
      firstStep: `${list('failed')}. Look for what the workflow links to.`,
    },
  ];
}

function unknownAlarm(clock: Clock, stage: string): AlarmDefinition {
  return {
    id: 'UnknownEmails',
    metric: clock.unknownEmails,
    above: 0,
    // The clock says it again every quarter of an hour: a longer period keeps the alarm on until then.
    period: Duration.minutes(20),
    harm: "SES's answer was lost and it has said nothing since, so a customer may wait for an email that is never sent again by itself.",
    firstStep: `"npm run emails -- list --state unknown --stage ${stage}" names them. If the recipient or SES has the email, "mark-sent"; otherwise "send-again".`,
  };
}

const whileThrottled = {
  above: 0,
  periodsOfThree: 2,
  firstStep:
    "compare the account's concurrent executions with its quota, and ask AWS for more (a new account has ten).",
};

function functionAlarms({ mailer, feedback, unsubscribe }: Mail): AlarmDefinition[] {
  return [
    {
      id: 'MailerErrors',
      metric: mailer.function.metricErrors(),
      above: 0,
      harm: 'a whole batch of emails failed. It is tried again for more than an hour, then its messages are dead letters.',
      firstStep:
        "read the error in the mailer's log group: most often a crash at start or the timeout. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'FeedbackErrors',
      metric: feedback.function.metricErrors(),
      above: 0,
      harm: 'bounces and complaints are applied late, and people can be mailed again meanwhile.',
      firstStep:
        "read the error in feedback's log group. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'MailerThrottles',
      metric: mailer.function.metricThrottles(),
      ...whileThrottled,
      harm: 'Lambda refused to run the mailer: emails go out late, and each refusal uses up one of the twelve tries of a message.',
    },
    {
      id: 'FeedbackThrottles',
      metric: feedback.function.metricThrottles(),
      ...whileThrottled,
      harm: 'Lambda refused to run feedback: bounces and complaints are applied late, and each refusal uses up one of the twelve tries of a message.',
    },
    {
      id: 'UnsubscribeErrors',
      metric: unsubscribe.function.metricErrors(),
      above: 0,
      harm: 'somebody who wanted no more mail saw an error page, and may complain instead.',
      firstStep:
        "read the error in unsubscribe's log group. If it began with a deployment, deploy the version before it.",
    },
  ];
}

/** Of the whole account in this region, as AWS judges it: it reviews an account above these rates. */
function reputationAlarms(stage: string): AlarmDefinition[] {
  const rate = (metricName: string) =>
    new Metric({ namespace: 'AWS/SES', metricName, statistic: Stats.AVERAGE });
  const period = Duration.hours(1);
  return [
    {
      id: 'BounceRate',
      metric: rate('Reputation.BounceRate'),
      above: 0.05,
      period,
      harm: 'more than 5 percent of the mails of this account bounce. From there on AWS reviews the account, and at 10 percent it may stop all its sending.',
      firstStep: `pause the workflows that mail wrong addresses ("npm run workflows -- list --stage ${stage}", then "pause"), and find out in the reputation metrics of the SES console where such addresses come from.`,
    },
    {
      id: 'ComplaintRate',
      metric: rate('Reputation.ComplaintRate'),
      above: 0.001,
      period,
      harm: 'more than one in a thousand mails of this account is marked as spam. From there on AWS reviews the account, and at five in a thousand it may stop all its sending.',
      firstStep: `pause the marketing workflows ("npm run workflows -- list --stage ${stage}", then "pause"), then look on the page Audience of the console at whom they reached against their will.`,
    },
  ];
}
