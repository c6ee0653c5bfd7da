import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asMany } from '#test/support/as-many.ts';
import { startDeadLetters } from '#test/support/audience/dead-letters-at-work.ts';
import { startStackInAws } from '#test/support/cloud/stack-in-aws.ts';
import { environmentOfTests } from '#test/support/process/environment-of-tests.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
let cloudFormation: Awaited<ReturnType<typeof startStackInAws>>;
beforeAll(async () => {
  dead = await startDeadLetters({ mostReceives: 1_000 });
  const { tableOf } = dead.audience;
  cloudFormation = await startStackInAws({
    outputs: {
      WorkflowsTableName: tableOf('Workflows'),
      EmailsTableName: tableOf('Emails'),
      SettingsTableName: tableOf('Settings'),
      ActsTableName: tableOf('Acts'),
      MailQueueUrl: dead.mail.sourceUrl,
      WebhookUrl: 'https://api.example.com/webhooks/polar',
    },
    resources: {
      Failures: tableOf('Failures'),
      Customers: tableOf('Customers'),
      EventsQueue: dead.events.sourceUrl,
      EventsDeadLetters: dead.events.url,
    },
  });
});
afterAll(() => Promise.all([dead.stop(), cloudFormation.stop()]));

const lanes = 8;
const body = 'x'.repeat(8_000);
const idOf = (n: number) => ({ webhookId: { DataType: 'String', StringValue: `evt-${n}` } });

async function bury(many: number): Promise<void> {
  const lane = async (first: number) => {
    for (let n = first * 10; n < many; n += lanes * 10) {
      const Entries = Array.from({ length: 10 }, (_, i) => ({
        Id: String(i),
        MessageBody: `${n + i} ${body}`,
        MessageAttributes: idOf(n + i),
      }));
      await dead.sqs.send(new SendMessageBatchCommand({ QueueUrl: dead.events.url, Entries }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
}

/** Takes everything out of a queue. Gives the webhook ids. */
async function taken(QueueUrl: string): Promise<string[]> {
  const ids: string[] = [];
  const lane = async () => {
    for (;;) {
      const { Messages = [] } = await dead.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return;
      for (const { MessageAttributes } of Messages) {
        ids.push(MessageAttributes?.['webhookId']?.StringValue ?? 'without an id');
      }
      const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
      await dead.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return ids;
}

/** `npm run deadletters -- resend --all` in a process of its own. Gives what it printed and its largest heap. */
async function resendAll() {
  const { AWS_ENDPOINT_URL_DYNAMODB } = process.env;
  const measured = ['--expose-gc', '--import', './test/support/process/heap-gauge.ts'];
  const command = ['infra/cli.ts', 'deadletters', 'resend', '--all', '--queue', 'events'];
  const child = spawn(process.execPath, [...measured, ...command, '--stage', 'staging'], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environmentOfTests,
      // Code that comes from the cache takes four megabytes less than code that was compiled.
      NODE_DISABLE_COMPILE_CACHE: '1',
      HOME: dead.folder,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: cloudFormation.endpoint,
      AWS_ENDPOINT_URL_SQS: dead.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB,
    },
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, heap: Number(/^heap (\d+)$/m.exec(error)?.[1]) };
}

/** Nothing of a letter is kept, of which each has 8,000. The rest is how far two heaps of one program differ. */
const bytesPerLetter = 6_000;

const few = 100;
const many = asMany(400, 20_000);

it(`resends ${many} in one run, each once, in little more memory than ${few} take`, async () => {
  const heaps: number[] = [];
  for (const count of [few, many]) {
    await bury(count);
    const { out, heap } = await resendAll();
    expect(out).toMatch(new RegExp(`^${count} resent\\.$`, 'm'));
    const ids = await taken(dead.events.sourceUrl);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
    heaps.push(heap);
  }
  const [ofFew = 0, ofMany = Number.POSITIVE_INFINITY] = heaps;
  expect(ofFew).toBeGreaterThan(0);
  expect((ofMany - ofFew) / (many - few)).toBeLessThan(bytesPerLetter);
}, 600_000);
