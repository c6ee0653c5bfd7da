import {
  type DeleteMessageBatchResult,
  type ReceiveMessageResult,
  type SendMessageRequest,
  SQSClient,
} from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DeadLetterParts } from '#infra/commands/dead-letters/verbs.ts';
import { asMany } from '#test/support/as-many.ts';
import {
  customerCreated,
  startDeadLetters,
  unreadable,
} from '#test/support/audience/dead-letters-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';

let dead: Awaited<ReturnType<typeof startDeadLetters>>;
beforeAll(async () => {
  // The looks of these tests into the queue count as receives, too.
  dead = await startDeadLetters({ mostReceives: 1_000 });
});
afterAll(() => dead.stop());
beforeEach(() => dead.empty());

class Interrupted extends Error {}

/** A client whose process ends at its nth call: just before SQS acts, or just after. No later call gets through. */
function mortalClient(lastCall: number, isActed: boolean) {
  const sqs = new SQSClient(clientConfig(dead.endpoint));
  const received: string[] = [];
  let calls = 0;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      calls += 1;
      const isLast = calls === lastCall;
      if (calls > lastCall || (isLast && !isActed)) throw new Interrupted();
      const result = await next(args);
      const output = result.output as ReceiveMessageResult;
      for (const { ReceiptHandle = '' } of output.Messages ?? []) received.push(ReceiptHandle);
      if (isLast) throw new Interrupted();
      return result;
    },
    { step: 'initialize' },
  );
  return { sqs, received };
}

/** Resends all in a process that may die on the way. `false`: it died. */
async function resendAll(
  sqs: DeadLetterParts['sqs'],
  changed: Partial<DeadLetterParts> = {},
): Promise<boolean> {
  try {
    await dead.does({ sqs, ...changed }).resend({ kind: 'all' });
    return true;
  } catch (error) {
    if (error instanceof Interrupted) return false;
    throw error;
  }
}

async function idsIn(url: string): Promise<string[]> {
  const messages = await dead.visible(url);
  return messages.map(({ MessageAttributes }) => {
    return MessageAttributes?.['webhookId']?.StringValue ?? 'without an id';
  });
}

let story = 0;

it('whenever it is interrupted, every message is in a queue; in the end each is applied once', async () => {
  const deaths = fc.array(
    fc.record({ call: fc.integer({ min: 1, max: 60 }), acted: fc.boolean() }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(deaths, fc.integer({ min: 1, max: 35 }), async (all, count) => {
      await dead.empty();
      story += 1;
      const ids = Array.from({ length: count }, (_, n) => `evt-${story}-${n}`);
      for (const id of ids) await dead.bury(id, customerCreated(`c-${id}`));
      for (const { call, acted } of all) {
        const { sqs, received } = mortalClient(call, acted);
        await resendAll(sqs);
        sqs.destroy();
        // The time passes after which SQS shows what a dead process had received.
        await dead.reveal(dead.events.url, received);
        const [waiting, left] = [await idsIn(dead.events.sourceUrl), await idsIn(dead.events.url)];
        expect(new Set([...waiting, ...left])).toEqual(new Set(ids));
      }
      expect(await resendAll(dead.sqs)).toBe(true);
      expect(await dead.visible(dead.events.url)).toEqual([]);
      await dead.work();
      const records = await Promise.all(
        ids.map((webhookId) => dead.audience.item('Events', { webhookId })),
      );
      expect(records.map((record) => record?.['outcome'])).toEqual(ids.map(() => 'applied'));
      expect(await dead.visible(dead.events.url)).toEqual([]);
    }),
    { numRuns: asMany(2, 200) },
  );
}, 600_000);

it('ends tidily when it is asked to, hiding nothing, and says that there is more', async () => {
  const ids = Array.from({ length: 60 }, (_, n) => `evt-tidy-${n}`);
  for (const id of ids) await dead.bury(id, customerCreated(`c-${id}`));
  let looks = 0;
  await resendAll(dead.sqs, { isStopped: () => looks++ > 3 });
  expect(dead.output()).toMatch(/^\d+ resent\./m);
  expect(dead.output()).toContain('Run the same command again.');
  const left = await idsIn(dead.events.url);
  expect(left.length).toBeGreaterThan(0);
  expect(new Set([...left, ...(await idsIn(dead.events.sourceUrl))])).toEqual(new Set(ids));
});

it('does not go round in circles with what dies again at once', async () => {
  for (let n = 0; n < 45; n++) await dead.bury(`evt-again-${n}`, unreadable('ann@example.com'));
  let isOver = false;
  const worker = (async () => {
    while (!isOver) await dead.workOnce();
  })();
  await resendAll(dead.sqs, { waitSeconds: 1 });
  isOver = true;
  await worker;
  await dead.work();
  expect(dead.output()).toMatch(/^45 resent\.$/m);
  expect(dead.output()).toMatch(/^\d+ left: they died, or died again, since this run began\./m);
  expect(await dead.visible(dead.events.url)).toHaveLength(45);
});

it('leaves a message that SQS will not take again, and sends the others', async () => {
  for (let n = 0; n < 12; n++) await dead.bury(`evt-some-${n}`, customerCreated(`c-some-${n}`));
  const sqs = new SQSClient(clientConfig(dead.endpoint));
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as SendMessageRequest;
      if (!input.MessageBody?.includes('c-some-7')) return next(args);
      // What SQS refuses, the emulator refuses too.
      return next({ ...args, input: { ...input, MessageBody: '\u0000' } });
    },
    { step: 'initialize' },
  );
  await resendAll(sqs);
  sqs.destroy();
  expect(dead.printed).toEqual(['11 resent.', '1 refused by SQS: left as they are.']);
  expect(await idsIn(dead.events.url)).toEqual(['evt-some-7']);
});

it('counts what it did even when the queue fails on the way, and throws the failure', async () => {
  for (let n = 0; n < 30; n++) await dead.bury(`evt-half-${n}`, customerCreated(`c-half-${n}`));
  const { sqs } = mortalClient(30, false);
  expect(await resendAll(sqs)).toBe(false);
  sqs.destroy();
  expect(dead.output()).toMatch(/^\d+ resent/m);
  expect(dead.output()).toContain('Nothing is lost');
});

it('says that another reader hides some', async () => {
  for (let n = 0; n < 5; n++) await dead.bury(`evt-hidden-${n}`, customerCreated(`c-hidden-${n}`));
  const [held] = await dead.receive(dead.events.url, 30, 1);
  await resendAll(dead.sqs);
  expect(dead.printed[0]).toBe('4 resent.');
  expect(dead.output()).toContain('About 1 more may be in the hands of someone else');
  await dead.reveal(dead.events.url, [held?.ReceiptHandle]);
  dead.printed.length = 0;
  await resendAll(dead.sqs);
  expect(dead.printed).toEqual(['1 resent.']);
});

const many = 300;

it('holds no more than some pages at once, however many it resends', async () => {
  const lane = async (start: number) => {
    for (let n = start; n < many; n += 8) await dead.bury(`evt-many-${n}`, `body ${n}`);
  };
  await Promise.all(Array.from({ length: 8 }, (_, start) => lane(start)));
  const told: string[] = [];
  let [held, mostHeld] = [0, 0];
  const sqs = new SQSClient(clientConfig(dead.endpoint));
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        const output = result.output as ReceiveMessageResult & Partial<DeleteMessageBatchResult>;
        if (commandName === 'ReceiveMessageCommand') held += output.Messages?.length ?? 0;
        if (commandName === 'DeleteMessageBatchCommand') held -= output.Successful?.length ?? 0;
        mostHeld = Math.max(mostHeld, held);
        return result;
      },
    { step: 'initialize' },
  );
  await resendAll(sqs, { progress: (text) => told.push(text) });
  sqs.destroy();
  expect(dead.printed).toEqual([`${many} resent.`]);
  expect(mostHeld).toBeLessThanOrEqual(40);
  expect(held).toBe(0);
  expect(told.some((line) => line.includes(`of about ${many}`))).toBe(true);
  const waiting = await idsIn(dead.events.sourceUrl);
  expect(waiting).toHaveLength(many);
  expect(new Set(waiting).size).toBe(many);
  expect(await dead.visible(dead.events.url)).toEqual([]);
}, 600_000);
