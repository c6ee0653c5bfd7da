import type { ScheduledEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { coldStart } from '#test/support/process/cold-start.ts';
import { startWatch } from './watch-at-work.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let at: Awaited<ReturnType<typeof startWatch>>;
let lines: string[];

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  at = await startWatch(dynamo.client);
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await at.stop();
});

/** The function as it starts in a new environment, invoked by its schedule. */
async function invoked() {
  const { region, credentials } = clientConfig(dynamo.endpoint);
  const environment = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secretsEndpoint,
    SETTINGS_TABLE: at.table,
    EVENTS_TABLE: at.eventsTable,
    WEBHOOK_URL: at.receiver.url,
    WEBHOOK_SECRET_ID: 'WebhookSecret',
    POLAR_ACCESS_ID: 'PolarAccess',
    POLAR_API_URL: at.polar.url,
    POLAR_AUTHORIZE_URL: at.polar.authorizeUrl,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { handler } = await coldStart('watch');
  const { time }: Pick<ScheduledEvent, 'time'> = { time: new Date().toISOString() };
  await handler({ time });
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

test('the function says that Polar is not connected', async () => {
  expect(await invoked()).toMatchObject([{ message: 'watch ran', result: 'not-connected' }]);
});

test('the function asks Polar with its own access once it is connected', async () => {
  await at.connect();
  Object.assign(at.polar.endpoints[0] ?? {}, { enabled: false });
  expect(await invoked()).toMatchObject([
    { message: 'watch found', finding: 'disabled' },
    { message: 'watch ran', result: 'asked', findings: 1 },
  ]);
});
