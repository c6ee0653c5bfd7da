import { Duration } from 'aws-cdk-lib';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { lambdaFunction } from './lambda-function.ts';
import type { AlarmDefinition } from './monitoring/alarm-definition.ts';
import { callAtRate } from './schedule.ts';
import type { Secrets } from './secrets.ts';
import { type AudienceTables, type TableUses, transactedRow, wordWrites } from './tables.ts';

type ImporterProps = { tables: AudienceTables; secrets: Secrets; retentionDays: number };

/** Carries on an import of Polar's customers that was begun in the console. */
export class Importer extends Construct {
  static readonly rate = Duration.minutes(1);
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, { tables, secrets, retentionDays }: ImporterProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'importer',
      description: 'Carries on the import of customers that Polar has already, if one runs',
      // A call of Polar and a page of customers after the last that still begins in its time.
      timeout: Duration.seconds(290),
      memoryMb: 512,
      environment: {
        RETENTION_DAYS: String(retentionDays),
        // Calls that come meanwhile find that somebody is at it, and end.
        STEP_SECONDS: '220',
      },
    });
    tables.give(this.function, tableUses);
    // The tokens of a sign-in are refreshed when they expire.
    secrets.give(this.function, {
      suppressionKey: ['GetSecretValue'],
      polarAccess: ['GetSecretValue', 'PutSecretValue'],
    });
    callAtRate(this, this.function, {
      rate: Importer.rate,
      description: 'When to carry on an import',
    });
  }
}

/** It applies events as the worker does, but asks no workflow and erases nobody. */
const tableUses: TableUses = {
  contacts: { calls: [...transactedRow, 'DeleteItem'] },
  // Whether customers of another organization are here.
  customers: { calls: [...transactedRow, 'Scan'] },
  addresses: { calls: [...transactedRow, 'DeleteItem'] },
  suppressions: { calls: transactedRow },
  settings: { calls: ['GetItem', 'PutItem', 'UpdateItem'] },
  events: { calls: ['PutItem'] },
  // A customer who moves to another address ends the runs of the one before; a date that moved moves those that wait for it.
  runs: { calls: transactedRow },
  words: { calls: wordWrites },
  // Nothing of them is read: the store that is shared with others asks for the names.
  emails: {},
  workflows: {},
};

export function importerAlarms(importer: Importer): AlarmDefinition[] {
  return [
    {
      id: 'ImporterErrors',
      metric: importer.function.metricErrors(),
      above: 0,
      period: Duration.minutes(5),
      harm: 'an import of customers does not get on. It is tried again every minute, for a quarter of an hour; then its page says that it failed, and continues it from where it was. Nothing else depends on it.',
      firstStep:
        "read the error in importer's log group. If it began with a deployment, deploy the version before it, then continue the import on the page Polar.",
    },
  ];
}
