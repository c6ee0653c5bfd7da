import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { consoleApp } from '#functions/console/console.ts';
import { consoleParts } from '#functions/console/parts.ts';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { createTables } from '#infra/local/emulators/dynamo.ts';
import {
  initialSecret,
  secretStore,
  startSecretsManager,
} from '#infra/local/emulators/secrets-manager.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { startSes } from '#test/fakes/ses.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { consoleVisitor } from '#test/support/console-visitor.ts';
import { signedRequest } from '#test/support/polar/signed-request.ts';
import { coldStart } from '#test/support/process/cold-start.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';
import { startQuickQueue } from './quick-queue.ts';

/** The queues that a function is fed from, by the logical ids that an upgrade must not change. */
export const fedFrom = {
  EventsQueue: 'worker',
  MailQueue: 'mailer',
  FeedbackQueue: 'feedback',
} as const;
type FedQueue = keyof typeof fedFrom;

const environmentSchema = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
const batchSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});
const answerSchema = z.object({ statusCode: z.number(), body: z.string().default('') });

const plentyOfTime = { getRemainingTimeInMillis: () => 60_000 };
const mostRounds = 30;

type EntryPoint = { handler(event: unknown, context: unknown, done: unknown): unknown };

/** The functions, as Lambda loads them: they read the environment then. */
async function coldEntryPoints() {
  const ingest: EntryPoint = await coldStart('ingest');
  const worker: EntryPoint = await coldStart('worker');
  const mailer: EntryPoint = await coldStart('mailer');
  const feedback: EntryPoint = await coldStart('feedback');
  const unsubscribe: EntryPoint = await coldStart('unsubscribe');
  return { ingest, worker, mailer, feedback, unsubscribe };
}

type Options = Readonly<{
  /** By logical id; the others begin with what the template says. */
  secrets?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
}>;

/**
 * The stack of a template with its functions in this process, wired from the environment that the template gives them.
 * Nothing runs by itself: messages wait until they are worked on. Once in a test file: the environment becomes theirs.
 */
export async function startStackInProcess(document: unknown, options: Options = {}) {
  const store = await secretStore();
  const [dynamo, emulator, ses, secretsManager] = await Promise.all([
    startDynamo(),
    startSqs(),
    startSes(),
    startSecretsManager(store, 0),
  ]);
  const quick = await startQuickQueue(emulator.endpoint);
  const identities = localIdentities(templateOf(`Upgrade${randomUUID().slice(0, 8)}`, document), {
    sqs: quick.address,
    http: 'https://hooks.example.com',
  });
  const tables = await createTables(dynamo.client, identities);
  const sqs = new SQSClient(clientConfig(quick.address));
  const queueUrl = (id: string) => String(identities.resolve({ Ref: id }));
  for (const { logicalId } of identities.ofType('AWS::SQS::Queue')) {
    const Attributes = { MaximumMessageSize: '1048576' };
    await sqs.send(new CreateQueueCommand({ QueueName: identities.nameOf(logicalId), Attributes }));
  }
  for (const secret of identities.ofType('AWS::SecretsManager::Secret')) {
    const value = options.secrets?.[secret.logicalId] ?? initialSecret(secret);
    await store.put(identities.nameOf(secret.logicalId), value);
  }
  const secret = (id: string) => store.get(identities.nameOf(id)) ?? '';
  const variables = identities.ofType('AWS::Lambda::Function').map(({ properties }) => {
    const { data } = environmentSchema.safeParse(properties);
    return data?.Environment.Variables;
  });
  Object.assign(process.env, ...variables, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SQS: quick.address,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.address,
    AWS_ENDPOINT_URL_SESV2: ses.endpoint,
    MAIL_FROM: 'Example Shop <shop@example.com>',
    MAILS_PER_SECOND: '1000',
    ...options.environment,
  });
  const entryPoints = await coldEntryPoints();
  const parts = consoleParts(process.env);

  async function handle(queue: FedQueue, Records: readonly SQSRecord[]): Promise<string[]> {
    const { handler } = entryPoints[fedFrom[queue]];
    const answer = batchSchema.parse(await handler({ Records }, plentyOfTime, undefined));
    return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  /** Takes what lies on a queue off it. */
  async function take(queue: string): Promise<SQSRecord[]> {
    const QueueUrl = queueUrl(queue);
    const all: SQSRecord[] = [];
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
      for (const message of Messages) {
        all.push(lambdaRecord(message));
        const { ReceiptHandle } = message;
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  return {
    dynamo: dynamo.client,
    db: documentClient(dynamo.client),
    tables,
    ses,
    secret,
    parts,
    visitor: consoleVisitor(consoleApp(parts)),
    handle,
    take,

    /** Works on what is queued, and on what comes of that, until nothing is left. */
    async work(queue: FedQueue): Promise<void> {
      for (let round = 0; round < mostRounds; round++) {
        const records = await take(queue);
        if (records.length === 0) return;
        for (let start = 0; start < records.length; start += 10) {
          await handle(queue, records.slice(start, start + 10));
        }
      }
      throw new Error(`There was no end to what lies on ${queue}.`);
    },

    send: (queue: string, MessageBody: string, attributes: Readonly<Record<string, string>> = {}) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl(queue),
          MessageBody,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      ),

    /** Hands a webhook to ingest, signed. Gives the status of its answer. */
    async post(webhookId: string, body: string): Promise<number> {
      const { current } = z
        .object({ current: z.string() })
        .parse(JSON.parse(secret('WebhookSecret')));
      const request = signedRequest(body, { secret: current, id: webhookId });
      const answer = await entryPoints.ingest.handler(request, plentyOfTime, undefined);
      return answerSchema.parse(answer).statusCode;
    },

    /** Follows an unsubscribe link (GET), or answers its page (POST). */
    async unsubscribe(token: string, method: 'GET' | 'POST') {
      const request = {
        pathParameters: { token },
        body: 'List-Unsubscribe=One-Click',
        isBase64Encoded: false,
        requestContext: { http: { method } },
      };
      return answerSchema.parse(
        await entryPoints.unsubscribe.handler(request, plentyOfTime, undefined),
      );
    },

    async stop() {
      sqs.destroy();
      await Promise.all([quick.stop(), secretsManager.stop(), ses.stop(), dynamo.stop()]);
      await emulator.stop();
    },
  };
}
export type StackInProcess = Awaited<ReturnType<typeof startStackInProcess>>;
