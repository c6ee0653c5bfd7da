import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import * as z from 'zod';
import type { Identities } from '#infra/local/assembly/template.ts';
import {
  isFromElsewhere,
  portAdvice,
  refusalOfElsewhere,
} from '#infra/local/http/loopback-server.ts';
import { localRegion } from '#infra/local/local-account.ts';
import { PersistenceManager } from '../../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/** The properties of a queue in CloudFormation that are attributes of the same name in SQS. */
const attributeNames = [
  'ContentBasedDeduplication',
  'DelaySeconds',
  'FifoQueue',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

/** Creates the stack's queues, or brings existing ones up to date. Gives their URLs by logical id. */
export async function createQueues(
  client: SQSClient,
  identities: Identities,
): Promise<Readonly<Record<string, string>>> {
  const queues = identities.ofType('AWS::SQS::Queue');
  const urls = await Promise.all(
    queues.map(async ({ logicalId, properties }) => {
      const url = String(identities.resolve({ Ref: logicalId }));
      await createOrUpdate(client, identities.nameOf(logicalId), url, attributesOf(properties));
      return [logicalId, url] as const;
    }),
  );
  return Object.fromEntries(urls);
}

async function createOrUpdate(
  client: SQSClient,
  name: string,
  url: string,
  attributes: Record<string, string>,
): Promise<void> {
  try {
    await client.send(new GetQueueUrlCommand({ QueueName: name }));
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  }
}

function attributesOf(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    attributeNames.flatMap((name) => {
      const value = properties[name];
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}

// The package starts its persistent server on all interfaces only, so its parts are put together here.

/** What CloudWatch is told of a queue. */
type QueueMetrics = Readonly<{
  ApproximateNumberOfMessagesVisible: number;
  /** In seconds. A message that was received three times or more is left out, as by AWS; absent: there is no other. */
  ApproximateAgeOfOldestMessage: number | undefined;
}>;

export type Sqs = Readonly<{
  endpoint: string;
  /** Of a queue by its name, at a time. */
  metrics: (queueName: string, at: Date) => QueueMetrics;
  stop: () => Promise<void>;
}>;

type Options = Readonly<{
  /** 0 or absent: any free port. */
  port?: number;
  /** Where messages survive a restart; absent: kept in memory only. */
  directory?: string;
  /** The time at which messages are sent; absent: that of this machine. */
  now?: () => Date;
}>;

/** The emulator has SNS and S3 as well, which take forms that any web page can send. */
const sqsProtocol = /^application\/x-amz-json-1\.0(;|$)/;

/** SQS on loopback, inside this process. Throws Advice if the port is taken. */
export async function startSqs({ port = 0, directory, now }: Options = {}): Promise<Sqs> {
  const stores = {
    sqsStore: new StampingStore(now ?? (() => new Date())),
    snsStore: new SnsStore(),
    s3Store: new S3Store(),
  };
  // Queue URLs on the host of the request: its own names would not be this machine to everyone.
  stores.sqsStore.host = '';
  const app = buildApp({ logger: false, defaultRegion: localRegion, stores });
  // Without a call of `done` nothing else is done. An async hook would go on while hooks of the answer run.
  app.addHook('onRequest', ({ headers, method, url }, reply, done) => {
    const isSqs =
      method === 'POST' && url === '/' && sqsProtocol.test(headers['content-type'] ?? '');
    if (isSqs && !isFromElsewhere(headers)) done();
    else reply.code(403).send(refusalOfElsewhere);
  });
  keepTraceHeaders(app);
  if (directory !== undefined) {
    const persistence = keepMessages(stores.sqsStore, stores.snsStore, directory);
    app.addHook('onClose', () => persistence.close());
  }
  try {
    const endpoint = await app.listen({ host: '127.0.0.1', port });
    const metrics = (name: string, at: Date) => metricsOf(stores.sqsStore, name, at);
    return { endpoint, metrics, stop: async () => app.close() };
  } catch (error) {
    await app.close();
    throw portAdvice(error, port, 'the local SQS');
  }
}

/** Messages have the time of the stack: who resends dead letters tells by it which of them died since. */
class StampingStore extends SqsStore {
  readonly #now: () => Date;

  constructor(now: () => Date) {
    super();
    this.#now = now;
  }

  override createQueue(...given: Parameters<SqsStore['createQueue']>) {
    const queue = super.createQueue(...given);
    const enqueue = queue.enqueue.bind(queue);
    queue.enqueue = (message) => {
      // One that SQS moves to the dead letters was received before, and keeps its time.
      const isNew = message.approximateReceiveCount === 0;
      enqueue(isNew ? Object.assign(message, { sentTimestamp: this.#now().getTime() }) : message);
    };
    return queue;
  }
}

const receivesLeftOut = 3;

function metricsOf(store: SqsStore, name: string, at: Date): QueueMetrics {
  const queue = [...store.allQueues()].find((one) => one.name === name);
  if (!queue) throw new Error(`There is no queue ${name}.`);
  queue.processTimers();
  const { ready, delayed, inflight } = queue.inspectMessages();
  const counted = [...ready, ...delayed, ...inflight.map(({ message }) => message)].filter(
    ({ approximateReceiveCount }) => approximateReceiveCount < receivesLeftOut,
  );
  const oldest = Math.min(...counted.map(({ sentTimestamp }) => sentTimestamp));
  return {
    ApproximateNumberOfMessagesVisible: ready.length,
    ApproximateAgeOfOldestMessage:
      counted.length === 0 ? undefined : Math.floor((at.getTime() - oldest) / 1_000),
  };
}

const sentSchema = z.union([
  z.object({ MessageId: z.string() }),
  z.object({ Successful: z.array(z.object({ MessageId: z.string() })) }),
]);
const receivedSchema = z.object({
  Messages: z.array(
    z.looseObject({
      MessageId: z.string(),
      Attributes: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** How many of the newest messages: longer than any chain that one could look at here. */
const mostTraceHeaders = 100_000;

/**
 * SQS keeps the trace header of the call that sent a message, and gives it with the message's other attributes: Lambda
 * knows by it how often a message has gone round. Kept in memory only.
 */
function keepTraceHeaders(app: ReturnType<typeof buildApp>): void {
  const headers = new Map<string, string>();
  app.addHook(
    'onSend',
    async ({ headers: { 'x-amzn-trace-id': header, ...asked } }, _, payload) => {
      const [, call] = String(asked['x-amz-target']).split('.');
      if (typeof payload !== 'string') return payload;
      if (header !== undefined && (call === 'SendMessage' || call === 'SendMessageBatch')) {
        const { data: sent } = sentSchema.safeParse(JSON.parse(payload));
        const all = sent === undefined ? [] : 'Successful' in sent ? sent.Successful : [sent];
        for (const { MessageId } of all) headers.set(MessageId, String(header));
        for (const oldest of headers.keys()) {
          if (headers.size <= mostTraceHeaders) break;
          headers.delete(oldest);
        }
      }
      if (call !== 'ReceiveMessage') return payload;
      const { data: received } = receivedSchema.safeParse(JSON.parse(payload));
      if (!received) return payload;
      return JSON.stringify({
        Messages: received.Messages.map(({ Attributes, ...message }) => {
          const AWSTraceHeader = headers.get(message.MessageId);
          return {
            ...message,
            ...(Attributes && {
              Attributes: { ...Attributes, ...(AWSTraceHeader && { AWSTraceHeader }) },
            }),
          };
        }),
      });
    },
  );
}

function keepMessages(sqs: SqsStore, sns: SnsStore, directory: string): PersistenceManager {
  const persistence = new PersistenceManager(directory);
  // Loading comes first: a store that persists while it is loaded would delete what it reads.
  persistence.loadSqsAndSns(sqs, sns);
  sqs.persistence = persistence;
  for (const queue of sqs.allQueues()) queue.persistence = persistence;
  return persistence;
}
