import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { saveDemoWorkflows } from '#infra/local/demo-workflows.ts';
import { type LocalStack, startLocalStack } from '#infra/local/local-stack.ts';
import { deliver } from '#infra/local/running-stack.ts';
import { polarPayload } from '#shared/polar/sample/sample-events.ts';
import { localAssembly } from '#test/support/local-assembly.ts';

const lineSchema = z.object({ message: z.string(), webhookId: z.string() });
const lines: { logicalId: string; message: string; webhookId: string }[] = [];
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({
    assembly: await localAssembly(),
    prepare: saveDemoWorkflows,
    onOutput: (logicalId, line) => {
      const entry = line.startsWith('{') ? lineSchema.safeParse(JSON.parse(line)).data : undefined;
      if (entry) lines.push({ logicalId, ...entry });
    },
  });
});
afterAll(() => stack?.stop());

test('one webhook can be followed by its id through the logs of ingest, worker, mailer and feedback', async () => {
  const webhookId = randomUUID();
  const person = {
    customerId: randomUUID(),
    email: `${randomUUID().slice(0, 8)}@example.com`,
    name: 'Ada Lovelace',
    externalId: null,
    isNew: true,
  };
  const body = Buffer.from(JSON.stringify(polarPayload('customer.created', person, new Date())));
  const { webhookUrl: url, webhookSecret: secret } = stack;
  await deliver({ url, secret, secretReading: 'decoded', webhookId, body }, new Date());
  const ofWebhook = () => lines.filter((line) => line.webhookId === webhookId);
  const steps = ['webhook answered', 'event decided', 'email decided', 'feedback applied'];
  await vi.waitFor(
    () => expect(ofWebhook().map(({ message }) => message)).toEqual(expect.arrayContaining(steps)),
    20_000,
  );
  const functions = new Set(ofWebhook().map(({ logicalId }) => logicalId));
  expect(functions.size).toBe(steps.length);
});
