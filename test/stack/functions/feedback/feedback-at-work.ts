import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { type FeedbackParts, feedback } from '#functions/feedback/feedback.ts';
import { feedbackLedger } from '#functions/feedback/feedback-ledger.ts';
import { startSqs } from '#infra/local/emulators/sqs.ts';
import { jsonLog } from '#shared/log.ts';
import { failedMessages } from '#shared/queue/each-record.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { startAudience } from '#test/support/audience/audience-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';

const plentyOfTime = { getRemainingTimeInMillis: () => 60_000 };

let made = 0;
export function fresh(name: string): string {
  made += 1;
  return `${name}${made}`;
}

/** The function on emulated DynamoDB and SQS, with a queue that it is fed from as Lambda would. */
export async function startFeedback() {
  const [audience, emulator] = await Promise.all([startAudience(), startSqs()]);
  const { db, now, pause, refusals, tableOf } = audience;
  const sqs = new SQSClient(clientConfig(emulator.endpoint));
  const createQueue = async (QueueName: string) => {
    await sqs.send(new CreateQueueCommand({ QueueName }));
    return `${emulator.endpoint}/000000000000/${QueueName}`;
  };
  const queueUrl = await createQueue('feedback');
  const deadLettersUrl = await createQueue('dead');
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  const failures = dynamoFailures(db, tableOf('Failures'), now);
  const parts: FeedbackParts = {
    ledger: feedbackLedger(db, tableOf('Emails'), { now, pause }),
    refusals,
    failures,
    failed: failedMessages({ sqs, queueUrl, deadLettersUrl, failures, log }),
    log,
  };
  const emails = dynamoEmails(db, tableOf('Emails'), now);

  async function receive(url = queueUrl): Promise<SQSRecord[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 30,
      }),
    );
    return Messages.map((message) => ({
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      body: message.Body ?? '',
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:feedback',
      awsRegion: 'us-east-1',
      attributes: {
        ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
        ApproximateFirstReceiveTimestamp: '0',
        SenderId: 'local',
        SentTimestamp: '0',
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue = '' }]) => [
          name,
          { dataType: 'String', stringValue: StringValue },
        ]),
      ),
    }));
  }

  const publish = (MessageBody: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));

  const email = async (ledgerKey: string) => audience.item('Emails', { ledgerKey });

  async function reserved(to: string) {
    const [ledgerKey, token] = [fresh('key-'), fresh('token-')];
    const contact = await audience.contact(to);
    const identity = {
      ledgerKey,
      workflowId: 'welcome',
      workflowVersion: 1,
      webhookId: fresh('evt-'),
      customerId: contact?.['customerId'] ?? 'gone',
      contactId: contact?.['contactId'] ?? 'gone',
    };
    const leaseUntil = '2026-11-23T10:02:00.000Z';
    await emails.reserve(identity, { token, leaseUntil, addressHash: audience.hash(to) });
    return { ledgerKey, token, to };
  }

  return {
    ...audience,
    emails,
    email,
    lines,
    parts,
    queueUrl,
    deadLettersUrl,
    publish,
    receive,
    /** A customer with a contact, and an email that the mailer has just reserved for it. */
    async mailed() {
      const [id, typed] = [fresh('c'), `${fresh('Ann')}@Example.com`];
      await audience.tell('customer.created', id, { minute: 1, email: typed });
      const email = typed.toLowerCase();
      return { id, email, mail: { ...(await reserved(email)), to: typed } };
    },
    /** One more email to the same address. */
    mailedAgain: reserved,
    /** Puts the events into the queue and handles what is there. Returns how many are to be retried. */
    async hear(
      bodies: readonly string[],
      changed: Partial<FeedbackParts> = {},
      time = plentyOfTime,
    ) {
      for (const body of bodies) await publish(body);
      let failed = 0;
      for (;;) {
        const Records = await receive();
        if (Records.length === 0) return failed;
        const result = await feedback({ ...parts, ...changed })({ Records }, time);
        const left = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        failed += left.size;
        for (const { messageId, receiptHandle } of Records) {
          if (left.has(messageId)) continue;
          const done = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle };
          await sqs.send(new DeleteMessageCommand(done));
        }
      }
    },
    async waiting(url: string) {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
      );
      return Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
    },
    async stop() {
      sqs.destroy();
      await emulator.stop();
      await audience.stop();
    },
  };
}
