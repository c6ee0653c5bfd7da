import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from '#infra/constructs/alarms.ts';
import { AudienceTables } from '#infra/constructs/audience-tables.ts';
import { Dashboard } from '#infra/constructs/dashboard.ts';
import { EventQueue } from '#infra/constructs/event-queue.ts';
import { IngestApi } from '#infra/constructs/ingest-api.ts';
import type { Keeping } from '#infra/constructs/keeping.ts';
import { Secrets } from '#infra/constructs/secrets.ts';
import { Worker } from '#infra/constructs/worker.ts';
import type { StageOptions } from '#infra/stage-options.ts';

/** The whole system of one stage. Its outputs are what people and tools find it by. */
export class PolarAudienceStack extends Stack {
  constructor(scope: Construct, id: string, options: StageOptions) {
    super(scope, id, {
      description: `Polar Audience (${options.stage}): Polar's webhooks become contacts and emails`,
    });
    const keeping: Keeping = options.stage === 'local' ? 'disposable' : 'retained';
    const tables = new AudienceTables(this, 'Tables', keeping);
    const secrets = new Secrets(this, 'Secrets', keeping);
    const events = new EventQueue(this, 'Events', { keeping, workerTimeout: Worker.timeout });
    const api = new IngestApi(this, 'Webhooks', {
      queue: events.queue,
      webhookSecret: secrets.webhookSecret,
    });
    const worker = new Worker(this, 'Worker', {
      events,
      tables,
      suppressionKey: secrets.suppressionKey,
      retentionDays: options.retentionDays,
      maxConcurrency: options.maxConcurrency,
    });
    const alarms = new Alarms(this, 'Alarms', { api, events, worker }, options.alarmEmail);
    new Dashboard(this, 'Overview', { api, events, worker, tables, alarms });

    this.output('WebhookUrl', api.webhookUrl);
    this.output('WebhookSecretName', secrets.webhookSecret.secretName);
    this.output('EventsQueueUrl', events.queue.queueUrl);
    this.output('EventsDeadLettersUrl', events.deadLetters.queueUrl);
    this.output('ContactsTableName', tables.contacts.tableName);
    this.output('CustomersTableName', tables.customers.tableName);
    this.output('AddressesTableName', tables.addresses.tableName);
    this.output('EventsTableName', tables.events.tableName);
    this.output('FailuresTableName', tables.failures.tableName);
    this.output('SettingsTableName', tables.settings.tableName);
    this.output('SuppressionsTableName', tables.suppressions.tableName);
    this.output('AlarmTopicArn', alarms.topic.topicArn);
    warnOfShortRetention(this, options.retentionDays);
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value });
  }
}

/** The record of an event is what makes a second delivery of it harmless. */
function warnOfShortRetention(stack: Stack, retentionDays: number): void {
  if (retentionDays >= 90) return;
  Annotations.of(stack).addWarningV2(
    'polar-audience:retentionDays',
    `Polar can deliver an event again for 90 days: what is redelivered after ${retentionDays} days, when its record is gone, is applied again.`,
  );
}
