import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefinition } from './alarm-definition.ts';
import type { Clock } from './clock.ts';
import type { Mail } from './mail.ts';

type Watched = { mail: Mail; clock: Clock };

/** What can go wrong with emails, from the queue to the recipient. */
export function mailAlarms({ mail, clock }: Watched, stage: string): AlarmDefinition[] {
  return [
    ...queueAlarms(mail, stage),
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
      id: 'MailQueueAgeing',
      metric: outgoing.queue.metricApproximateAgeOfOldestMessage(maximum),
      above: Duration.hours(1).toSeconds(),
      harm: 'emails go out more than an hour late. None is lost for 14 days.',
      firstStep:
        "read the mailer's log. Errors: remove their cause. Only more emails than a mailer sends: deploy with a greater -c mailsPerSecond, up to the sending rate that SES shows for the account.",
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
      harm: 'more than 5 per cent of the mails of this account bounce. From there on AWS reviews the account, and at 10 per cent it may stop all its sending.',
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
