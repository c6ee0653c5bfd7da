import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { type LocalStack, type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import type { Customer } from '#shared/audience/person/person.ts';
import type { Run } from '#shared/audience/runs/run.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { deliverSigned, secretReadingOf } from '#shared/polar/sample/signed-delivery.ts';
import { documentClient, listShards, shardOf } from '#shared/store/dynamo.ts';
import { sequences } from '#test/prove/runs/workflows.ts';
import { person, webhookOf } from './sample-events.ts';
import { textTable } from './text-table.ts';

const webhookEveryMs = 5_000;
const pollMs = 1_000;
/** A count reads the whole index: more often, and the emulator has no time for anything else. */
const countEveryMs = 10_000;
/** It answers late while it is under load. */
const patient = { maxAttempts: 10 };
const mostMinutes = 20;
const mostMsForTheRest = 2 * 60_000;
/** The clock strikes once a minute. */
const firstCallMs = 5 * 60_000;
const rowsAtOnce = 25;

export type DecidedRuns = Readonly<{
  due: number;
  /** From the first message of the clock to the last run that was decided. */
  minutes: number;
  /** Those that are not decided after twenty minutes. */
  left: number;
  /** The most that one call of the clock asked for. */
  mostInACall: number;
  webhooks: number;
  /** From its signature to its record, of the latest of them. */
  latestWebhookSeconds: number;
  /** Those that are no record two minutes after the rest was over. */
  unrecorded: number;
  deadLetters: number;
}>;

/** Lets runs that are all due in one minute go on, while webhooks come in, on the local stack. */
export async function benchRuns(
  assembly: string,
  due: number,
  onProgress: (line: string) => void,
): Promise<DecidedRuns> {
  const calls: number[] = [];
  const stack = await startLocalStack({
    assembly,
    prepare: (made) => fill(made, due),
    onOutput: (_, line) => {
      const asked = /"asked for runs that are due".*"queued":(\d+)/.exec(line);
      if (asked) calls.push(Number(asked[1]));
    },
  });
  const sqs = new SQSClient(stack.clientConfigs.sqs);
  const db = documentClient(new DynamoDBClient({ ...stack.clientConfigs.dynamodb, ...patient }));
  try {
    onProgress(`${due} runs are due`);
    for (const begin = performance.now(); calls.length === 0; ) {
      if (performance.now() - begin > firstCallMs) throw new Error('The clock asks for no run.');
      await setTimeout(pollMs);
    }
    const from = performance.now();
    const webhooks = trickle(stack, db);
    const isOver = () => performance.now() - from > mostMinutes * 60_000;
    let left = await waitingRuns(db, stack);
    while (left > 0 && !isOver()) {
      await setTimeout(countEveryMs);
      left = await waitingRuns(db, stack);
      const seconds = Math.round((performance.now() - from) / 1_000);
      onProgress(`${left} of ${due} are left after ${seconds} seconds`);
    }
    const minutes = (performance.now() - from) / 60_000;
    const { took, unrecorded } = await webhooks.stop();
    return {
      ...{ due, minutes, left },
      mostInACall: Math.max(0, ...calls),
      webhooks: took.length + unrecorded,
      latestWebhookSeconds: Math.max(0, ...took) / 1_000,
      unrecorded,
      deadLetters: await deadLettersOf(sqs, stack),
    };
  } finally {
    sqs.destroy();
    db.destroy();
    await stack.stop();
  }
}

const dunning = sequences.find(({ workflowId }) => workflowId === 'dunning');
const firstWait = 'until-3';

/** As many customers with a run each that is due. */
async function fill({ tables, clientConfigs }: Resources, due: number): Promise<void> {
  const client = new DynamoDBClient({ ...clientConfigs.dynamodb, ...patient });
  const db = documentClient(client);
  const at = new Date().toISOString();
  const puts: [string, object][] = [['Workflows', { ...dunning }]];
  for (let nth = 0; nth < due; nth++) {
    const { run, customer } = dueRun(nth, at);
    const shard = shardOf(run.runId);
    const indexed = { wakeShard: shard, workflowShard: `${shard}#${run.workflowId}` };
    puts.push(['Runs', { ...run, ...indexed, revision: '1' }]);
    puts.push(['Customers', { ...customer, revision: '1' }]);
  }
  for (let from = 0; from < puts.length; from += rowsAtOnce) {
    const byTable = Map.groupBy(puts.slice(from, from + rowsAtOnce), ([table]) => table);
    const requests = [...byTable].map(([table, rows]) => [
      String(tables[table]),
      rows.map(([, Item]) => ({ PutRequest: { Item } })),
    ]);
    await db.send(new BatchWriteCommand({ RequestItems: Object.fromEntries(requests) }));
  }
  client.destroy();
}

function dueRun(nth: number, at: string): { run: Run; customer: Customer } {
  const { customerId } = person(nth, 'runs');
  const [runId, subscriptionId] = [`run-${nth}`, `subscription-${nth}`];
  const named = { runId, workflowId: 'dunning', subscriptionId, beganAt: at };
  const run: Run = {
    ...{ ...named, workflowVersion: 1, customerId, contactId: `contact-${nth}` },
    ...{ webhookId: `evt-${nth}`, type: 'subscription.past_due', occurredAt: at },
    ...{ properties: { customerId, subscriptionId }, state: 'waiting', stepId: firstWait },
    ...{ dueAt: at, wakeAt: at, history: [], updatedAt: at },
  };
  const subscription = {
    ...{ version: at, createdAt: at, status: 'past_due', pastDueSince: at },
    cancelAtPeriodEnd: false,
  };
  const customer: Customer = {
    ...{ customerId, addresses: [], runs: [named] },
    subscriptions: { [subscriptionId]: subscription },
  };
  return { run, customer };
}

/** How many are at the first wait still. */
async function waitingRuns(db: DynamoDBDocumentClient, { tables }: LocalStack): Promise<number> {
  let count = 0;
  for (let shard = 0; shard < listShards; shard++) {
    let after: Record<string, unknown> | undefined;
    do {
      const page = await db.send(
        new QueryCommand({
          TableName: tables['Runs'],
          IndexName: 'byWorkflow',
          KeyConditionExpression: 'workflowShard = :shard',
          FilterExpression: 'stepId = :step',
          ExpressionAttributeValues: { ':shard': `${shard}#dunning`, ':step': firstWait },
          Select: 'COUNT',
          ExclusiveStartKey: after,
        }),
      );
      count += page.Count ?? 0;
      after = page.LastEvaluatedKey;
    } while (after);
  }
  return count;
}

/**
 * Webhooks of new customers, one every few seconds. Stopping gives how long each took to become a record, and how many
 * are none. One look at a time, or the looks would keep the emulator from what is measured.
 */
function trickle({ tables, webhookUrl: url, ...stack }: LocalStack, db: DynamoDBDocumentClient) {
  const secret = stack.webhookSecret;
  const secretReading = secretReadingOf(secret);
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  let isOver = false;

  async function tell(nth: number): Promise<void> {
    const someone = { ...person(nth, 'meanwhile'), isNew: true };
    const { webhookId, body } = webhookOf(polarPayload('customer.created', someone, new Date()));
    sentAt.set(webhookId, performance.now());
    await deliverSigned(
      { ...{ url, secret, secretReading, webhookId }, body: Buffer.from(body) },
      new Date(),
    );
  }

  async function look(): Promise<void> {
    for (const [webhookId, from] of sentAt) {
      const { Item } = await db.send(
        new GetCommand({ TableName: tables['Events'], Key: { webhookId } }),
      );
      if (!Item) continue;
      sentAt.delete(webhookId);
      took.push(performance.now() - from);
    }
  }

  async function lookFor(ms: number, isEnough: () => boolean): Promise<void> {
    for (const from = performance.now(); performance.now() - from < ms && !isEnough(); ) {
      await setTimeout(pollMs);
      await look();
    }
  }

  const running = (async () => {
    for (let nth = 0; !isOver; nth++) {
      await tell(nth);
      await lookFor(webhookEveryMs, () => isOver);
    }
    await lookFor(mostMsForTheRest, () => sentAt.size === 0);
    return { took, unrecorded: sentAt.size };
  })();
  return {
    stop() {
      isOver = true;
      return running;
    },
  };
}

async function deadLettersOf(sqs: SQSClient, { queues }: LocalStack): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queues['EventsDeadLetters'],
      AttributeNames: ['All'],
    }),
  );
  return Number(Attributes['ApproximateNumberOfMessages']);
}

export function runsTable(rows: readonly DecidedRuns[]): string {
  return textTable(
    [
      ...['runs due', 'minutes', 'left', 'most asked for in a call'],
      ...['webhooks meanwhile', 'latest, seconds', 'unrecorded', 'dead letters'],
    ],
    rows.map((row) => [
      ...[row.due, row.minutes, row.left, row.mostInACall],
      ...[row.webhooks, row.latestWebhookSeconds, row.unrecorded, row.deadLetters],
    ]),
  );
}
