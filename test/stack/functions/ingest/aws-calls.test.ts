import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsCalls, secretsManagerIn } from '#functions/ingest/aws-calls.ts';
import type { EventMessage } from '#shared/queue/events-queue.ts';

type Asked = Readonly<{ headers: IncomingHttpHeaders; body: unknown }>;
type Reply = (response: ServerResponse) => void;

const region = 'eu-central-1';
const message: EventMessage = {
  MessageBody: '{"type":"order.paid","name":"Ωμέγα 🎉"}',
  MessageAttributes: { webhookId: { DataType: 'String', StringValue: 'msg_1' } },
};
const patience = { attempts: 3, connectMs: 1_000, answerMs: 300, deadlineMs: 20_000 };
const sdk = {
  region,
  maxAttempts: patience.attempts,
  requestHandler: {
    connectionTimeout: patience.connectMs,
    requestTimeout: patience.answerMs,
    throwOnRequestTimeout: true,
  },
};

let asked: Asked[] = [];
let replies: Reply[] = [];
const server = createServer(async (request, response) => {
  asked.push({ headers: request.headers, body: await json(request) });
  const [reply] = replies;
  if (replies.length > 1) replies.shift();
  reply?.(response);
});
let endpoint: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  endpoint = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  const environment = {
    AWS_ACCESS_KEY_ID: 'AKIDLOCAL',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'session',
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: 'ingest',
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // No pause before a second attempt.
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const answered =
  (status: number, body: string, headers = {}): Reply =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
      .end(body);
const refused = (status: number, __type: string) =>
  answered(status, JSON.stringify({ __type, message: `the stand-in says ${__type}` }));
const queued = (text = message.MessageBody) =>
  answered(
    200,
    JSON.stringify({
      MessageId: 'one',
      MD5OfMessageBody: createHash('md5')
        .update(text ?? '')
        .digest('hex'),
    }),
  );
const hangsUp: Reply = (response) => response.destroy();
const cutOff: Reply = (response) => {
  response.writeHead(200, { 'content-length': 1_000 });
  response.write('{"Mess', () => response.destroy());
};
const silent: Reply = () => undefined;

/** What came of a call, and what it asked. */
async function outcome(replying: readonly Reply[], call: () => Promise<unknown>) {
  asked = [];
  replies = [...replying];
  const said = await call().then(
    () => 'done',
    // The SDK adds a hint to what it cannot read.
    (error: Error) => `${error.name}: ${error.message.split('\n')[0]}`,
  );
  return { said, asked: asked.map(({ headers, body }) => ({ ...seen(headers), body })) };
}

/** What a service goes by, and what AWS's support asks for. */
function seen(headers: IncomingHttpHeaders) {
  return {
    target: headers['x-amz-target'],
    type: headers['content-type'],
    length: headers['content-length'],
    host: headers.host,
    trace: headers['x-amzn-trace-id'],
    attempt: headers['amz-sdk-request'],
    session: headers['x-amz-security-token'],
    scope: /Credential=(\S+),/.exec(headers.authorization ?? '')?.[1],
  };
}

const troubles: [string, Reply[]][] = [
  ['takes it', [queued()]],
  ['has another text than was sent', [queued('another')]],
  ['is not there', [refused(400, 'com.amazonaws.sqs#QueueDoesNotExist')]],
  ['lets nobody in', [refused(403, 'com.amazon.coral.service#AccessDeniedException')]],
  ['throttles once', [refused(400, 'com.amazonaws.sqs#RequestThrottled'), queued()]],
  ['throttles', [refused(400, 'com.amazon.coral.service#ThrottlingException')]],
  ['fails once', [refused(500, 'InternalFailure'), queued()]],
  ['fails', [refused(500, 'InternalFailure')]],
  ['fails and does not say why', [answered(503, '')]],
  ['is behind a proxy that fails', [answered(502, '<html>Bad gateway</html>')]],
  ['answers what is no JSON', [answered(200, 'OK')]],
  ['hangs up once', [hangsUp, queued()]],
  ['hangs up', [hangsUp]],
  ['breaks off its answer once', [cutOff, queued()]],
  ['says nothing', [silent]],
];

describe('a message', () => {
  const QueueUrl = () => `${endpoint}/000000000000/events`;

  it.each(troubles)(
    'to a queue that %s ends as with the client of the SDK',
    async (_, replying) => {
      const ours = await outcome(replying, () =>
        awsCalls(region, patience).sendTo(QueueUrl())(message),
      );
      const client = new SQSClient(sdk);
      const theirs = await outcome(replying, () =>
        client.send(new SendMessageCommand({ QueueUrl: QueueUrl(), ...message })),
      );
      client.destroy();

      expect(ours).toEqual(theirs);
      expect(ours.asked.length).toBeGreaterThan(0);
    },
  );

  it('is given up when all attempts together take too long', async () => {
    const hasty = { ...patience, deadlineMs: 100 };

    const { said, asked } = await outcome([silent], () =>
      awsCalls(region, hasty).sendTo(QueueUrl())(message),
    );

    expect(said).toMatch(/^AbortError: /);
    expect(asked).toHaveLength(1);
  });
});

describe('the secret', () => {
  it.each([
    ['is there', answered(200, '{"SecretString":"{}"}')],
    ['is gone', refused(400, 'ResourceNotFoundException')],
    ['may not be read', refused(400, 'AccessDeniedException')],
    ['cannot be decrypted', refused(400, 'DecryptionFailure')],
  ])('that %s is read as with the client of the SDK', async (_, reply) => {
    const ours = await outcome([reply], awsCalls(region, patience).secretText('Secret'));
    const client = new SecretsManagerClient(sdk);
    const theirs = await outcome([reply], () =>
      client.send(new GetSecretValueCommand({ SecretId: 'Secret' })),
    );
    client.destroy();

    expect(ours).toEqual(theirs);
  });

  it.each(['{}', '{"SecretString":""}', '{"SecretBinary":"e30="}'])(
    'without a text, as in %s, is none',
    async (body) => {
      const read = awsCalls(region, patience).secretText('Secret');

      const { said } = await outcome([answered(200, body)], read);

      expect(said).toBe('Error: The secret holds no text');
    },
  );

  it.each(['us-east-1', 'ap-southeast-5', 'us-gov-west-1', 'cn-north-1', 'us-iso-east-1'])(
    'of %s is where the client of the SDK asks for it',
    async (Region) => {
      vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', undefined);
      const { endpointProvider } = new SecretsManagerClient({ region: Region }).config;

      expect(secretsManagerIn(Region).href).toBe(endpointProvider({ Region }).url.href);
    },
  );

  it('is asked for elsewhere where the environment says so', () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    expect(secretsManagerIn(region).origin).toBe(endpoint);
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', undefined);
    expect(secretsManagerIn(region).origin).toBe('http://127.0.0.1:1');
  });
});
