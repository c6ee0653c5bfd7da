import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { AlarmDefinition } from './monitoring/alarm-definition.ts';
import { callAtRate } from './schedule.ts';
import type { Secrets } from './secrets.ts';
import type { AudienceTables } from './tables.ts';

type RollUpProps = { tables: AudienceTables; secrets: Secrets; retentionDays: number };

/** Counts what was recorded, for the overview: so recording costs no write more. */
export class RollUp extends Construct {
  static readonly rate = Duration.minutes(5);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { tables, secrets, retentionDays }: RollUpProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'rollup',
      description: 'Counts every five minutes what was recorded, for the overview of the console',
      timeout: Duration.seconds(290),
      memoryMb: 512,
      environment: {
        RETENTION_DAYS: String(retentionDays),
        // An hour of fifty workflows is 816 pages at least; 3,000 are done within a minute.
        MOST_READS: '3000',
        // Of 500 contacts each: fourteen million a day, and all of them are to be counted once a day.
        MOST_PAGES: '100',
      },
    });
    tables.give(this.function, {
      counts: { calls: ['GetItem', 'PutItem', 'Query'] },
      // It scans a page of each, which shows all that there is of a stage with few records.
      events: { queries: ['byDay'], scans: ['byDay'] },
      emails: { queries: ['byWorkflow'], scans: ['byWorkflow'] },
      runs: { queries: ['byWorkflow'], scans: ['byWorkflow'] },
      contacts: { queries: ['byCreation'], scans: ['byCreation'] },
      // Why somebody gets no marketing.
      suppressions: { calls: ['BatchGetItem'] },
      workflows: { calls: ['Scan'] },
      failures: { calls: ['Scan'] },
    });
    secrets.give(this.function, { suppressionKey: ['GetSecretValue'] });
    callAtRate(this, this.function, {
      rate: RollUp.rate,
      description: 'When to count what was recorded',
    });
  }
}

const harm =
  'the numbers of the overview and of workflows are out of date. Nothing else depends on them, and none are lost: the next call counts what is left.';

export function rollUpAlarms(rollUp: RollUp): AlarmDefinition[] {
  const halfAnHour = Duration.minutes(30);
  return [
    {
      id: 'RollUpErrors',
      metric: rollUp.function.metricErrors(),
      above: 0,
      period: halfAnHour,
      periodsOfThree: 2,
      harm,
      firstStep:
        "read the error in rollup's log group. If it began with a deployment, deploy the version before it.",
    },
    {
      id: 'RollUpStopped',
      metric: rollUp.function.metricInvocations(),
      above: 'silence',
      period: halfAnHour,
      periodsOfThree: 3,
      harm,
      firstStep:
        'look in EventBridge whether the rule of rollup is enabled, and in CloudWatch whether Lambda throttles it. After the first deployment the alarm may ring once.',
    },
  ];
}
