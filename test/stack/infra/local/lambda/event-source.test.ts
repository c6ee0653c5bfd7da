import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Sqs, startSqs } from '#infra/local/emulators/sqs.ts';
import { startEventSource } from '#infra/local/lambda/event-source.ts';
import type { InvocationResult } from '#infra/local/lambda/runtime-api.ts';
import { localClientConfig } from '#infra/local/local-account.ts';

let server: Sqs;
let sqs: SQSClient;

beforeAll(async () => {
  server = await startSqs();
  sqs = new SQSClient(localClientConfig(server.endpoint));
});

afterAll(async () => {
  sqs.destroy();
  await server.stop();
});

type Handler = (
  event: SQSEvent,
  around: { traceHeader: string | undefined; queueUrl: string },
) => InvocationResult | Promise<InvocationResult>;

/** A queue with a function behind it; failed messages come back soon, and are dead after three times. */
async function fed(
  handler: Handler,
  messages: string[],
  { visibilitySeconds = 1, mayLoop = false, batchSize = 10 } = {},
) {
  const name = `queue-${crypto.randomUUID()}`;
  await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
  const queueArn = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `${queueArn}-dead`,
    maxReceiveCount: 3,
  });
  const Attributes = { VisibilityTimeout: String(visibilitySeconds), RedrivePolicy };
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  for (const MessageBody of messages) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody,
        MessageAttributes: {
          webhookId: { DataType: 'String', StringValue: `id of ${MessageBody}` },
        },
      }),
    );
  }
  const batches: SQSEvent[] = [];
  const problems: string[] = [];
  const source = startEventSource(
    {
      ...{ queueUrl: QueueUrl, queueArn, functionArn: 'arn:tested', mayLoop },
      ...{ batchSize, concurrency: 1, reportsItemFailures: true },
    },
    {
      sqs,
      lambda: {
        invoke: async (event, traceHeader) => {
          const batch: SQSEvent = Object(event);
          batches.push(batch);
          return handler(batch, { traceHeader, queueUrl: QueueUrl });
        },
        stop: async () => {},
      },
      onProblem: (problem) => problems.push(problem),
    },
  );
  onTestFinished(source.stop);
  const isEmpty = async () => {
    const AttributeNames = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
    ] as const;
    const { Attributes: counts = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    expect(AttributeNames.map((attribute) => counts[attribute])).toEqual(['0', '0']);
  };
  const drained = () => vi.waitFor(isEmpty, { timeout: 120_000, interval: 50 });
  const dead = async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: `${QueueUrl}-dead`, MaxNumberOfMessages: 10 }),
    );
    return Messages.map(({ Body }) => Body);
  };
  return { batches, problems, drained, dead };
}

const bodies = (batches: SQSEvent[]) =>
  batches.map(({ Records }) => Records.map(({ body }) => body).sort());
const success = { kind: 'answer', payload: { batchItemFailures: [] } } as const;

test.each([
  [10, [10, 10, 5]],
  [25, [25]],
  [22, [22, 3]],
])('a batch of %i takes what waits, in calls of at most ten', async (batchSize, sizes) => {
  const messages = Array.from({ length: 25 }, (_, nth) => `message ${nth}`);
  const { batches, drained, problems } = await fed(() => success, messages, {
    ...{ batchSize, visibilitySeconds: 30 },
  });
  await drained();
  expect(batches.map(({ Records }) => Records.length)).toEqual(sizes);
  expect(bodies(batches).flat().sort()).toEqual(messages.sort());
  expect(problems).toEqual([]);
});

test('a batch arrives as Lambda gives it, and is deleted when it succeeded', async () => {
  const { batches, drained } = await fed(() => success, ['one']);
  await drained();
  expect(batches[0]?.Records).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'one',
      attributes: expect.objectContaining({
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
      }),
      messageAttributes: {
        webhookId: {
          stringValue: 'id of one',
          stringListValues: [],
          binaryListValues: [],
          dataType: 'String',
        },
      },
      md5OfBody: expect.any(String),
      md5OfMessageAttributes: expect.any(String),
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:queue-/),
      awsRegion: 'us-east-1',
    },
  ]);
});

test('only the messages that the function reports as failed come back', async () => {
  const failOnce: Handler = ({ Records }) => ({
    kind: 'answer',
    payload: {
      batchItemFailures: Records.filter(
        ({ body, attributes }) => body === 'bad' && attributes.ApproximateReceiveCount === '1',
      ).map(({ messageId }) => ({ itemIdentifier: messageId })),
    },
  });
  const { batches, drained } = await fed(failOnce, ['good', 'bad', 'fine']);
  await drained();
  expect(bodies(batches)).toEqual([['bad', 'fine', 'good'], ['bad']]);
});

test.each<[string, InvocationResult]>([
  ['that crashes', { kind: 'error', type: 'Runtime.ExitError', message: 'Runtime exited.' }],
  ['whose report names no message', report([{ itemIdentifier: 'unknown' }])],
  ['whose report has an empty name', report([{ itemIdentifier: '' }])],
  ['whose report is malformed', report('all of them')],
])(
  'the whole batch of a function %s comes back, and ends in the dead letters',
  async (_, result) => {
    const { batches, problems, drained, dead } = await fed(() => result, ['a', 'b'], {
      visibilitySeconds: 0,
    });
    await drained();
    expect(bodies(batches).flat().sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
    expect((await dead()).sort()).toEqual(['a', 'b']);
    expect(problems).toHaveLength(batches.length);
  },
);

function report(batchItemFailures: unknown): InvocationResult {
  return { kind: 'answer', payload: { batchItemFailures } };
}

describe('a function that sends to the queue that feeds it', () => {
  /** Sends each message again, with the SDK as it runs in Lambda. */
  const again: Handler = async ({ Records }, { traceHeader = '', queueUrl }) => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'tested');
    vi.stubEnv('_X_AMZN_TRACE_ID', traceHeader);
    for (const { body } of Records) {
      const rounds = Number(body) + 1;
      if (rounds > 20) continue;
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: String(rounds) }));
    }
    vi.unstubAllEnvs();
    return success;
  };
  const handedOver = (batches: SQSEvent[]) => bodies(batches).flat().map(Number);

  test('is stopped after 16 rounds, as by Lambda, and the message ends in the dead letters', async () => {
    const { batches, problems, drained, dead } = await fed(again, ['1'], { visibilitySeconds: 0 });
    await drained();
    expect(handedOver(batches)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(await dead()).toEqual(['17']);
    expect(problems[0]).toContain('Lambda would stop this');
  });

  test('goes on where it is allowed to', async () => {
    const { batches, problems, drained } = await fed(again, ['1'], { mayLoop: true });
    await drained();
    expect(handedOver(batches)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(problems).toEqual([]);
  });
});
