import { Duration } from 'aws-cdk-lib';
import type { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { allowConsole, type ConsoleReach } from '#infra/constructs/allow-console.ts';
import { consoleDoor } from '#infra/constructs/console-door.ts';
import type { IngestApi } from '#infra/constructs/ingest-api.ts';
import { lambdaFunction } from '#infra/constructs/lambda-function.ts';
import { Unsubscribe } from '#infra/constructs/unsubscribe.ts';

type ConsoleProps = ConsoleReach & Readonly<{ api: IngestApi; retentionDays: number }>;

/** The pages of those who run this. No public door: requests are signed with AWS credentials. */
export class Console extends Construct {
  readonly function: NodejsFunction;
  readonly url: string;
  /** Attach it to the people who are to use the console. */
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: ConsoleProps) {
    super(scope, id);
    this.function = lambdaFunction(this, 'Function', {
      name: 'console',
      description: 'The pages of those who run this',
      // API Gateway gives up after thirty seconds; an end of our own before that leaves an error to see.
      timeout: Duration.seconds(29),
      // A person waits for the first page, and a cold start is mostly processor: it grows with memory.
      memoryMb: 1024,
      environment: environment(props),
    });
    allowConsole(this.function, props);
    const { url, policy } = consoleDoor(this, props.api, this.function);
    this.url = url;
    this.policy = policy;
  }
}

function environment({ api, tables, events, mail, secrets, retentionDays }: ConsoleProps) {
  const { configurationSet, from } = mail.sending;
  return {
    CONTACTS_TABLE: tables.contacts.tableName,
    CUSTOMERS_TABLE: tables.customers.tableName,
    ADDRESSES_TABLE: tables.addresses.tableName,
    EVENTS_TABLE: tables.events.tableName,
    FAILURES_TABLE: tables.failures.tableName,
    SETTINGS_TABLE: tables.settings.tableName,
    SUPPRESSIONS_TABLE: tables.suppressions.tableName,
    WORKFLOWS_TABLE: tables.workflows.tableName,
    EMAILS_TABLE: tables.emails.tableName,
    EVENTS_QUEUE_URL: events.queue.queueUrl,
    EVENTS_DEAD_LETTERS_URL: events.deadLetters.queueUrl,
    MAIL_QUEUE_URL: mail.outgoing.queue.queueUrl,
    MAIL_DEAD_LETTERS_URL: mail.outgoing.deadLetters.queueUrl,
    FEEDBACK_QUEUE_URL: mail.reports.queue.queueUrl,
    FEEDBACK_DEAD_LETTERS_URL: mail.reports.deadLetters.queueUrl,
    WEBHOOK_URL: api.webhookUrl,
    UNSUBSCRIBE_URL: Unsubscribe.urlOf(api.api),
    WEBHOOK_SECRET_ID: secrets.webhookSecret.secretArn,
    SUPPRESSION_KEY_ID: secrets.suppressionKey.secretArn,
    POLAR_ACCESS_ID: secrets.polarAccess.secretArn,
    RETENTION_DAYS: String(retentionDays),
    MAIL_FROM: from,
    MAIL_IDENTITIES: mail.sender?.identities.join(',') ?? '',
    CONFIGURATION_SET: configurationSet.configurationSetName,
  };
}
