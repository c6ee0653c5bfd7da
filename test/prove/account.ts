import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { BatchWriteCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { createTables, startDynamo } from '#infra/local/emulators/dynamo.ts';
import {
  fillSecrets,
  secretStore,
  startSecretsManager,
  webhookSecret,
} from '#infra/local/emulators/secrets-manager.ts';
import { createQueues, startSqs } from '#infra/local/emulators/sqs.ts';
import { functionEnvironment } from '#infra/local/lambda/local-functions.ts';
import { localClientConfig } from '#infra/local/local-account.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';

export type Item = Record<string, unknown>;
/** The items of every table, by logical id. */
export type Tables = Readonly<Record<string, readonly Item[]>>;
export type QueueName = `${'Events' | 'Mail' | 'Feedback'}${'Queue' | 'DeadLetters'}`;
export type Account = Awaited<ReturnType<typeof startAccount>>;

const keySchema = z.object({ KeySchema: z.array(z.object({ AttributeName: z.string() })) });

/** The tables, queues and secrets of the stack on emulators. No function runs and nothing takes messages off the queues. */
export async function startAccount(template: unknown) {
  const [dynamo, sqs, secrets] = await Promise.all([startDynamo(), startSqs(), secretStore()]);
  const secretsManager = await startSecretsManager(secrets, 0);
  const parsed = templateOf('PolarAudience-local', template);
  const identities = localIdentities(parsed, { sqs: sqs.endpoint, http: 'http://127.0.0.1:9' });
  const client = new DynamoDBClient(localClientConfig(dynamo.endpoint));
  const queues = new SQSClient(localClientConfig(sqs.endpoint));
  const names = await createTables(client, identities);
  const urls = await createQueues(queues, identities);
  await fillSecrets(secrets, identities);
  const db = documentClient(client);
  const keys = new Map(
    identities.ofType('AWS::DynamoDB::Table').map(({ logicalId, properties }) => {
      const { KeySchema } = keySchema.parse(properties);
      return [logicalId, KeySchema.map(({ AttributeName }) => AttributeName)];
    }),
  );
  const urlOf = (queue: QueueName) => String(urls[queue]);

  /** Of these tables, or of all. */
  async function tables(wanted: readonly string[] = Object.keys(names)): Promise<Tables> {
    const items = wanted.map(async (id) => {
      const TableName = names[id];
      const found: Item[] = [];
      const scan = { TableName, ConsistentRead: true };
      for await (const { Items = [] } of paginateScan({ client: db }, scan)) found.push(...Items);
      return [id, found] as const;
    });
    return Object.fromEntries(await Promise.all(items));
  }

  async function write(requests: readonly (readonly [string, object])[]): Promise<void> {
    for (let from = 0; from < requests.length; from += 25) {
      const some = requests.slice(from, from + 25);
      const ofTables = [...Map.groupBy(some, ([table]) => String(names[table]))];
      const RequestItems = Object.fromEntries(
        ofTables.map(([table, own]) => [table, own.map(([, one]) => one)]),
      );
      await db.send(new BatchWriteCommand({ RequestItems }));
    }
  }

  /** The next messages as Lambda hands them over in one batch. */
  async function received(queue: QueueName, most: number): Promise<SQSRecord[]> {
    const { Messages = [] } = await queues.send(
      new ReceiveMessageCommand({
        QueueUrl: urlOf(queue),
        MaxNumberOfMessages: most,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.map(lambdaRecord);
  }

  return {
    tables,
    db,
    tableOf: (logicalId: string) => String(names[logicalId]),
    /** What CloudWatch would be told of a queue at a time. */
    metricsOf: (queue: QueueName, at: Date) => sqs.metrics(identities.nameOf(queue), at),
    endpoints: {
      dynamodb: dynamo.endpoint,
      sqs: sqs.endpoint,
      secretsManager: secretsManager.address,
    },
    secret: await webhookSecret(secrets, identities.nameOf('WebhookSecret')),
    secretOf: (logicalId: string) => secrets.get(identities.nameOf(logicalId)) ?? '',
    putSecret: (logicalId: string, value: string) =>
      secrets.put(identities.nameOf(logicalId), value),
    identities,
    /** What a function finds in its environment when `address` is all that it reaches. */
    environmentOf(logicalId: RegExp, address: string) {
      const reached = localIdentities(parsed, { sqs: address, http: 'http://127.0.0.1:9' });
      const lambda = reached
        .ofType('AWS::Lambda::Function')
        .find((resource) => logicalId.test(resource.logicalId));
      if (!lambda) throw new Error(`The stack has no function ${logicalId}.`);
      const everything = { dynamodb: address, sqs: address, secretsManager: address, ses: address };
      return functionEnvironment(lambda, reached, everything);
    },
    /** Makes the tables hold just this, and empties the queues. */
    async reset(wanted: Tables) {
      const deletes = Object.entries(await tables()).flatMap(([table, items]) =>
        items.map((item) => {
          const own = (keys.get(table) ?? []).map((name) => [name, item[name]]);
          return [table, { DeleteRequest: { Key: Object.fromEntries(own) } }] as const;
        }),
      );
      const puts = Object.entries(wanted).flatMap(([table, items]) =>
        items.map((Item) => [table, { PutRequest: { Item } }] as const),
      );
      await write(deletes);
      await write(puts);
      for (const QueueUrl of Object.values(urls)) {
        await queues.send(new PurgeQueueCommand({ QueueUrl }));
      }
    },
    send: (queue: QueueName, message: Omit<SendMessageCommandInput, 'QueueUrl'>) =>
      queues.send(new SendMessageCommand({ QueueUrl: urlOf(queue), ...message })),
    /** The next message as Lambda hands it over, if one is visible now. */
    receive: async (queue: QueueName): Promise<SQSRecord | undefined> =>
      (await received(queue, 1))[0],
    received,
    remove: (queue: QueueName, { receiptHandle: ReceiptHandle }: SQSRecord) =>
      queues.send(new DeleteMessageCommand({ QueueUrl: urlOf(queue), ReceiptHandle })),
    /** Lets the message come again at once. */
    giveBack: (queue: QueueName, { receiptHandle: ReceiptHandle }: SQSRecord) =>
      queues.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(queue),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      ),
    /** Messages that will be visible later. */
    async hasDelayed(queue: QueueName): Promise<boolean> {
      const asked = { QueueUrl: urlOf(queue), AttributeNames: ['All' as const] };
      const { Attributes } = await queues.send(new GetQueueAttributesCommand(asked));
      return Number(Attributes?.['ApproximateNumberOfMessagesDelayed']) > 0;
    },
    async stop() {
      client.destroy();
      queues.destroy();
      await secretsManager.stop();
      await sqs.stop();
      await dynamo.stop();
    },
  };
}
