import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { synthesise } from '#infra/local/assembly/synthesis.ts';
import { type Resources, startLocalStack } from '#infra/local/local-stack.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';
import { descendantsOf, isRunning } from '#test/support/process/process-tree.ts';
import { tinyAssembly } from './tiny-assembly.ts';

test('what the template has is there, under the names that the functions are given', async () => {
  const code = `export const handler = async ({ pathParameters }) => ({
    hello: pathParameters.name,
    given: [process.env.THINGS_TABLE, process.env.JOBS_URL, process.env.SECRET_ID],
  });`;
  const stack = await startLocalStack({ assembly: await tinyAssembly(code) });
  onTestFinished(stack.stop);
  const sqs = new SQSClient(stack.clientConfigs.sqs);
  expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toEqual([stack.queues['Jobs']]);
  expect(stack.tables).toEqual({ Things: 'Tiny-Things' });
  expect(stack.webhookUrl).toBe(`${stack.url}/hooks`);
  const response = await fetch(`${stack.url}/hello/ada`);
  expect(await response.json()).toEqual({
    hello: 'ada',
    given: [
      'Tiny-Things',
      stack.queues['Jobs'],
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:WebhookSecret-local-000000',
    ],
  });
  expect((await fetch(stack.webhookUrl)).status).toBe(404);
});

test('a route that needs IAM in AWS is for this machine only, and others are for anyone', async () => {
  const code =
    'export const handler = async ({ requestContext }) => String(requestContext.authorizer);';
  const stack = await startLocalStack({ assembly: await tinyAssembly(code) });
  onTestFinished(stack.stop);
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  expect((await fetch(`${stack.url}/hello/ada`, { headers })).status).toBe(200);
  const { origin } = new URL(stack.consoleUrl);
  expect((await fetch(`${origin}/signed/ada`, { headers })).status).toBe(403);
  expect((await fetch(`${stack.url}/signed/ada`)).status).toBe(404);
  const own = await fetch(`${origin}/signed/ada`, { method: 'POST', body: 'a=1' });
  expect(await own.text()).toBe('undefined');
});

test('a bundle that cannot be loaded is named when it is called', async () => {
  const onOutput = vi.fn();
  const assembly = await tinyAssembly('throw new Error("no such env");');
  const stack = await startLocalStack({ assembly, onOutput });
  onTestFinished(stack.stop);
  expect((await fetch(`${stack.url}/hello/ada`)).status).toBe(500);
  expect(onOutput.mock.calls).toEqual([
    ['Hello', expect.stringMatching(/^The code cannot be loaded: .*no such env\. "npm run check"/)],
  ]);
});

test('a start that fails leaves nothing behind, and its resources were prepared before', async () => {
  const before = descendantsOf(process.pid);
  const prepared: Resources[] = [];
  const failed = startLocalStack({
    assembly: await tinyAssembly(''),
    prepare: async (resources) => {
      prepared.push(resources);
      throw new Error('cannot be prepared');
    },
  });
  await expect(failed).rejects.toThrow('cannot be prepared');
  expect(prepared.map(({ tables }) => tables)).toEqual([{ Things: 'Tiny-Things' }]);
  const added = descendantsOf(process.pid).filter((id) => !before.includes(id));
  expect(added.filter(isRunning)).toEqual([]);
});

test('everything ends with the process that started it, even when that is killed', async () => {
  const starter = fileURLToPath(new URL('./starts-stack.ts', import.meta.url));
  const folder = await tinyAssembly('export const handler = async () => "hello";');
  const parent = spawn(process.execPath, [starter, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [url] = await once(createInterface({ input: parent.stdout }), 'line');
  expect(await (await fetch(`${url}/hello/ada`)).text()).toBe('hello');
  const processes = descendantsOf(parent.pid ?? 0).filter(isRunning);
  expect(processes.length).toBe(3);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(processes.filter(isRunning)).toEqual([]), 120_000);
});

test('a port that is taken is named before anything is built', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => void server.close());
  const { port: http } = Object(server.address());
  const ports = { http, dynamodb: 0, sqs: 0, secretsManager: 0, ses: 0, console: 0 };
  await expect(startLocalStack({ assembly: '/nowhere', ports })).rejects.toThrow(
    `Port ${http}, which the HTTP API needs, is in use. Stop the program that uses it, or choose other ports with --port.`,
  );
});

test('a stack that cannot be built is reported in its own words, without a stack trace', async () => {
  const failed = synthesise(await temporaryFolder(), { stage: 'Not A Stage' });
  await expect(failed).rejects.toThrow(Advice);
  await expect(failed).rejects.toThrow(/^The stack couldn't be built.*\n\n {2}stage must begin/);
  await expect(failed).rejects.not.toThrow(/\n\s+at /);
});

test('the stack is built where none is given', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('NODE_OPTIONS', '--no-such-option');
  const failed = startLocalStack({});
  await expect(failed).rejects.toThrow(/^The stack couldn't be built.*--no-such-option/s);
});

test('the functions are told of a server that plays Polar, and of none that is elsewhere', async () => {
  const code = `export const handler = async () => ({
    polar: [process.env.POLAR_API_URL, process.env.POLAR_AUTHORIZE_URL],
  });`;
  const polar = {
    POLAR_API_URL: 'http://127.0.0.1:4800',
    POLAR_AUTHORIZE_URL: 'https://polar.sh/oauth2/authorize',
  };
  const stack = await startLocalStack({ assembly: await tinyAssembly(code), polar });
  onTestFinished(stack.stop);
  const answer = await fetch(`${stack.url}/hello/ada`);
  expect(await answer.json()).toEqual({ polar: ['http://127.0.0.1:4800', null] });
});
