import { Duration, Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { FilterPattern, type IFilterPattern } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { QueueWithDeadLetters } from './queue.ts';
import { callAtRate } from './schedule.ts';
import type { AudienceTables } from './tables.ts';

type ClockProps = {
  events: QueueWithDeadLetters;
  mail: QueueWithDeadLetters;
  tables: AudienceTables;
  mailsPerSecond: number;
};

/** Asks every minute for what is due, so that nothing waits by going round in a queue. */
export class Clock extends Construct {
  static readonly rate = Duration.minutes(1);
  /** Its lines that alarms go by. */
  static readonly lines = {
    unreadableRow: FilterPattern.any(
      FilterPattern.stringValue('$.message', '=', 'run cannot be read'),
      FilterPattern.stringValue('$.message', '=', 'email cannot be read'),
    ),
    unknownEmail: FilterPattern.stringValue(
      '$.message',
      '=',
      'email is unknown for fifteen minutes',
    ),
  };
  readonly function: NodejsFunction;
  /** How many emails were still unknown a quarter of an hour after they were handed to SES, or after they were last counted. */
  readonly unknownEmails: Metric;
  /** How many rows of emails and runs were due and not as this version writes them, at each look, a quarter of an hour apart. */
  readonly unreadableRows: Metric;

  constructor(scope: Construct, id: string, { events, mail, tables, mailsPerSecond }: ClockProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'clock',
      description: 'Asks every minute for the emails and the steps of runs that are due',
      timeout: Duration.seconds(50),
      memoryMb: memoryMbFor(mailsPerSecond),
      environment: {
        MOST_EMAILS: String(mostEmails(mailsPerSecond)),
        // Ten thousand that are due in the same minute are asked for within five, and webhooks get through between them.
        MOST_RUNS: '2000',
      },
    });
    tables.give(this.function, {
      emails: { calls: ['UpdateItem'], queries: ['byDue'] },
      runs: { calls: ['UpdateItem'], queries: ['byWake'] },
      // Whether mail is held.
      settings: { calls: ['GetItem'] },
    });
    mail.give(this.function, { calls: ['SendMessage'] });
    events.give(this.function, { calls: ['SendMessage'] });
    callAtRate(this, this.function, {
      rate: Clock.rate,
      description: 'When to ask for what is due',
    });
    this.unreadableRows = this.counted('UnreadableRows', Clock.lines.unreadableRow);
    this.unknownEmails = this.counted('UnknownEmails', Clock.lines.unknownEmail);
  }

  /** Such lines of its log, as a metric. */
  private counted(metricName: string, filterPattern: IFilterPattern): Metric {
    const namespace = Stack.of(this).stackName;
    this.function.logGroup.addMetricFilter(metricName, {
      filterPattern,
      metricNamespace: namespace,
      metricName,
      metricValue: '1',
    });
    return new Metric({ namespace, metricName, statistic: Stats.SUM });
  }
}

/**
 * An email takes about 1.4 ms of a processor, and Lambda gives one to each 1,769 MB. So six thousand take about 15
 * seconds at 1,024 MB, and a thousand 10 at 256 MB.
 */
function memoryMbFor(mailsPerSecond: number): number {
  return mailsPerSecond > 16 ? 1_024 : 256;
}

/** What the mailers send in a minute, and six thousand at most, which one call has the time for. */
function mostEmails(mailsPerSecond: number): number {
  return Math.min(6_000, mailsPerSecond * Clock.rate.toSeconds());
}
