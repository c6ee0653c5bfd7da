import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  forwarder,
  type LoopbackServer,
  serveOnLoopback,
} from '#infra/local/http/loopback-server.ts';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import { encodeMailMessage } from '#shared/queue/mail-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { mailOf, someone, startMails } from '#test/stack/functions/mailer/mails-at-work.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';

const people = Array.from({ length: 20 }, (_, nth) => `person-${nth}@example.com`);

let stack: LocalStack;
let door: LoopbackServer;
/** The emails that SES was asked to send, one after another. */
const asked: string[] = [];

/** Emails wait in the queue before there are mailers, so that no batch depends on how fast they come. */
async function queueMails({ tables, queues, clientConfigs }: Resources) {
  const client = new DynamoDBClient(clientConfigs.dynamodb);
  const sqs = new SQSClient(clientConfigs.sqs);
  const tableOf = (id: string) => tables[id] ?? '';
  const now = () => new Date();
  const mails = await startMails(client, {
    ...{ now, event: 'customer.created', kind: 'transactional', tableOf },
  });
  for (const address of people) {
    const record = await mails.tell('customer.created', someone(address), now());
    const message = encodeMailMessage(mailOf(record));
    await sqs.send(new SendMessageCommand({ QueueUrl: queues['MailQueue'], ...message }));
  }
  client.destroy();
  sqs.destroy();
}

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    prepare: queueMails,
    inFront: async (service, address) => {
      if (service !== 'ses') return address;
      const passOn = forwarder(address);
      let arrived = 0;
      const { promise: allAreHere, resolve } = Promise.withResolvers<void>();
      // SES answers none before it has all of them: whoever sends one after another never gets there.
      door = await serveOnLoopback(
        async (request, response) => {
          arrived += 1;
          if (arrived === people.length) resolve();
          await allAreHere;
          asked.push(request.url ?? '');
          await passOn(request, response);
        },
        0,
        'the door of SES',
      );
      return door.address;
    },
  });
});
afterAll(async () => {
  await stack?.stop();
  await door?.stop();
});

test('emails are with SES side by side, each of them once', async () => {
  const client = new DynamoDBClient(stack.clientConfigs.dynamodb);
  const db = documentClient(client);
  const TableName = stack.tables['Emails'];
  const states = await vi.waitFor(
    async () => {
      const { Items = [] } = await db.send(new ScanCommand({ TableName, ConsistentRead: true }));
      expect(Items).toHaveLength(people.length);
      expect(Items.some(({ state }) => state === 'reserved')).toBe(false);
      return Items.map(({ state }) => state);
    },
    { timeout: 200_000, interval: 100 },
  );
  expect(states).toEqual(people.map(() => 'sent'));
  expect(asked).toHaveLength(people.length);
  client.destroy();
});
