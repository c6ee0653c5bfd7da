import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { buildApp } from 'fauxqs';
import type { EventMessage } from '#shared/queue/events-queue.ts';

export type LambdaRecord = Pick<SQSRecord, 'body' | 'messageAttributes'>;

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** A queue with SQS's own limits in an emulator on a free loopback port, and the SDK's client for it. */
export async function startQueue() {
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  await client.send(
    new CreateQueueCommand({
      QueueName: 'events',
      Attributes: { MaximumMessageSize: '1048576' },
    }),
  );
  // The URL that the emulator gives has a host name that needs a resolver.
  const QueueUrl = `${endpoint}/000000000000/events`;
  return {
    url: QueueUrl,
    send: (message: EventMessage) => client.send(new SendMessageCommand({ QueueUrl, ...message })),
    /** Takes the messages that are there, in the shape in which Lambda hands them over. */
    takeAll: async () => {
      const records: LambdaRecord[] = [];
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            MessageAttributeNames: ['All'],
          }),
        );
        if (Messages.length === 0) return records;
        for (const { ReceiptHandle } of Messages) {
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
        records.push(...Messages.map(asRecord));
      }
    },
    stop: async () => {
      client.destroy();
      await app.close();
    },
  };
}

function asRecord({ Body = '', MessageAttributes = {} }: Message): LambdaRecord {
  const attributes = Object.entries(MessageAttributes).map(([name, attribute]) => [
    name,
    { dataType: 'String', stringValue: attribute.StringValue },
  ]);
  return { body: Body, messageAttributes: Object.fromEntries(attributes) };
}
