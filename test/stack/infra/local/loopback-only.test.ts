import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { serveOnLoopback } from '#infra/local/http/loopback-server.ts';
import { lambdaFunction } from '#infra/local/lambda/lambda-function.ts';
import {
  functionInAFolder,
  testedEnvironment,
} from '#test/support/process/function-in-a-folder.ts';

const projectFile = fileURLToPath(new URL('../../../../package.json', import.meta.url));

/** A function that runs one of these attempts and tells how it ended. */
const code = `
  import { createRequire } from 'node:module';
  import net from 'node:net';
  import tls from 'node:tls';
  import http2 from 'node:http2';
  const require = createRequire(${JSON.stringify(projectFile)});
  const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
  const { DynamoDBClient, ListTablesCommand } = require('@aws-sdk/client-dynamodb');
  const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
  const aws = 'https://dynamodb.us-east-1.amazonaws.com';
  const opened = (socket) => new Promise((resolve, reject) => socket.on('connect', () => resolve('connected')).on('error', reject));
  const attempts = {
    'an SQS queue URL in AWS': () =>
      new SQSClient({}).send(new SendMessageCommand({ QueueUrl: 'https://sqs.us-east-1.amazonaws.com/1/q', MessageBody: 'x' })),
    'a client with an endpoint in AWS': () =>
      new DynamoDBClient({ endpoint: aws }).send(new ListTablesCommand({})),
    'a client that is told to ignore the environment': () => {
      for (const name of Object.keys(process.env)) if (name.startsWith('AWS_ENDPOINT')) delete process.env[name];
      return new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: 'x' }));
    },
    'fetch': () => fetch(aws),
    'a TCP connection': () => opened(net.connect(443, 'sqs.us-east-1.amazonaws.com')),
    'a TCP connection to a number': () => opened(net.connect({ host: '52.94.0.1', port: 443 })),
    'a TLS connection': () => opened(tls.connect({ host: 'sqs.us-east-1.amazonaws.com', port: 443 })),
    'HTTP/2': () => opened(http2.connect(aws)),
    'this machine': async () => (await fetch(process.env.SOMEWHERE_HERE)).text(),
  };
  export const handler = async ({ attempt }) => {
    try {
      return { reached: await attempts[attempt]() };
    } catch (error) {
      const causes = [];
      for (let cause = error; cause; cause = cause.cause) causes.push(cause.message);
      return { refused: causes.join(' ') };
    }
  };`;

async function invoke(attempt: string) {
  const here = await serveOnLoopback(async (_, response) => void response.end('here'), 0, 'a test');
  onTestFinished(here.stop);
  const environment = { ...testedEnvironment(), SOMEWHERE_HERE: here.address };
  const lambda = lambdaFunction(await functionInAFolder(code, { environment }));
  onTestFinished(lambda.stop);
  return lambda.invoke({ attempt });
}

test.each([
  'an SQS queue URL in AWS',
  'a client with an endpoint in AWS',
  'a client that is told to ignore the environment',
  'fetch',
  'a TCP connection',
  'a TCP connection to a number',
  'a TLS connection',
  'HTTP/2',
])('a function that runs locally cannot reach AWS by %s', async (attempt) => {
  expect(await invoke(attempt)).toEqual({
    kind: 'answer',
    payload: {
      refused: expect.stringMatching(
        /Refused to connect to (52\.94\.0\.1|\S+\.amazonaws\.com): what runs locally may only reach this machine/,
      ),
    },
  });
});

test('a function that runs locally reaches this machine', async () => {
  expect(await invoke('this machine')).toEqual({ kind: 'answer', payload: { reached: 'here' } });
});

test('a function finds nothing of the person’s shell in its environment', async () => {
  vi.stubEnv('AWS_PROFILE', 'production');
  vi.stubEnv('AWS_SESSION_TOKEN', 'real');
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.example.com');
  onTestFinished(() => void vi.unstubAllEnvs());
  const spec = await functionInAFolder('export const handler = async () => process.env;');
  const lambda = lambdaFunction(spec);
  onTestFinished(lambda.stop);
  const {
    AWS_LAMBDA_RUNTIME_API: _,
    CLOCK_DAYS_AHEAD: __,
    NODE_COMPILE_CACHE: ___,
    _X_AMZN_TRACE_ID: ____,
    ...rest
  } = Object(await lambda.invoke({}).then((answer) => answer.kind === 'answer' && answer.payload));
  expect(rest).toEqual({ ...spec.environment, LAMBDA_TASK_ROOT: spec.bundle });
  expect(JSON.stringify(rest)).not.toContain('amazonaws');
});
