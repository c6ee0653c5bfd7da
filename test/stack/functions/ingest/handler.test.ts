import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { isSupportedEventType } from '#shared/polar/event-types.ts';
import { decodeEventMessage } from '#shared/queue/events-queue.ts';
import { startSecretsManager } from '#test/fakes/secrets-manager.ts';
import { startQueue } from '#test/support/cloud/loopback-queue.ts';
import {
  type KeyReading,
  keyReadings,
  newSecret,
  signedRequest,
} from '#test/support/polar/signed-request.ts';
import { coldStart } from '#test/support/process/cold-start.ts';

const folder = new URL('../../../fixtures/polar/', import.meta.url);
const payloads = readdirSync(folder).map((name) => ({
  name,
  body: readFileSync(new URL(name, folder), 'utf8'),
}));
const readings = Object.keys(keyReadings) as KeyReading[];

let queue: Awaited<ReturnType<typeof startQueue>>;
let service: Awaited<ReturnType<typeof startSecretsManager>>;
let secret: string;

beforeAll(async () => {
  [queue, service] = await Promise.all([startQueue(), startSecretsManager()]);
});
afterAll(() => Promise.all([queue.stop(), service.stop()]));

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  secret = newSecret();
  service.comeBack();
  service.set('WebhookSecret', JSON.stringify({ current: secret }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The function as it starts in a new environment. */
async function coldIngest(queueUrl = queue.url) {
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: service.endpoint,
    AWS_ENDPOINT_URL_SQS: new URL(queueUrl).origin,
    EVENTS_QUEUE_URL: queueUrl,
    WEBHOOK_SECRET_ID: 'WebhookSecret',
    WEBHOOK_PATH: '/webhooks/polar',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { handler } = await coldStart('ingest');
  return async (request: ReturnType<typeof signedRequest>) => {
    const { statusCode, body = '' } = await handler(request as APIGatewayProxyEventV2);
    return { statusCode, ...(JSON.parse(body) as { status: string }) };
  };
}

describe.each(readings)('with the secret read as %s', (reading) => {
  it.each(payloads)('$name is answered, and queued as it came', async ({ name, body }) => {
    const { type } = JSON.parse(body) as { type: string };
    const answer = await (await coldIngest())(signedRequest(body, { secret, reading, id: name }));
    const webhooks = (await queue.takeAll()).map(decodeEventMessage);
    if (isSupportedEventType(type)) {
      expect(answer).toMatchObject({ statusCode: 202, status: 'accepted' });
      expect(webhooks).toEqual([{ webhookId: name, type, body, receivedAt: expect.any(String) }]);
    } else {
      expect(answer).toMatchObject({ statusCode: 200, status: 'ignored' });
      expect(webhooks).toEqual([]);
    }
  });
});

describe('one environment', () => {
  const body = '{"type":"order.paid"}';

  it('reads the secret once, and knows a rotated one without a restart', async () => {
    const ask = await coldIngest();
    const before = service.requests();
    for (const _ of [1, 2, 3]) await ask(signedRequest(body, { secret }));
    expect(service.requests() - before).toBe(1);
    const rotated = newSecret();
    service.set('WebhookSecret', JSON.stringify({ current: rotated, previous: secret }));
    const answers = [
      await ask(signedRequest(body, { secret: rotated })),
      await ask(signedRequest(body, { secret })),
      await ask(signedRequest(body, { secret: newSecret() })),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 401]);
    expect(service.requests() - before).toBe(2);
    expect(await queue.takeAll()).toHaveLength(5);
  });

  it('begins to read the secret before the first webhook comes', async () => {
    const before = service.requests();
    const ask = await coldIngest();
    await vi.waitUntil(() => service.requests() > before, { timeout: 60_000 });
    expect(await ask(signedRequest(body, { secret }))).toMatchObject({ statusCode: 202 });
    expect(service.requests() - before).toBe(1);
    expect(await queue.takeAll()).toHaveLength(1);
  });

  it('answers 503 while the secret cannot be read, and recovers', async () => {
    service.goDown();
    const ask = await coldIngest();
    expect(await ask(signedRequest(body, { secret }))).toMatchObject({ statusCode: 503 });
    service.comeBack();
    expect(await ask(signedRequest(body, { secret }))).toMatchObject({ statusCode: 202 });
    expect(await queue.takeAll()).toHaveLength(1);
  });

  it.each([
    ['nobody listens there', (_url: string) => 'http://127.0.0.1:1/000000000000/events'],
    ['it is gone', (url: string) => url.replace(/events$/, 'gone')],
  ])('answers 503 when the queue is out of reach: %s', async (_, misplaced) => {
    const ask = await coldIngest(misplaced(queue.url));
    expect(await ask(signedRequest(body, { secret }))).toMatchObject({
      statusCode: 503,
      status: 'unavailable',
    });
  });

  it('answers 503 rather than wait for a queue that is silent until Polar gives up', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const ask = await coldIngest(`http://127.0.0.1:${port}/000000000000/events`);
    expect(await ask(signedRequest(body, { secret }))).toMatchObject({ statusCode: 503 });
    silent.closeAllConnections();
    silent.close();
  });

  it.each(['EVENTS_QUEUE_URL', 'WEBHOOK_PATH', 'WEBHOOK_SECRET_ID'])(
    'does not start without %s',
    async (name) => {
      await coldIngest();
      vi.stubEnv(name, undefined);
      await expect(coldStart('ingest')).rejects.toThrow(name);
    },
  );
});
