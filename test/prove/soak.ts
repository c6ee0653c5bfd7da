import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import type { Proof } from './proof.ts';
import { startLoad } from './soak-load.ts';
import { functionProcesses, startTrouble } from './soak-trouble.ts';

type Options = Readonly<{
  /** Of the stage `local`, with its bundles. */
  assembly: string;
  minutes: number;
  perSecond: number;
  random: () => number;
  onProgress?: (line: string) => void;
}>;

export type SoakProof = Proof &
  Readonly<{
    accepted: number;
    attempts: number;
    records: number;
    deadLetters: number;
    kills: number;
    pauses: number;
    /** Resident memory late in the second half, when nothing is killed, over that early in it, by process. */
    memory: readonly Readonly<{ name: string; earlyMb: number; ratio: number }>[];
  }>;

/** Shorter than in AWS, so that what a killed function held comes back while the proof waits. */
const visibilitySeconds = 20;
const longestDrainMs = 15 * 60_000;

/** Sends signed webhooks for some minutes while function processes are killed and DynamoDB halts, then counts. */
export async function soak(options: Options): Promise<SoakProof> {
  const { assembly, minutes, perSecond, random, onProgress = () => {} } = options;
  const stack = await startLocalStack({ assembly, prepare: shortenVisibility });
  const sqs = new SQSClient(stack.clientConfigs.sqs);
  try {
    const halfMs = minutes * 30_000;
    const load = startLoad(stack, { perSecond, random });
    const trouble = startTrouble(random);
    await setTimeout(halfMs);
    const { kills, pauses } = await trouble.stop();
    onProgress(`${load.accepted.size} webhooks accepted, ${kills} functions killed`);
    await setTimeout(halfMs / 5);
    const early = await functionProcesses();
    await setTimeout((halfMs * 4) / 5);
    const late = await functionProcesses();
    await load.stop();
    onProgress(`${load.accepted.size} webhooks accepted, waiting for the queue`);
    await drained(sqs, stack);

    const records = await recorded(stack);
    const dead = await deadLetters(sqs, stack);
    const lost = [...load.accepted].filter((id) => !records.has(id) && !dead.has(id));
    const refused = [...load.sent].filter((id) => !load.accepted.has(id));
    return {
      points: load.sent.size,
      accepted: load.accepted.size,
      attempts: load.attempts(),
      records: records.size,
      deadLetters: dead.size,
      kills,
      pauses,
      memory: early.flatMap(({ pid, name, residentMb: earlyMb }) => {
        const end = late.find((one) => one.pid === pid);
        return end ? [{ name, earlyMb, ratio: end.residentMb / earlyMb }] : [];
      }),
      failures: [
        ...lost.map((id) => `The webhook ${id} was accepted and is no record and no dead letter.`),
        ...refused.map((id) => `The webhook ${id} was not accepted in any attempt.`),
      ],
    };
  } finally {
    sqs.destroy();
    await stack.stop();
  }
}

async function shortenVisibility({ queues, clientConfigs }: Resources): Promise<void> {
  const sqs = new SQSClient(clientConfigs.sqs);
  for (const name of ['EventsQueue', 'MailQueue']) {
    const Attributes = { VisibilityTimeout: String(visibilitySeconds) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queues[name], Attributes }));
  }
  sqs.destroy();
}

/** Until nothing waits or is in a worker's hands. */
async function drained(sqs: SQSClient, { queues }: LocalStack): Promise<void> {
  const until = Date.now() + longestDrainMs;
  while (Date.now() < until) {
    const asked = { QueueUrl: queues['EventsQueue'], AttributeNames: ['All' as const] };
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand(asked));
    const visible = Number(Attributes['ApproximateNumberOfMessages']);
    if (visible + Number(Attributes['ApproximateNumberOfMessagesNotVisible']) === 0) return;
    await setTimeout(500);
  }
}

async function recorded({ tables, clientConfigs }: LocalStack): Promise<Set<string>> {
  const client = new DynamoDBClient(clientConfigs.dynamodb);
  const found = new Set<string>();
  const scan = { TableName: tables['Events'], ProjectionExpression: 'webhookId' };
  for await (const { Items = [] } of paginateScan({ client }, scan)) {
    for (const { webhookId } of Items) found.add(String(webhookId?.S));
  }
  client.destroy();
  return found;
}

async function deadLetters(sqs: SQSClient, { queues }: LocalStack): Promise<Set<string>> {
  const found = new Set<string>();
  const QueueUrl = queues['EventsDeadLetters'];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    for (const { MessageAttributes, ReceiptHandle } of Messages) {
      found.add(String(MessageAttributes?.['webhookId']?.StringValue));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}
