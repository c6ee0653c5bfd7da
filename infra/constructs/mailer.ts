import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { FilterPattern, type ILogGroup, type JsonPattern } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Mailers } from '#shared/mail/pace.ts';
import { lambdaFunction } from './lambda-function.ts';
import { type QueueWithDeadLetters, workOnQueue } from './queue.ts';
import type { Secrets } from './secrets.ts';
import { allowSending, type Sending } from './sender-identity.ts';
import type { AudienceTables, TableUses } from './tables.ts';

type MailerProps = {
  mail: QueueWithDeadLetters;
  tables: AudienceTables;
  secrets: Secrets;
  sending: Sending;
  unsubscribeUrl: string;
  mailers: Mailers;
  /** Whether emails are counted by each state, for the dashboard, or those alone that an alarm goes by. */
  isGraphed: boolean;
};

/** Sends the queued emails, each at most once. */
export class Mailer extends Construct {
  static readonly timeout = Duration.seconds(60);
  readonly function: NodejsFunction;
  /** For how long SES has refused the emails that it refused again. */
  readonly waitedMinutes: Metric;
  /** How many emails were not sent for a reason that somebody can remove, such as a template. */
  readonly blockedForAPerson: Metric;

  constructor(scope: Construct, id: string, props: MailerProps) {
    super(scope, id);
    const { mailers } = props;
    this.function = lambdaFunction(this, 'Function', {
      name: 'mailer',
      description: 'Renders and sends queued emails',
      timeout: Mailer.timeout,
      // A template that loops is cut off by what it has cost, so some processor keeps that short.
      memoryMb: 512,
      environment: environment(props),
    });
    props.tables.give(this.function, tableUses);
    allowSending(this.function, props.sending);
    props.secrets.give(this.function, { suppressionKey: ['GetSecretValue'] });
    workOnQueue(this, 'Mail', this.function, {
      queue: props.mail,
      batchSize: mailers.batchSize,
      maxConcurrency: mailers.atOnce,
    });
    countStates(this.function.logGroup, props.isGraphed);
    this.waitedMinutes = waitedMinutes(this.function.logGroup);
    this.blockedForAPerson = blockedForAPerson(this.function.logGroup);
  }

  /** How many emails came into this state. */
  cameInto(state: string): Metric {
    return new Metric({
      ...statesMetric(this),
      dimensionsMap: { State: state },
      statistic: Stats.SUM,
    });
  }
}

function environment({ sending, unsubscribeUrl, mailers }: MailerProps) {
  return {
    CONFIGURATION_SET: sending.configurationSet.configurationSetName,
    MAIL_FROM: sending.from,
    UNSUBSCRIBE_URL: unsubscribeUrl,
    // Its share.
    MAILS_PER_SECOND: String(mailers.mailsPerSecond),
  };
}

const tableUses: TableUses = {
  contacts: { calls: ['BatchGetItem'] },
  // An email of a run is reserved only while its customer is as it was judged.
  customers: { calls: ['BatchGetItem', 'ConditionCheckItem'] },
  suppressions: { calls: ['BatchGetItem'] },
  // Nothing of it is read: the store that it shares with others asks for the name.
  addresses: {},
  events: { calls: ['GetItem'] },
  workflows: { calls: ['GetItem'] },
  settings: { calls: ['GetItem'] },
  emails: { calls: ['GetItem', 'UpdateItem'] },
  mailboxes: { calls: ['UpdateItem'] },
  runs: { calls: ['BatchGetItem'] },
  failures: { calls: ['UpdateItem', 'DeleteItem'] },
};

/** The mailer logs a line with the field `state` whenever it brings an email into one. */
const stateLine = (state: JsonPattern) =>
  FilterPattern.all(FilterPattern.exists('$.ledgerKey'), state);

export const failedLine = stateLine(FilterPattern.stringValue('$.state', '=', 'failed'));

/** SES has refused an email again, after so many minutes. */
export const waitedLine = (minutes: number) =>
  FilterPattern.numberValue('$.waitedMinutes', '>=', minutes);

/** An email was not sent for a reason that somebody can remove. */
export const needsPersonLine = FilterPattern.booleanValue('$.needsPerson', true);

function countStates(log: ILogGroup, isGraphed: boolean): void {
  const { namespace, metricName } = statesMetric(log);
  log.addMetricFilter('States', {
    filterPattern: isGraphed ? stateLine(FilterPattern.exists('$.state')) : failedLine,
    metricNamespace: namespace,
    metricName,
    dimensions: { State: '$.state' },
    metricValue: '1',
  });
}

function statesMetric(scope: Construct) {
  return { namespace: Stack.of(scope).stackName, metricName: 'Emails' };
}

function waitedMinutes(log: ILogGroup): Metric {
  const metric = { namespace: Stack.of(log).stackName, metricName: 'WaitedMinutes' };
  log.addMetricFilter('Waited', {
    filterPattern: waitedLine(0),
    metricNamespace: metric.namespace,
    metricName: metric.metricName,
    metricValue: '$.waitedMinutes',
  });
  return new Metric({ ...metric, statistic: Stats.MAXIMUM });
}

function blockedForAPerson(log: ILogGroup): Metric {
  const metric = { namespace: Stack.of(log).stackName, metricName: 'BlockedForAPerson' };
  log.addMetricFilter('Blocked', {
    filterPattern: needsPersonLine,
    metricNamespace: metric.namespace,
    metricName: metric.metricName,
    metricValue: '1',
  });
  return new Metric({ ...metric, statistic: Stats.SUM });
}
