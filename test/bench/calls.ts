import { randomUUID } from 'node:crypto';
import type { FunctionProcess } from '#infra/local/lambda/lambda-function.ts';
import type { Person } from '#shared/polar/sample/sample-customer.ts';
import {
  type Payload,
  polarPayload,
  purchasePayloads,
} from '#shared/polar/sample/sample-events.ts';
import { startBenchAccount } from './bench-account.ts';
import { type Call, startCountingProxy } from './counting-proxy.ts';
import { assumed, prices } from './prices.ts';
import {
  apiEvent,
  person,
  queueEvent,
  renewalPayload,
  type Webhook,
  webhookOf,
} from './sample-events.ts';
import { textTable } from './text-table.ts';

const customers = 20;

/** What each kind of webhook makes the functions ask of AWS, counted on the wire, and what a million of them costs. */
export async function benchCalls({ assembly }: { assembly: string }) {
  const calls: Call[] = [];
  const proxies: { stop: () => Promise<void> }[] = [];
  const account = await startBenchAccount(assembly, async (endpoint) => {
    const proxy = await startCountingProxy(endpoint, (call) => calls.push(call));
    proxies.push(proxy);
    return proxy.address;
  });
  let logBytes = 0;
  const onOutput = (_: string, line: string) => {
    logBytes += line.length + 1;
  };
  const [ingest, worker] = await Promise.all([
    account.processOf('ingest', onOutput),
    account.processOf('worker', onOutput),
  ]);
  /** `inABatch`: so many of them reach the worker at once. */
  const counted = async (
    name: string,
    webhooks: readonly Webhook[],
    { isForged = false, inABatch = 1 } = {},
  ) => {
    calls.length = 0;
    logBytes = 0;
    for (const webhook of webhooks) {
      const secret = isForged ? `whsec_${Buffer.alloc(32).toString('base64')}` : account.secret;
      await invoked(ingest, apiEvent(webhook, secret));
    }
    const inIngest = calls.splice(0);
    const isQueued = inIngest.some(({ operation }) => operation === 'SendMessage');
    for (let at = 0; isQueued && at < webhooks.length; at += inABatch) {
      await invoked(worker, queueEvent(webhooks.slice(at, at + inABatch)));
    }
    return summary(name, webhooks.length, inIngest, calls.splice(0), logBytes);
  };
  try {
    await counted('to warm up', purchases(1, 'first').flat());
    // A forged signature makes ingest read the secret again, at most once a minute.
    await counted('to warm up', [unsupported()], { isForged: true });
    const known = purchases(customers, 'mix');
    const firsts = await counted('first purchase (4 webhooks)', known.flat());
    const singleOrders = await counted('order without a subscription', eachKnown(bought));
    const renewals = await counted('renewal', eachKnown(renewed));
    const noOps = await counted('customer.updated, no-op', eachKnown(touched));
    const repeated = [...known.flat()];
    return [
      firsts,
      await counted('first purchase, in one batch', purchases(customers, 'batch').flat(), {
        inABatch: 4,
      }),
      await counted('new customer, six words', singles('alone')),
      await counted('new customer, three words', singles('few', atGmail)),
      singleOrders,
      renewals,
      noOps,
      await counted('duplicate', repeated),
      await counted('ignored type', Array.from({ length: customers }, unsupported)),
      await counted('forged', Array.from({ length: customers }, unsupported), {
        isForged: true,
      }),
    ];
  } finally {
    await Promise.all([ingest.stop(), worker.stop()]);
    for (const proxy of proxies) await proxy.stop();
    await account.stop();
  }
}

const start = new Date();

function purchases(count: number, run: string): Webhook[][] {
  return Array.from({ length: count }, (_, nth) =>
    purchasePayloads({ ...person(nth, run), isNew: true }, start).map(webhookOf),
  );
}

function singles(run: string, who: (nth: number) => object = () => ({})): Webhook[] {
  return Array.from({ length: customers }, (_, nth) =>
    webhookOf(
      polarPayload('customer.created', { ...person(nth, run), ...who(nth), isNew: true }, start),
    ),
  );
}

/** Of a great provider, whose domain is no word. */
const atGmail = (nth: number) => ({
  name: 'Ada Lovelace',
  email: `ada.lovelace.${nth}@gmail.com`,
});

const later = new Date(start.getTime() + 60_000);

/** Later events of customers that a purchase made known. */
function eachKnown(payloadOf: (someone: Person) => Payload): Webhook[] {
  return Array.from({ length: customers }, (_, nth) =>
    webhookOf(payloadOf({ ...person(nth, 'mix'), isNew: true })),
  );
}

const bought = (someone: Person) => ({
  ...polarPayload('order.paid', someone, start),
  timestamp: later.toISOString(),
});
const renewed = (someone: Person) => renewalPayload(someone, start, later);
/** Polar wrote the customer again, with equal values. */
const touched = (someone: Person) =>
  polarPayload('customer.updated', { ...someone, isNew: false }, later);

function unsupported(): Webhook {
  return { webhookId: randomUUID(), type: 'checkout.created', body: '{"type":"checkout.created"}' };
}

async function invoked(process: FunctionProcess, event: unknown): Promise<void> {
  const result = await process.invoke(event, 'Root=1-00000000-000000000000000000000000');
  if (result.kind === 'error') throw new Error(result.message);
}

type Counts = Readonly<{
  /** Calls by operation, and units, per webhook. */
  ingest: Record<string, number>;
  worker: Record<string, number>;
  readUnits: number;
  writeUnits: number;
  logBytes: number;
}>;
export type Counted = Counts & Readonly<{ name: string; dollarsPerMillion: number }>;

function summary(
  name: string,
  webhooks: number,
  inIngest: readonly Call[],
  inWorker: readonly Call[],
  logBytes: number,
): Counted {
  const all = [...inIngest, ...inWorker];
  const perWebhook = (calls: readonly Call[]) => byOperation(calls, webhooks);
  const sum = (key: 'readUnits' | 'writeUnits') =>
    all.reduce((total, call) => total + call[key], 0) / webhooks;
  const counts = {
    ingest: perWebhook(inIngest),
    worker: perWebhook(inWorker),
    readUnits: sum('readUnits'),
    writeUnits: sum('writeUnits'),
    logBytes: logBytes / webhooks,
  };
  return { name, ...counts, dollarsPerMillion: 1e6 * dollars(counts, inWorker.length > 0) };
}

function byOperation(calls: readonly Call[], webhooks: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1 / webhooks;
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, Math.round(count * 1e4) / 1e4]),
  );
}

/** Of one webhook. Lambda's poller receives and deletes each queued message, at worst in a batch of its own. */
function dollars(counts: Counts, isQueued: boolean): number {
  const sent = counts.ingest['SendMessage'] ?? 0;
  const invocations = isQueued ? 2 : 1;
  const seconds = (assumed.ingestMs + (isQueued ? assumed.workerMs : 0)) / 1_000;
  const logGigabytes = (counts.logBytes + assumed.accessLogBytes) / 1e9;
  return (
    prices.httpApiRequest.dollars +
    invocations * prices.lambdaRequest.dollars +
    seconds * assumed.functionGb * prices.lambdaArmGbSecond.dollars +
    3 * sent * prices.sqsRequest.dollars +
    counts.readUnits * prices.dynamoReadUnit.dollars +
    counts.writeUnits * prices.dynamoWriteUnit.dollars +
    logGigabytes * prices.logGigabyte.dollars
  );
}

export function callsTable(rows: readonly Counted[]): string {
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  return textTable(
    ['webhook', 'ingest', 'worker', 'read units', 'write units', 'log bytes', '$ per million'],
    rows.map((row) => [
      row.name,
      listed(row.ingest),
      listed(row.worker),
      row.readUnits,
      row.writeUnits,
      row.logBytes,
      row.dollarsPerMillion,
    ]),
  );
}
