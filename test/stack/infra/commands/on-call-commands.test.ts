import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { localDeployment } from '#infra/commands/deployment/deployment.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { maskedAddress } from '#infra/terminal/lines.ts';
import { ageText } from '#shared/queue/dead-letters/letter-reasons.ts';
import { queueStatus } from '#shared/queue/dead-letters/walk-queue.ts';
import {
  customerCreated,
  startDeadLetters,
  unreadable,
} from '#test/support/audience/dead-letters-at-work.ts';
import { clientConfig } from '#test/support/cloud/emulators.ts';
import { startStackInAws } from '#test/support/cloud/stack-in-aws.ts';
import { typed } from '#test/support/process/typed-command.ts';

test.each([
  ['ann@example.com', 'a***@example.com'],
  ['"a@b"@example.com', '"***@example.com'],
  ['@example.com', '***'],
  ['nobody', '***'],
])('%s is masked as %s', (address, masked) => {
  expect(maskedAddress(address)).toBe(masked);
});

test.each([
  [-5, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('%i ms are %s', (ms, age) => {
  expect(ageText(ms)).toBe(age);
});

it('the resources of the local stack have the ids that npm start gives them', async () => {
  const template = templateOf('PolarAudience-local', inject('stackTemplate'));
  const [http, sqs] = ['http://127.0.0.1:5000', 'http://127.0.0.1:5002'];
  const stack = localIdentities(template, { sqs, http });
  const running = localDeployment({ webhookUrl: `${http}/webhooks/polar` });
  const { physicalId, secretsManager } = await stackResources({}, running);
  const pinned = [...stack.ofType('AWS::DynamoDB::Table'), ...stack.ofType('AWS::SQS::Queue')].map(
    ({ logicalId }) => logicalId,
  );
  expect(pinned.length).toBeGreaterThan(10);
  expect(pinned.map(physicalId)).toEqual(pinned.map((id) => stack.resolve({ Ref: id })));
  const secrets = stack.ofType('AWS::SecretsManager::Secret').map(({ logicalId }) => logicalId);
  expect(secrets).toHaveLength(3);
  expect(secrets.map(physicalId)).toEqual(secrets.map(stack.nameOf));
  expect(() => physicalId('Nothing')).toThrow('has no Nothing');
  expect(secretsManager).toMatchObject({ endpoint: 'http://127.0.0.1:5003' });
});

test.each([
  ['is far from that of this machine', 'Mon, 23 Nov 2026 11:00:00 GMT', '2026-11-23T11:00:00.000Z'],
  ['agrees, as far as it shows', 'Mon, 23 Nov 2026 12:00:00 GMT', '2026-11-23T12:00:00.700Z'],
])(
  'what came in since a run began is told by the clock of SQS where that %s',
  async (_, date, at) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', date });
      response.end(JSON.stringify({ Attributes: { ApproximateNumberOfMessages: '3' } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sqs = new SQSClient(clientConfig(`http://127.0.0.1:${port}`));
    const now = () => new Date('2026-11-23T12:00:00.700Z');
    const status = await queueStatus(sqs, `http://127.0.0.1:${port}/000000000000/dead`, now);
    expect(status).toEqual({ visible: 3, hidden: 0, at: new Date(at) });
    sqs.destroy();
    await new Promise((resolve) => server.close(resolve));
  },
);

describe('the commands, against a stage in AWS', () => {
  let dead: Awaited<ReturnType<typeof startDeadLetters>>;
  let cloudFormation: Awaited<ReturnType<typeof startStackInAws>>;
  beforeAll(async () => {
    dead = await startDeadLetters();
    const { tableOf } = dead.audience;
    const tables = [
      'Contacts',
      'Customers',
      'Addresses',
      'Suppressions',
      'Events',
      'Emails',
      'Failures',
      'Workflows',
      'Settings',
      'Runs',
      'Words',
    ].map((id) => [id, tableOf(id)] as const);
    cloudFormation = await startStackInAws({
      outputs: {
        WorkflowsTableName: tableOf('Workflows'),
        EmailsTableName: tableOf('Emails'),
        SettingsTableName: tableOf('Settings'),
        ActsTableName: tableOf('Acts'),
        MailQueueUrl: dead.mail.sourceUrl,
        WebhookUrl: 'https://api.example.com/webhooks/polar',
      },
      resources: {
        ...Object.fromEntries(tables),
        EventsQueue: dead.events.sourceUrl,
        EventsDeadLetters: dead.events.url,
        MailQueue: dead.mail.sourceUrl,
        MailDeadLetters: dead.mail.url,
        FeedbackQueue: dead.mail.sourceUrl,
        FeedbackDeadLetters: dead.mail.url,
        SuppressionKey: 'SuppressionKey',
      },
    });
  });
  afterAll(() => Promise.all([dead.stop(), cloudFormation.stop()]));

  function run(command: string, args: readonly string[]) {
    const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SECRETS_MANAGER } = process.env;
    return typed([command, ...args, '--stage', 'staging'], {
      HOME: dead.folder,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: cloudFormation.endpoint,
      AWS_ENDPOINT_URL_SQS: dead.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB,
      AWS_ENDPOINT_URL_SECRETS_MANAGER,
    });
  }

  it('bring a dead letter from its reason to a record, and another one into a file', async () => {
    await dead.queueWebhook('evt-slow', customerCreated('c-slow'));
    await dead.dieByRedrive({ settings: () => Promise.reject(new Error('The table is away.')) });
    await dead.queueWebhook('evt-bad', unreadable('ann@example.com'));
    await dead.work();
    const listed = await run('deadletters', ['list', '--queue', 'events']);
    expect(listed).toMatchObject({ code: 0, error: '' });
    expect(listed.out).toMatch(/^events +evt-slow .*The table is away\.$/m);
    expect(listed.out).toContain('deadletters -- resend evt-slow --stage staging');
    expect(listed.out).toContain('deadletters -- discard evt-bad --stage staging');
    expect((await run('why', ['evt-slow'])).out).toMatch(/^evt-slow has no record: failed 3 ×/m);
    const resent = await run('deadletters', [
      'resend',
      '--reason',
      'away',
      '--queue',
      'events',
      '--yes',
    ]);
    expect(resent.out).toContain('1 resent.\n1 left: not meant by the filter.');
    await dead.work();
    const why = await run('why', ['c-slow@example.com', '--reveal']);
    expect(why).toMatchObject({ code: 0, error: '' });
    expect(why.out).toMatch(/^address +c-slow@example\.com$/m);
    expect(why.out).toMatch(/^marketing +yes: subscribed$/m);

    const discard = ['discard', 'evt-bad', '--queue', 'events'];
    const unsure = await run('deadletters', discard);
    expect(unsure).toMatchObject({ code: 1 });
    expect(unsure.error).toMatch(/There's no terminal to answer in\. Pass --yes\.$/m);
    const sure = await run('deadletters', [...discard, '--yes']);
    expect(sure.out).toContain('1 discarded. To put one back');
    expect(sure.out).toContain(`Kept in ${dead.folder}/.polar-audience/discarded/events.evt-bad.`);
    expect((await run('deadletters', ['list'])).out).toContain('There are no dead letters.');
  }, 600_000);
});
