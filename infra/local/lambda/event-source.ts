import { setTimeout } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { localRegion } from '#infra/local/local-account.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { mostRounds, nextRound } from './lineage.ts';
import type { InvocationResult } from './runtime-api.ts';

type EventSource = Readonly<{
  queueUrl: string;
  queueArn: string;
  functionArn: string;
  /** Whether the function may go round without end, as `RecursiveLoop: Allow` says. */
  mayLoop: boolean;
  batchSize: number;
  /** How many batches may be with the function at a time. */
  concurrency: number;
  reportsItemFailures: boolean;
}>;

type Parts = Readonly<{
  sqs: SQSClient;
  lambda: LambdaFunction;
  onProblem: (message: string) => void;
}>;

export type EventSourceAtWork = Readonly<{
  queueUrl: string;
  /** Whether messages are with the function now. */
  isBusy: () => boolean;
  stop: () => Promise<void>;
}>;

// A poll cannot be broken off without losing sight of what it received, so stopping waits for it.
const pollSeconds = 1;

/** What one call of SQS gives or takes. */
const messagesAtOnce = 10;

/**
 * Feeds the messages of a queue to a function, as Lambda's event source mapping does: what succeeded
 * is deleted, what failed comes back when its visibility timeout ends. What has gone round too often is not handed over,
 * and so ends in the dead letters. Like Lambda it polls more while there are messages: an idle queue has one poller.
 * Stopping lets batches finish.
 */
export function startEventSource(source: EventSource, parts: Parts): EventSourceAtWork {
  let stopping = false;
  let batches = 0;
  const lambda = {
    ...parts.lambda,
    invoke: async (...given: Parameters<LambdaFunction['invoke']>) => {
      batches += 1;
      return parts.lambda.invoke(...given).finally(() => (batches -= 1));
    },
  };
  const pollers = new Set<Promise<void>>();
  let polling = 0;
  const poll = async () => {
    while (!stopping) {
      try {
        const messages = await oneBatch(source, parts.sqs);
        if (messages.length > 0) startPoller();
        await passOn(messages, source, { ...parts, lambda });
        // One goes on polling, whatever happens.
        if (messages.length === 0 && polling > 1) {
          polling -= 1;
          return;
        }
      } catch (error) {
        if (stopping) return;
        parts.onProblem(`The queue could not be read: ${String(error)}`);
        await setTimeout(pollSeconds * 1_000);
      }
    }
  };
  const startPoller = () => {
    if (stopping || polling >= source.concurrency) return;
    polling += 1;
    const poller = poll().finally(() => pollers.delete(poller));
    pollers.add(poller);
  };
  startPoller();
  return {
    queueUrl: source.queueUrl,
    isBusy: () => batches > 0,
    stop: async () => {
      stopping = true;
      await Promise.all(pollers);
    },
  };
}

async function passOn(
  received: readonly Message[],
  source: EventSource,
  { sqs, lambda, onProblem }: Parts,
): Promise<void> {
  const messages = received.filter((message) => !isStopped(message, source));
  const stopped = received.length - messages.length;
  if (stopped > 0) {
    onProblem(
      `Lambda would stop this: ${stopped} of the messages came of ${mostRounds} invocations of the same function. Let it wait in a table and not in its own queue, or, where its rounds have an end, give it RecursiveLoop.ALLOW.`,
    );
  }
  if (messages.length === 0) return;
  const Records = messages.map((message) => sqsRecord(message, source.queueArn));
  const { traceHeader } = nextRound(source.functionArn, messages.map(traceHeaderOf));
  const result = await lambda.invoke({ Records }, traceHeader);
  if (result.kind === 'error') onProblem(`A batch failed: ${result.message}`);
  const done = succeeded(messages, result, source.reportsItemFailures);
  if (done === 'none') onProblem('A batch failed: the answer of the function is malformed.');
  if (done === 'none' || done.length === 0) return;
  for (let from = 0; from < done.length; from += messagesAtOnce) {
    const Entries = done
      .slice(from, from + messagesAtOnce)
      .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: source.queueUrl, Entries }));
  }
}

/** What is there at this moment, up to a batch. Lambda also waits for more, which here would only take time. */
async function oneBatch({ queueUrl, batchSize }: EventSource, sqs: SQSClient): Promise<Message[]> {
  const batch: Message[] = [];
  let isMore = true;
  while (isMore && batch.length < batchSize) {
    const MaxNumberOfMessages = Math.min(messagesAtOnce, batchSize - batch.length);
    const { Messages: received = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages,
        WaitTimeSeconds: batch.length === 0 ? pollSeconds : 0,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    batch.push(...received);
    isMore = received.length === MaxNumberOfMessages;
  }
  return batch;
}

const traceHeaderOf = ({ Attributes }: Message) => Attributes?.AWSTraceHeader;

function isStopped(message: Message, { functionArn, mayLoop }: EventSource): boolean {
  return !mayLoop && nextRound(functionArn, [traceHeaderOf(message)]).round > mostRounds;
}

const reportSchema = z.nullish(
  z.object({
    batchItemFailures: z.nullish(z.array(z.object({ itemIdentifier: z.string().min(1) }))),
  }),
);

/** The messages that are done; 'none' if the report names no message of the batch or is no report. */
function succeeded(
  messages: readonly Message[],
  result: InvocationResult,
  reportsItemFailures: boolean,
): readonly Message[] | 'none' {
  if (result.kind === 'error') return [];
  if (!reportsItemFailures) return messages;
  const report = reportSchema.safeParse(result.payload);
  if (!report.success) return 'none';
  const failed = new Set(report.data?.batchItemFailures?.map((item) => item.itemIdentifier));
  const isKnown = (id: string) => messages.some(({ MessageId }) => MessageId === id);
  if (![...failed].every(isKnown)) return 'none';
  return messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
}

function sqsRecord(message: Message, queueArn: string) {
  const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} } = message;
  const messageAttributes = Object.entries(MessageAttributes).map(([name, attribute]) => [
    name,
    {
      stringValue: attribute.StringValue,
      binaryValue: attribute.BinaryValue && Buffer.from(attribute.BinaryValue).toString('base64'),
      stringListValues: [],
      binaryListValues: [],
      dataType: attribute.DataType,
    },
  ]);
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: Object.fromEntries(messageAttributes),
    md5OfBody: message.MD5OfBody,
    md5OfMessageAttributes: message.MD5OfMessageAttributes,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: localRegion,
  };
}
