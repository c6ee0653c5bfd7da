import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { vi } from 'vitest';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import type { Wake } from '#shared/audience/runs/go-on.ts';
import { wakeMessage } from '#shared/queue/events-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startSecretsManager } from '#test/fakes/secrets-manager.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import { newSecret } from '#test/support/polar/signed-request.ts';
import { coldStart } from '#test/support/process/cold-start.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { apiEvent, queueEvent, type Webhook } from './sample-events.ts';

/** Ingest and worker as their handlers wire them, on emulators, with every call of theirs written down. */
export async function startHandlersOnTheWire() {
  const operations: string[] = [];
  const watched = (endpoint: string) =>
    startCountingProxy(endpoint, ({ operation }) => operations.push(operation));
  const [dynamo, sqs, secrets] = await Promise.all([
    startDynamo(),
    startSqs(),
    startSecretsManager(),
  ]);
  const proxies = await Promise.all([dynamo.endpoint, sqs.endpoint, secrets.endpoint].map(watched));
  const [dynamoAddress = '', sqsAddress = '', secretsAddress = ''] = proxies.map(
    (one) => one.address,
  );
  const tableOf = await createStackTables(dynamo.client);
  const queues = new SQSClient(clientConfig(sqs.endpoint));
  for (const QueueName of ['events', 'dead', 'mail']) {
    await queues.send(new CreateQueueCommand({ QueueName }));
  }
  queues.destroy();
  const secret = newSecret();
  secrets.set('WebhookSecret', JSON.stringify({ current: secret }));
  secrets.set('SuppressionKey', 'a key of this test');
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoAddress,
    AWS_ENDPOINT_URL_SQS: sqsAddress,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsAddress,
    CONTACTS_TABLE: tableOf('Contacts'),
    CUSTOMERS_TABLE: tableOf('Customers'),
    ADDRESSES_TABLE: tableOf('Addresses'),
    SUPPRESSIONS_TABLE: tableOf('Suppressions'),
    EVENTS_TABLE: tableOf('Events'),
    FAILURES_TABLE: tableOf('Failures'),
    SETTINGS_TABLE: tableOf('Settings'),
    WORKFLOWS_TABLE: tableOf('Workflows'),
    RUNS_TABLE: tableOf('Runs'),
    WORDS_TABLE: tableOf('Words'),
    EMAILS_TABLE: tableOf('Emails'),
    EVENTS_QUEUE_URL: `${sqsAddress}/000000000000/events`,
    EVENTS_DEAD_LETTERS_URL: `${sqsAddress}/000000000000/dead`,
    MAIL_QUEUE_URL: `${sqsAddress}/000000000000/mail`,
    WEBHOOK_SECRET_ID: 'WebhookSecret',
    WEBHOOK_PATH: '/webhooks/polar',
    SUPPRESSION_KEY_ID: 'SuppressionKey',
    RETENTION_DAYS: '90',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const [ingest, worker] = await Promise.all([coldStart('ingest'), coldStart('worker')]);
  const handleBatch = worker.handler as unknown as (
    batch: SQSEvent,
    time: { getRemainingTimeInMillis: () => number },
  ) => Promise<{ batchItemFailures: unknown[] }>;

  async function handle(batch: SQSEvent): Promise<string[]> {
    operations.length = 0;
    const time = { getRemainingTimeInMillis: () => 60_000 };
    const { batchItemFailures } = await handleBatch(batch, time);
    if (batchItemFailures.length > 0) throw new Error('The worker could not handle a message.');
    return operations.splice(0);
  }

  return {
    /** The status that a webhook is answered with, and the calls for it. */
    async receive(webhook: Webhook, signedWith = secret) {
      operations.length = 0;
      const event = apiEvent(webhook, signedWith) as unknown as APIGatewayProxyEventV2;
      const { statusCode } = await ingest.handler(event);
      return { statusCode, calls: operations.splice(0) };
    },
    /** The calls for one queued webhook, or several in one batch. */
    apply: (...webhooks: Webhook[]) => handle(queueEvent(webhooks) as unknown as SQSEvent),
    /** The calls for one run that the clock asks for. */
    wake(wake: Wake) {
      const { MessageBody: Body, MessageAttributes } = wakeMessage(wake);
      return handle({ Records: [lambdaRecord({ Body, MessageAttributes })] });
    },
    db: documentClient(dynamo.client),
    tableOf,
    async stop() {
      vi.unstubAllEnvs();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await Promise.all([dynamo.stop(), sqs.stop(), secrets.stop()]);
    },
  };
}
