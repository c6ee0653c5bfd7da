import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import { purchasePayloads } from '#shared/polar/sample/sample-events.ts';
import { encodeEventMessage } from '#shared/queue/encode-event-message.ts';
import { person, webhookOf } from './sample-events.ts';
import { textTable } from './text-table.ts';

const eventsOfACustomer = 10;
const pollMs = 100;

export type Drained = Readonly<{
  events: number;
  eventsPerSecond: number;
  msPerEvent: number;
  records: number;
  deadLetters: number;
}>;

/** Queues events of a tenth as many customers, then lets the local stack work them off. */
export async function benchDrain(assembly: string, sizes: readonly number[]): Promise<Drained[]> {
  const results: Drained[] = [];
  for (const events of sizes) results.push(await drained(assembly, events));
  return results;
}

async function drained(assembly: string, events: number): Promise<Drained> {
  const stack = await startLocalStack({ assembly, prepare: (made) => fill(made, events) });
  const sqs = new SQSClient(stack.clientConfigs.sqs);
  const db = new DynamoDBClient(stack.clientConfigs.dynamodb);
  try {
    // The functions are at work already: what is left now is what the time counts for.
    const left = await waiting(sqs, stack, 'EventsQueue');
    const from = performance.now();
    while ((await waiting(sqs, stack, 'EventsQueue')) > 0) await setTimeout(pollMs);
    const ms = performance.now() - from;
    return {
      events,
      eventsPerSecond: (left / ms) * 1_000,
      msPerEvent: ms / left,
      records: await count(db, String(stack.tables['Events'])),
      deadLetters: await waiting(sqs, stack, 'EventsDeadLetters'),
    };
  } finally {
    sqs.destroy();
    db.destroy();
    await stack.stop();
  }
}

async function fill({ queues, clientConfigs }: Resources, events: number): Promise<void> {
  const sqs = new SQSClient(clientConfigs.sqs);
  const QueueUrl = queues['EventsQueue'];
  let entries: SendMessageBatchRequestEntry[] = [];
  for (const message of messages(events)) {
    entries.push({ Id: String(entries.length), ...message });
    if (entries.length < 10) continue;
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
    entries = [];
  }
  if (entries.length > 0) {
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
  }
  sqs.destroy();
}

/** The events of all customers mixed: the first of each, then the second of each, and so on. */
function* messages(events: number) {
  const customers = Math.ceil(events / eventsOfACustomer);
  const start = Date.now();
  for (let nth = 0; nth < events; nth++) {
    const someone = { ...person(nth % customers, 'drain'), isNew: true };
    const turn = Math.floor(nth / customers);
    const payloads = purchasePayloads(someone, new Date(start));
    const payload = payloads[turn % payloads.length];
    if (!payload) throw new Error('A purchase has no event.');
    const at = new Date(start + turn).toISOString();
    const message = encodeEventMessage({
      ...webhookOf({ ...payload, timestamp: at }),
      receivedAt: at,
    });
    if (message === 'too-large') throw new Error('A sample is too large for the queue.');
    yield message;
  }
}

async function waiting(sqs: SQSClient, stack: LocalStack, queue: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.queues[queue], AttributeNames: ['All'] }),
  );
  const visible = Number(Attributes['ApproximateNumberOfMessages']);
  return visible + Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
}

async function count(db: DynamoDBClient, TableName: string): Promise<number> {
  let total = 0;
  let from: Parameters<typeof page>[0];
  const page = (ExclusiveStartKey: ScanCommand['input']['ExclusiveStartKey']) =>
    db.send(new ScanCommand({ TableName, Select: 'COUNT', ExclusiveStartKey }));
  do {
    const { Count = 0, LastEvaluatedKey } = await page(from);
    total += Count;
    from = LastEvaluatedKey;
  } while (from);
  return total;
}

export function drainTable(rows: readonly Drained[]): string {
  return textTable(
    ['events', 'events/s', 'ms/event', 'records', 'dead letters'],
    rows.map((row) => [
      row.events,
      row.eventsPerSecond,
      row.msPerEvent,
      row.records,
      row.deadLetters,
    ]),
  );
}
