import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { SQSRecord } from 'aws-lambda';
import { type WorkerParts, worker } from '#functions/worker/worker.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { jsonLog } from '#shared/log.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { addressHash, dynamoAudienceStore } from '#shared/store/audience/audience-store.ts';
import { dynamoContactLookup } from '#shared/store/audience/contact-lookup.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEventRecords } from '#shared/store/events/event-records.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';
import { dynamoSettings } from '#shared/store/settings/settings.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { audienceTables, createStackTables } from '#test/support/cloud/stack-tables.ts';
import { lambdaRecord } from '#test/support/process/lambda-record.ts';
import { readableRow } from '#test/support/readable-row.ts';

const plentyOfTime = { getRemainingTimeInMillis: () => 60_000 };

/** The worker on emulated DynamoDB and SQS, with a queue that it is fed from as Lambda would. */
export async function startWorker({ now = () => new Date() } = {}) {
  const [dynamo, emulator] = await Promise.all([startDynamo(), startSqs()]);
  const tableOf = await createStackTables(dynamo.client);
  const db = documentClient(dynamo.client);
  const sqs = new SQSClient(clientConfig(emulator.endpoint));
  const createQueue = async (name: string) => {
    await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { MaximumMessageSize: '1048576' } }),
    );
    return `${emulator.endpoint}/000000000000/${name}`;
  };
  const queueUrl = await createQueue('events');
  const deadLettersUrl = await createQueue('dead');
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  const failures = dynamoFailures(db, tableOf('Failures'), now);
  const store = dynamoAudienceStore(db, audienceTables(tableOf), {
    addressHash: async () => addressHash('a key of this test'),
    retentionDays: 90,
  });
  const parts: WorkerParts = {
    store,
    records: dynamoEventRecords(db, tableOf('Events')),
    runs: dynamoRunLists(db, tableOf('Runs')),
    settings: dynamoSettings(db, tableOf('Settings')),
    workflows: async () => [],
    settingsNow: dynamoSettings(db, tableOf('Settings')),
    workflowsNow: async () => [],
    contactOf: dynamoContactLookup(db, tableOf('Contacts'), store),
    sendMail: async () => undefined,
    failures,
    failed: failedMessages({ sqs, queueUrl, deadLettersUrl, failures, log }),
    send: (message, DelaySeconds) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, DelaySeconds, ...message })),
    now,
    newId: randomUUID,
    pause: (lostRaces) => setTimeout(Math.random() * 10 * lostRaces),
    log,
  };

  async function receive(url = queueUrl, visibilitySeconds = 30): Promise<SQSRecord[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: visibilitySeconds,
      }),
    );
    return Messages.map(lambdaRecord);
  }

  return {
    parts,
    dynamo: dynamo.client,
    db,
    tableOf,
    lines,
    receive,
    sqs,
    queueUrl,
    deadLettersUrl,
    async queue(webhookId: string, type: string, body: string) {
      const receivedAt = now().toISOString();
      const message = encodeEventMessage({ webhookId, type, receivedAt, body });
      if (message === 'too-large') throw new Error('too large');
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
    },
    /** Hands over what is in the queue, batch by batch, until nothing is visible. Returns the ids that failed. */
    async drain(changed: Partial<WorkerParts> = {}, time = plentyOfTime) {
      const failed: string[] = [];
      const handler = worker({ ...parts, ...changed });
      for (;;) {
        const records = await receive();
        if (records.length === 0) return failed;
        const { batchItemFailures } = await handler({ Records: records }, time);
        const left = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const { messageId, receiptHandle } of records) {
          if (left.has(messageId)) failed.push(messageId);
          else {
            await sqs.send(
              new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
            );
          }
        }
      }
    },
    async counts(url: string) {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      return {
        visible: Number(Attributes?.ApproximateNumberOfMessages),
        delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed),
        inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible),
      };
    },
    /** With everything that is packed in it. */
    async item(table: string, Key: Record<string, string>) {
      const { Item } = await db.send(new GetCommand({ TableName: tableOf(table), Key }));
      return Item && readableRow(Item);
    },
    async items(table: string) {
      const { Items = [] } = await db.send(new ScanCommand({ TableName: tableOf(table) }));
      return Items.map(readableRow);
    },
    put: (table: string, Item: Record<string, unknown>) =>
      db.send(new PutCommand({ TableName: tableOf(table), Item })),
    async stop() {
      sqs.destroy();
      await emulator.stop();
      await dynamo.stop();
    },
  };
}
