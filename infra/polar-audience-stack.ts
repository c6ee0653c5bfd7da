import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Clock } from '#infra/constructs/clock.ts';
import { Console } from '#infra/constructs/console.ts';
import { Importer } from '#infra/constructs/importer.ts';
import { IngestApi, LinkDomain } from '#infra/constructs/ingest-api.ts';
import { Mail } from '#infra/constructs/mail.ts';
import { QueueWithDeadLetters } from '#infra/constructs/queue.ts';
import { RollUp } from '#infra/constructs/rollup.ts';
import { Secrets } from '#infra/constructs/secrets.ts';
import type { StageOptions } from '#infra/constructs/stage-options.ts';
import type { Keeping } from '#infra/constructs/stateful.ts';
import { AudienceTables } from '#infra/constructs/tables.ts';
import { Watch } from '#infra/constructs/watch.ts';
import { Worker } from '#infra/constructs/worker.ts';
import { Alarms } from './constructs/monitoring/alarms.ts';
import { Dashboard } from './constructs/monitoring/dashboard.ts';
import { Outcomes } from './constructs/monitoring/outcomes.ts';

/** Saved queries of Logs Insights, which finds them by the name of the stack. */
class LogQueries extends Construct {
  constructor(scope: Construct, id: string, logs: readonly ILogGroup[]) {
    super(scope, id);
    new QueryDefinition(this, 'EventLife', {
      queryDefinitionName: `${Stack.of(this).stackName}/one event's life`,
      logGroups: [...logs],
      queryString: new QueryString({
        fields: ['@timestamp', 'level', 'message', 'type', 'outcome', 'state', 'kind', 'reason'],
        filterStatements: ['webhookId = "paste the webhook id here"'],
        sort: '@timestamp asc',
        limit: 1_000,
      }),
    });
  }
}

/** The whole system of one stage. Its outputs are what people and tools find it by. */
export class PolarAudienceStack extends Stack {
  constructor(scope: Construct, id: string, options: StageOptions) {
    super(scope, id, {
      description: `Polar Audience (${options.stage}): Polar's webhooks become contacts and emails`,
      // CloudFormation gives them to all that it makes, so that a bill or an inventory tells stages apart.
      tags: { application: 'polar-audience', stage: options.stage },
    });
    const { retentionDays } = options;
    const keeping: Keeping = options.stage === 'local' ? 'disposable' : 'retained';
    const tables = new AudienceTables(this, 'Tables', keeping);
    const secrets = new Secrets(this, 'Secrets', keeping);
    const events = new QueueWithDeadLetters(this, 'Events', {
      name: 'Events',
      keeping,
      timeout: Worker.timeout,
    });
    const { webhookPath, dashboard: isGraphed } = options;
    const api = new IngestApi(this, 'Webhooks', {
      events,
      secrets,
      webhookPath,
      maxConcurrency: options.maxConcurrency,
      isGraphed,
    });
    const mail = new Mail(this, 'Mail', {
      api: api.api,
      tables,
      secrets,
      keeping,
      options,
    });
    const worker = new Worker(this, 'Worker', {
      events,
      mail: mail.outgoing,
      tables,
      secrets,
      retentionDays,
      maxConcurrency: options.maxConcurrency,
    });
    const console = new Console(this, 'Console', {
      api,
      tables,
      events,
      mail,
      secrets,
      retentionDays,
      stage: options.stage,
    });
    api.throttle();
    const linkDomain = linkDomainOf(this, api, options);
    const clock = new Clock(this, 'Clock', {
      events,
      mail: mail.outgoing,
      tables,
      mailsPerSecond: options.mailsPerSecond,
    });
    const watch = new Watch(this, 'Watch', { api, tables, secrets, isGraphed });
    const rollUp = new RollUp(this, 'RollUp', { tables, secrets, retentionDays });
    const importer = new Importer(this, 'Importer', { tables, secrets, retentionDays });
    const watched = { api, events, worker, mail, clock, watch, rollUp, importer };
    const alarms = new Alarms(this, 'Alarms', watched, options);
    if (isGraphed) {
      const outcomes = new Outcomes(this, 'Outcomes', worker.function.logGroup);
      new Dashboard(this, 'Overview', { ...watched, outcomes, console, tables, alarms });
    }
    const { mailer, feedback } = mail;
    const onTheWay = [api.ingest, worker.function, mailer.function, feedback.function];
    const logs = [...onTheWay, clock.function, console.function, watch.function].map(
      ({ logGroup }) => logGroup,
    );
    new LogQueries(this, 'LogQueries', logs);

    this.outputs({
      WebhookUrl: api.webhookUrl,
      WebhookSecretName: secrets.webhookSecret.secretName,
      UnsubscribeUrl: mail.unsubscribeUrl,
      ConsoleUrl: console.url,
      ConsolePolicyArn: console.policy.managedPolicyArn,
      ConsoleReadPolicyArn: console.readPolicy.managedPolicyArn,
      EventsQueueUrl: events.queue.queueUrl,
      EventsDeadLettersUrl: events.deadLetters.queueUrl,
      MailQueueUrl: mail.outgoing.queue.queueUrl,
      MailDeadLettersUrl: mail.outgoing.deadLetters.queueUrl,
      FeedbackQueueUrl: mail.reports.queue.queueUrl,
      FeedbackDeadLettersUrl: mail.reports.deadLetters.queueUrl,
      ContactsTableName: tables.contacts.tableName,
      CustomersTableName: tables.customers.tableName,
      AddressesTableName: tables.addresses.tableName,
      EventsTableName: tables.events.tableName,
      FailuresTableName: tables.failures.tableName,
      SettingsTableName: tables.settings.tableName,
      SuppressionsTableName: tables.suppressions.tableName,
      WorkflowsTableName: tables.workflows.tableName,
      EmailsTableName: tables.emails.tableName,
      ActsTableName: tables.acts.tableName,
      MailboxesTableName: tables.mailboxes.tableName,
      WordsTableName: tables.words.tableName,
      RunsTableName: tables.runs.tableName,
      CountsTableName: tables.counts.tableName,
      RetentionDays: String(options.retentionDays),
      AlarmTopicArn: alarms.topic.topicArn,
      ...(options.mailFrom && { MailFrom: options.mailFrom.from }),
      ...(mail.sender && { MailIdentities: mail.sender.identities.join(',') }),
      ...mail.sender?.dnsRecords,
      ...(linkDomain && { DnsLinkDomain: linkDomain.dnsRecord }),
    });
    warnOfShortRetention(this, retentionDays);
  }

  private outputs(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}

function linkDomainOf(
  scope: Construct,
  { api, stage }: IngestApi,
  { domain, certificateArn }: StageOptions,
): LinkDomain | undefined {
  if (domain === undefined || certificateArn === undefined) return undefined;
  return new LinkDomain(scope, 'Links', { name: domain, certificateArn, api, stage });
}

/** The record of an event is what makes a second delivery of it harmless. */
function warnOfShortRetention(stack: Stack, retentionDays: number): void {
  if (retentionDays >= 90) return;
  Annotations.of(stack).addWarningV2(
    'polar-audience:retentionDays',
    `Polar can deliver an event again for 90 days: what is redelivered after ${retentionDays} days, when its record is gone, is applied again.`,
  );
}
