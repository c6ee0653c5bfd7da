import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type MessageAttributeValue,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type WorkerParts, worker } from '#functions/worker/worker.ts';
import { type DeadLetterParts, deadLetterVerbs } from '#infra/commands/dead-letters/verbs.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import type { Workflow } from '#shared/audience/workflow.ts';
import { jsonLog } from '#shared/log.ts';
import { explainLetters } from '#shared/queue/dead-letters/letter-reasons.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { dynamoEventRecords } from '#shared/store/events/event-records.ts';
import { dynamoRunLists } from '#shared/store/runs/run-lists.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';

const time = { getRemainingTimeInMillis: () => 60_000 };

type Attributes = Record<string, MessageAttributeValue>;

/** The worker with dead letters as SQS and the worker itself make them, and the commands that see to them. */
export async function startDeadLetters({
  mostReceives = 3,
  now = () => new Date(),
}: {
  mostReceives?: number;
  /** Absent: by the clock, as SQS dates its messages. */
  now?: () => Date;
} = {}) {
  const [audience, emulator] = await Promise.all([startAudience({ now }), startSqs()]);
  const { db, tableOf } = audience;
  const sqs = new SQSClient(clientConfig(emulator.endpoint));
  const folder = join(await mkdtemp(join(tmpdir(), 'dead-letters-')), 'discarded');
  const printed: string[] = [];

  const queue = async (QueueName: string, attributes: Record<string, string> = {}) => {
    const Attributes = { MaximumMessageSize: '1048576', ...attributes };
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return `${emulator.endpoint}/000000000000/${QueueName}`;
  };
  const withDeadLetters = async (name: string) => {
    const url = await queue(`${name}-dead`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: mostReceives });
    return { url, sourceUrl: await queue(name, { RedrivePolicy }) };
  };
  const events = await withDeadLetters('events');
  const mail = await withDeadLetters('mail');

  const log = jsonLog(() => undefined);
  const failures = dynamoFailures(db, tableOf('Failures'), now);
  const workflows: Workflow[] = [];
  const workerParts: WorkerParts = {
    ...audience,
    records: dynamoEventRecords(db, tableOf('Events')),
    runs: dynamoRunLists(db, tableOf('Runs')),
    workflows: async () => workflows,
    workflowsNow: async () => workflows,
    failures,
    failed: failedMessages({
      sqs,
      queueUrl: events.sourceUrl,
      deadLettersUrl: events.url,
      failures,
      log,
    }),
    send: (message, DelaySeconds) =>
      sqs.send(new SendMessageCommand({ QueueUrl: events.sourceUrl, DelaySeconds, ...message })),
    sendMail: (message) =>
      sqs.send(new SendMessageCommand({ QueueUrl: mail.sourceUrl, ...encodeMailMessage(message) })),
    log,
  };
  const parts: DeadLetterParts = {
    sqs,
    queues: [
      { name: 'events', ...events },
      { name: 'mail', ...mail },
    ],
    explain: explainLetters(db, {
      failures: tableOf('Failures'),
      customers: tableOf('Customers'),
    }),
    failures,
    confirmed: async () => true,
    folder,
    now,
    address: maskedAddress,
    print: (line) => void printed.push(line),
    progress: () => undefined,
    isStopped: () => false,
    options: '',
    waitSeconds: 0,
    shownAfterSeconds: 0,
  };

  async function receive(QueueUrl: string, VisibilityTimeout = 30, MaxNumberOfMessages = 10) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        VisibilityTimeout,
        MaxNumberOfMessages,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages;
  }

  /** Handles that are no longer good are passed over. */
  async function reveal(QueueUrl: string, handles: readonly (string | undefined)[]) {
    for (let start = 0; start < handles.length; start += 10) {
      const Entries = handles
        .slice(start, start + 10)
        .map((ReceiptHandle, n) => ({ Id: String(n), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    }
  }

  const lambdaBatch = (messages: Awaited<ReturnType<typeof receive>>) => ({
    Records: messages.map((message) => ({
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      body: message.Body ?? '',
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events',
      awsRegion: 'us-east-1',
      attributes: {
        ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
        ApproximateFirstReceiveTimestamp: '0',
        SenderId: 'local',
        SentTimestamp: message.Attributes?.SentTimestamp ?? '0',
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
          name,
          { dataType: 'String' as const, stringValue: value.StringValue ?? '' },
        ]),
      ),
    })),
  });

  /** Hands one batch over as Lambda does. Gives what failed, which is hidden, and `undefined` when there is none. */
  async function workOnce(changed: Partial<WorkerParts> = {}) {
    const messages = await receive(events.sourceUrl);
    if (messages.length === 0) return undefined;
    const { batchItemFailures } = await worker({ ...workerParts, ...changed })(
      lambdaBatch(messages),
      time,
    );
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const done = messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
    const Entries = done.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
    if (Entries.length > 0) {
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: events.sourceUrl, Entries }));
    }
    return messages.filter(({ MessageId = '' }) => failed.has(MessageId));
  }

  async function send(QueueUrl: string, MessageBody: string, MessageAttributes: Attributes = {}) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  }

  async function sendWebhook(QueueUrl: string, webhookId: string, body: string, ageMs = 0) {
    const receivedAt = new Date(now().getTime() - ageMs).toISOString();
    const webhook = { webhookId, type: 'customer.created', receivedAt, body };
    const message = encodeEventMessage(webhook);
    if (message === 'too-large') throw new Error('too large');
    await send(QueueUrl, message.MessageBody, message.MessageAttributes);
  }

  return {
    audience,
    sqs,
    endpoint: emulator.endpoint,
    events,
    mail,
    folder,
    workflows,
    parts,
    printed,
    output: () => printed.join('\n'),
    does: (changed: Partial<DeadLetterParts> = {}) => deadLetterVerbs({ ...parts, ...changed }),
    receive,
    reveal,
    send,
    workOnce,
    queueWebhook: (webhookId: string, body: string) =>
      sendWebhook(events.sourceUrl, webhookId, body),
    /** Straight among the dead letters, as if it had come an hour ago. */
    bury: (webhookId: string, body: string) => sendWebhook(events.url, webhookId, body, 3_600_000),
    /** Until no event is visible any more. */
    async work(changed: Partial<WorkerParts> = {}) {
      for (let left = await workOnce(changed); left; left = await workOnce(changed));
    },
    /** Fails at once as often as SQS has patience; `crash`: the worker dies each time, without a word. */
    async dieByRedrive(changed: Partial<WorkerParts> | 'crash') {
      for (let receives = 0; receives <= mostReceives; receives++) {
        const failed =
          changed === 'crash' ? await receive(events.sourceUrl) : await workOnce(changed);
        const handles = (failed ?? []).map(({ ReceiptHandle }) => ReceiptHandle);
        await reveal(events.sourceUrl, handles);
      }
    },
    /** Everything that can be seen in a queue, which it still can afterwards. */
    async visible(url: string) {
      const all: Awaited<ReturnType<typeof receive>> = [];
      for (let page = await receive(url); page.length > 0; page = await receive(url)) {
        all.push(...page);
      }
      await reveal(
        url,
        all.map(({ ReceiptHandle }) => ReceiptHandle),
      );
      return all;
    },
    async empty() {
      printed.length = 0;
      for (const QueueUrl of [events.url, events.sourceUrl, mail.url, mail.sourceUrl]) {
        await sqs.send(new PurgeQueueCommand({ QueueUrl }));
      }
    },
    async stop() {
      sqs.destroy();
      await Promise.all([audience.stop(), emulator.stop()]);
      await rm(join(folder, '..'), { recursive: true });
    },
  };
}

/** Later on the day that `customerCreated` tells of. */
export const noonOfCreation = '2026-11-01T12:00:00.000Z';

/** A customer.created of this customer, in Polar's shape as far as it is read. */
export function customerCreated(id: string, email = `${id}@example.com`): string {
  const at = '2026-11-01T00:00:00Z';
  const data = { id, email, name: 'Ann', created_at: at, modified_at: null, external_id: null };
  return JSON.stringify({ type: 'customer.created', timestamp: at, data });
}

/** One that lacks what the worker must have, but names the person. */
export function unreadable(email: string): string {
  return JSON.stringify({ type: 'customer.created', timestamp: 'now', data: { email } });
}
