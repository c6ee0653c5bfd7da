import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { saveDemoWorkflows } from '#infra/local/demo/demo-workflows.ts';
import {
  forwarder,
  type LoopbackServer,
  serveOnLoopback,
} from '#infra/local/http/loopback-server.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { deliver } from '#infra/local/running-stack.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { attributesOf } from '#shared/store/events/event-item.ts';
import { asMany } from '#test/support/as-many.ts';
import { localAssembly } from '#test/support/cloud/local-assembly.ts';
import { contentOf, passedOn, reply } from '#test/support/polar/passed-on.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** How often the mail is looked at until the 46th hour, and tried again each time. */
const looks = asMany(3, 46);
const betweenMs = (46 * hourMs) / looks;

let stack: LocalStack;
let db: ReturnType<typeof documentClient>;
let sqs: SQSClient;
const doors: LoopbackServer[] = [];
/** Until when SES refuses everything, by the clock of the stack. */
let refusesUntil: Date | undefined;
let refused = 0;
/** When it took one, by the clock of the stack. */
const taken: Date[] = [];
/** How often one function came in the chain of calls that each message went out of. */
const hops: number[] = [];

const refusal = JSON.stringify({ message: 'Daily message quota exceeded.' });

async function inFrontOfSes(address: string): Promise<LoopbackServer> {
  const passOn = forwarder(address);
  return serveOnLoopback(
    async (request, response) => {
      const now = stack.clock.now();
      refusesUntil ??= new Date(now.getTime() + 47 * hourMs);
      if (now < refusesUntil) {
        refused += 1;
        response.writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException' }).end(refusal);
        return;
      }
      taken.push(now);
      await passOn(request, response);
    },
    0,
    'the door of SES',
  );
}

async function inFrontOfQueues(address: string): Promise<LoopbackServer> {
  const agent = new Agent({ keepAlive: true });
  return serveOnLoopback(
    async (request, response) => {
      const body = await contentOf(request);
      const trace = String(request.headers['x-amzn-trace-id'] ?? '');
      const [, lineage = ''] = /Lineage=([^;]*)/.exec(trace) ?? [];
      const rounds = [...lineage.matchAll(/[0-9a-f]+:(\d+)/g)].map(([, round]) => Number(round));
      if (rounds.length > 0) hops.push(Math.max(...rounds));
      reply(response, await passedOn(request, body, address, agent));
    },
    0,
    'the door of SQS',
  );
}

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    prepare: saveDemoWorkflows,
    inFront: async (service, address) => {
      if (service !== 'ses' && service !== 'sqs') return address;
      const door = await (service === 'ses' ? inFrontOfSes(address) : inFrontOfQueues(address));
      doors.push(door);
      return door.address;
    },
  });
  db = documentClient(new DynamoDBClient(stack.clientConfigs.dynamodb));
  sqs = new SQSClient(stack.clientConfigs.sqs);
}, 600_000);
afterAll(async () => {
  db?.destroy();
  sqs?.destroy();
  await stack?.stop();
  for (const door of doors) await door.stop();
});

const considered = z.object({ workflows: z.tuple([z.object({ ledgerKey: z.string() })]) });

/** Somebody buys. Gives the key of the receipt. */
async function bought(): Promise<string> {
  const webhookId = randomUUID();
  const someone = { customerId: randomUUID(), email: 'ada@example.com', name: 'Ada' };
  const payload = polarPayload(
    'order.paid',
    { ...someone, externalId: null, isNew: true },
    new Date(),
  );
  const { webhookUrl: url, webhookSecret: secret } = stack;
  const body = Buffer.from(JSON.stringify(payload));
  await deliver({ url, secret, secretReading: 'decoded', webhookId, body }, new Date());
  const record = await vi.waitFor(
    async () => {
      const get = new GetCommand({ TableName: stack.tables['Events'], Key: { webhookId } });
      return considered.parse(attributesOf((await db.send(get)).Item ?? {}));
    },
    { timeout: 200_000, interval: 100 },
  );
  return record.workflows[0].ledgerKey;
}

async function email(ledgerKey: string) {
  const get = { TableName: stack.tables['Emails'], Key: { ledgerKey }, ConsistentRead: true };
  return (await db.send(new GetCommand(get))).Item ?? {};
}

/** So much time, of which only the last minute is lived through: what counts hours has nothing to do here. */
async function passes(byMs: number): Promise<void> {
  stack.clock.moveTo(new Date(stack.clock.now().getTime() + byMs - minuteMs));
  await stack.moveOn(minuteMs);
}

async function deadLetters(): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: stack.queues['MailDeadLetters'],
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

test('a mail that SES refuses for 47 hours goes out once in the 48th, and nothing goes round', {
  timeout: 600_000,
}, async () => {
  const ledgerKey = await bought();
  const isRefused = async () => expect(await email(ledgerKey)).toMatchObject({ state: 'waiting' });
  await vi.waitFor(isRefused, { timeout: 200_000, interval: 100 });
  for (let look = 1; look <= looks; look++) {
    await passes(betweenMs);
    await isRefused();
  }
  expect(refused).toBeGreaterThan(looks);
  expect(taken).toEqual([]);
  for (let half = 1; half <= 4; half++) await passes(hourMs / 2);
  expect(await email(ledgerKey)).toMatchObject({ state: 'sent' });
  const lateMs = taken.map((at) => at.getTime() - (refusesUntil?.getTime() ?? Number.NaN));
  expect(lateMs).toEqual([expect.toSatisfy((ms: number) => ms >= 0 && ms < hourMs)]);
  expect(await deadLetters()).toBe(0);
  expect(hops.length).toBeGreaterThan(looks);
  expect(Math.max(...hops)).toBeLessThan(10);
});
