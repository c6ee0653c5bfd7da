import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { consoleApp } from '#functions/console/console.ts';
import { consoleParts } from '#functions/console/parts.ts';
import { secretStore, startSecretsManager } from '#infra/local/emulators/secrets-manager.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { startSes } from '#test/fakes/ses.ts';
import { startAudience, suppressionKey } from '#test/support/audience/audience-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';

const queueNames = {
  EVENTS_QUEUE_URL: 'events',
  EVENTS_DEAD_LETTERS_URL: 'events-dead',
  MAIL_QUEUE_URL: 'mail',
  MAIL_DEAD_LETTERS_URL: 'mail-dead',
  FEEDBACK_QUEUE_URL: 'feedback',
  FEEDBACK_DEAD_LETTERS_URL: 'feedback-dead',
} as const;
type QueueVariable = keyof typeof queueNames;

/** The secret that webhooks are signed with here, as Polar makes them. */
export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/**
 * The console on emulated DynamoDB and SQS, with stand-ins for Secrets Manager and SES, wired from the environment as
 * the function is. `variables` are added to that environment.
 */
export async function startConsole(variables: Readonly<Record<string, string>> = {}) {
  const secrets = await secretStore();
  await secrets.put('SuppressionKey', suppressionKey);
  await secrets.put('WebhookSecret', JSON.stringify({ current: webhookSecret, previous: '' }));
  await secrets.put('PolarAccess', '{}');
  const [audience, emulator, secretsManager, ses] = await Promise.all([
    startAudience(),
    startSqs(),
    startSecretsManager(secrets, 0),
    startSes(),
  ]);
  const sqs = new SQSClient(clientConfig(emulator.endpoint));
  const urlOf = (variable: QueueVariable) =>
    `${emulator.endpoint}/000000000000/${queueNames[variable]}`;
  const environment = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.address,
    AWS_ENDPOINT_URL_SQS: emulator.endpoint,
    AWS_ENDPOINT_URL_SESV2: ses.endpoint,
    WORKFLOWS_TABLE: audience.tableOf('Workflows'),
    WEBHOOK_URL: 'https://hooks.example.com/webhooks/polar',
    UNSUBSCRIBE_URL: 'https://hooks.example.com/unsubscribe',
    WEBHOOK_SECRET_ID: 'WebhookSecret',
    POLAR_ACCESS_ID: 'PolarAccess',
    RETENTION_DAYS: '90',
    MAIL_FROM: 'Example Shop <shop@example.com>',
    CONFIGURATION_SET: 'mail',
    ...variables,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  for (const [variable, QueueName] of Object.entries(queueNames)) {
    await sqs.send(new CreateQueueCommand({ QueueName }));
    vi.stubEnv(variable, `${emulator.endpoint}/000000000000/${QueueName}`);
  }
  const parts = consoleParts(process.env);
  const app = consoleApp(parts);
  const { cookies, get, post, postWithToken, submit } = consoleVisitor(app);

  return {
    ...audience,
    cookies,
    get,
    post,
    postWithToken,
    submit,
    app,
    parts,
    /** By name; also to see what the console has written. */
    secrets,
    sqs,
    ses,
    urlOf,
    /** Someone else at the same console: with cookies of their own. */
    someoneElse: () => consoleVisitor(app),

    /** Everything that lies on a queue for whoever comes next, delayed messages left out. They are taken off. */
    async taken(variable: QueueVariable): Promise<Message[]> {
      const QueueUrl = urlOf(variable);
      const all: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) return all;
        all.push(...Messages);
        for (const { ReceiptHandle } of Messages) {
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },

    /** How many messages wait for their time. */
    async delayed(variable: QueueVariable): Promise<number> {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: urlOf(variable), AttributeNames: ['All'] }),
      );
      return Number(Attributes?.ApproximateNumberOfMessagesDelayed);
    },

    send: (
      variable: QueueVariable,
      MessageBody: string,
      attributes: Readonly<Record<string, string>> = {},
    ) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: urlOf(variable),
          MessageBody,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      ),

    async stop() {
      sqs.destroy();
      await Promise.all([emulator.stop(), secretsManager.stop(), ses.stop(), audience.stop()]);
    },
  };
}
