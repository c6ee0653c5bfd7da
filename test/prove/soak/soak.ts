import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { saveDemoWorkflows } from '#infra/local/demo/demo-workflows.ts';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import type { Proof } from '#test/prove/proof.ts';
import { startLoad } from './load.ts';
import { ledger, mailFailures, takenBySes, unsettled } from './mail.ts';
import {
  heapReporting,
  type MemoryOverTime,
  type MemorySamples,
  memoryBetween,
  startMemoryWatch,
} from './memory.ts';
import { startTrouble, type Troubles } from './trouble.ts';
import { startTroubleProxy, type TroubleProxy } from './trouble-proxy.ts';

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
    troubles: Troubles;
    /** How many emails came into each state of the ledger. */
    emails: Readonly<Record<string, number>>;
    /** Of each process over the second half, in which nothing is killed. None in a run of less than two minutes. */
    memory: readonly MemoryOverTime[];
  }>;

/** Shorter than in AWS, so that what a killed function held comes back while the proof waits. */
const visibilitySeconds = 20;
/** What a process uses may move a little with what it has in its hands; a leak goes on. */
const flatRatio = 1.1;
/** How long it waits for the end of what was begun: a mailer that was killed leaves a lease of two minutes. */
const longestDrainMs = 15 * 60_000;
/** With less it has shown nothing. */
const least = { accepted: 50, sent: 5, troubles: 1 };
/** In less time a process that has just begun says nothing about the next hour. */
const leastMinutesForMemory = 2;
/** Each is part of the name of its function. */
const functionsOnTheWay = ['WebhooksIngest', 'Worker', 'Mailer', 'Feedback'];
const none: MemorySamples = new Map();

/**
 * Sends signed webhooks for some minutes, in the first half of which function processes are killed and DynamoDB, SQS
 * and SES pause, throttle and lose replies. Then it counts webhooks, emails and memory.
 */
export async function soak(options: Options): Promise<SoakProof> {
  const { assembly, minutes, perSecond, random, onProgress = () => {} } = options;
  const proxies: TroubleProxy[] = [];
  const taken = takenBySes();
  const memory = startMemoryWatch();
  const stack = await startLocalStack({
    assembly,
    environment: heapReporting,
    onOutput: (_, line) => memory.onLine(line),
    inFront: async (service, address) => {
      if (service === 'secretsManager') return address;
      const proxy = await startTroubleProxy(service, address, { random, ...taken });
      proxies.push(proxy);
      return proxy.address;
    },
    prepare: async (resources) => {
      await shortenVisibility(resources);
      await saveDemoWorkflows(resources);
    },
  });
  const sqs = new SQSClient(stack.clientConfigs.sqs);
  try {
    const halfMs = minutes * 30_000;
    const load = startLoad(stack, { perSecond, random });
    const trouble = startTrouble(proxies, random);
    await setTimeout(halfMs);
    const troubles = await trouble.stop();
    onProgress(`${load.accepted.size} webhooks accepted, ${troubles.kills} functions killed`);
    const isLong = minutes >= leastMinutesForMemory;
    await setTimeout(halfMs / 5);
    const early = isLong ? await memory.sample() : none;
    await setTimeout((halfMs * 4) / 5);
    const late = isLong ? await memory.sample() : none;
    await load.stop();
    onProgress(`${load.accepted.size} webhooks accepted, waiting for the queues`);
    const emails = await drained(sqs, stack, Date.now() + longestDrainMs);

    const records = await recorded(stack);
    const dead = await deadLetters(sqs, stack, 'EventsDeadLetters', webhookIdOf);
    const deadMail = await deadLetters(sqs, stack, 'MailDeadLetters', ledgerKeyOf);
    const lost = [...load.accepted].filter((id) => !records.has(id) && !dead.has(id));
    const refused = [...load.sent].filter((id) => !load.accepted.has(id));
    const overTime = memoryBetween(early, late);
    const counts = countsOf(emails.states.values());
    return {
      points: load.sent.size,
      accepted: load.accepted.size,
      attempts: load.attempts(),
      records: records.size,
      deadLetters: dead.size + deadMail.size,
      troubles,
      emails: counts,
      memory: overTime,
      failures: [
        ...lost.map((id) => `The webhook ${id} was accepted and is no record and no dead letter.`),
        ...refused.map((id) => `The webhook ${id} was not accepted in any attempt.`),
        ...mailFailures(emails, taken.counts, deadMail),
        ...tooLittle(load.accepted.size, counts['sent'] ?? 0, troubles),
        ...(isLong ? memoryFailures(overTime) : []),
      ],
    };
  } finally {
    sqs.destroy();
    await stack.stop();
    for (const proxy of proxies) await proxy.stop();
  }
}

/** What was not enough to tell of anything, in words. */
function tooLittle(accepted: number, sent: number, { kills, harmed }: Troubles): string[] {
  const troubles = kills + Object.values(harmed).reduce((sum, count) => sum + count, 0);
  return [
    accepted < least.accepted ? `Only ${accepted} webhooks were accepted.` : [],
    sent < least.sent ? `Only ${sent} emails were sent.` : [],
    troubles < least.troubles ? 'No function was killed, and no call was harmed.' : [],
  ].flat();
}

/** What does not hold, in words: for each function on the way one process at least has to show it. */
function memoryFailures(overTime: readonly MemoryOverTime[]): string[] {
  const unseen = functionsOnTheWay.filter(
    (part) => !overTime.some(({ name }) => name.includes(part)),
  );
  return [
    ...unseen.map((part) => `No process of ${part} lived long enough to compare its memory.`),
    ...overTime.filter(({ usedRatio }) => usedRatio > flatRatio).map(grown),
  ];
}

function grown({ name, usedMb, usedRatio }: MemoryOverTime): string {
  return `The memory of ${name} grew from ${usedMb.toFixed(1)} MB to ${usedRatio.toFixed(2)} times that.`;
}

function countsOf(states: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function shortenVisibility({ queues, clientConfigs }: Resources): Promise<void> {
  const sqs = new SQSClient(clientConfigs.sqs);
  for (const name of ['EventsQueue', 'MailQueue', 'FeedbackQueue']) {
    const Attributes = { VisibilityTimeout: String(visibilitySeconds) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queues[name], Attributes }));
  }
  sqs.destroy();
}

/** Until nothing waits or is in the hands of a function, and no email is under way. Gives the ledger. */
async function drained(sqs: SQSClient, stack: LocalStack, until: number) {
  for (;;) {
    const left = await Promise.all(
      ['EventsQueue', 'MailQueue', 'FeedbackQueue'].map((name) => waiting(sqs, stack, name)),
    );
    const isLate = Date.now() > until;
    if (isLate || left.every((count) => count === 0)) {
      const emails = await ledger(stack);
      const dead = await waiting(sqs, stack, 'MailDeadLetters');
      if (isLate || unsettled(emails).length <= dead) return emails;
    }
    await setTimeout(500);
  }
}

/** Those that are delayed are not counted: the check of an unknown email comes after a quarter of an hour. */
async function waiting(sqs: SQSClient, { queues }: LocalStack, name: string): Promise<number> {
  const asked = { QueueUrl: queues[name], AttributeNames: ['All' as const] };
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand(asked));
  const visible = Number(Attributes['ApproximateNumberOfMessages']);
  return visible + Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
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

/** What they are about. */
async function deadLetters(
  sqs: SQSClient,
  { queues }: LocalStack,
  name: string,
  about: (message: Message) => string,
): Promise<Set<string>> {
  const found = new Set<string>();
  const QueueUrl = queues[name];
  for (;;) {
    const asked = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
    if (Messages.length === 0) return found;
    for (const message of Messages) {
      found.add(about(message));
      const { ReceiptHandle } = message;
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function webhookIdOf({ MessageAttributes }: Message): string {
  return MessageAttributes?.['webhookId']?.StringValue ?? '';
}

function ledgerKeyOf({ Body = '' }: Message): string {
  return readMailMessage(Body)?.ledgerKey ?? '';
}
