import { fileURLToPath } from 'node:url';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sqs, startSqs } from '#infra/local/emulators/sqs.ts';
import { readMailMessage } from '#shared/queue/read-mail-message.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmails } from '#shared/store/mail/ledger.ts';
import { startSes } from '#test/fakes/ses.ts';
import { startCloudFormation } from '#test/support/cloud/cloud-formation.ts';
import { clientConfig, startDynamo } from '#test/support/cloud/emulators.ts';
import { createStackTables } from '#test/support/cloud/stack-tables.ts';
import { typed } from '#test/support/process/typed-command.ts';
import { startTokenService } from './console-door/token-service.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let ses: Awaited<ReturnType<typeof startSes>>;
let cloudFormation: Awaited<ReturnType<typeof startCloudFormation>>;
let tokens: Awaited<ReturnType<typeof startTokenService>>;
let sqs: Sqs;
let queue: SQSClient;
let queueUrl: string;
let emailsTable: string;

/** Whom an email is to is looked up in these. */
const audienceTables = [
  ...(['Contacts', 'Customers', 'Addresses', 'Suppressions', 'Events', 'Runs', 'Emails'] as const),
  ...(['Words', 'Workflows'] as const),
];

const caller = 'arn:aws:sts::123456789012:assumed-role/Ops/ada';

beforeAll(async () => {
  [dynamo, ses, sqs] = await Promise.all([startDynamo(), startSes(), startSqs()]);
  tokens = await startTokenService(caller);
  queue = new SQSClient(clientConfig(sqs.endpoint));
  await queue.send(new CreateQueueCommand({ QueueName: 'mail' }));
  await queue.send(new CreateQueueCommand({ QueueName: 'events' }));
  queueUrl = `${sqs.endpoint}/000000000000/mail`;
  const tableOf = await createStackTables(dynamo.client);
  emailsTable = tableOf('Emails');
  const outputs = {
    WorkflowsTableName: tableOf('Workflows'),
    EmailsTableName: emailsTable,
    SettingsTableName: tableOf('Settings'),
    ActsTableName: tableOf('Acts'),
    MailQueueUrl: queueUrl,
    WebhookUrl: 'https://api.example.com/webhooks/polar',
    MailFrom: 'Example <hello@example.com>',
  };
  cloudFormation = await startCloudFormation(
    {
      'PolarAudience-staging': outputs,
      'PolarAudience-old': { WebhookUrl: outputs.WebhookUrl },
    },
    {
      EventsQueue: `${sqs.endpoint}/000000000000/events`,
      SuppressionKey: 'SuppressionKey',
      ...Object.fromEntries(audienceTables.map((name) => [name, tableOf(name)])),
    },
  );
});
afterAll(async () => {
  queue.destroy();
  await Promise.all([dynamo, ses, sqs, tokens, cloudFormation].map((one) => one.stop()));
});

/** Runs a command as its npm script does, with every AWS service on this machine. */
const run = (command: string, args: readonly string[], changed: NodeJS.ProcessEnv = {}) =>
  typed([command, ...args], {
    POLAR_AUDIENCE_LOCAL: fileURLToPath(new URL('./no-local-stack', import.meta.url)),
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: cloudFormation.endpoint,
    AWS_ENDPOINT_URL_STS: tokens.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SESV2: ses.endpoint,
    ...changed,
  });

const staging = ['--stage', 'staging'];

describe('the commands, against a stage in AWS', () => {
  it('bring a marketing workflow from nothing to active', async () => {
    const first = await run('workflows', ['list', ...staging]);
    expect(first).toMatchObject({ code: 0, error: '' });
    expect(first.out).toContain('Stage staging: stack PolarAudience-staging in eu-west-1');

    const added = await run('workflows', ['add', 'welcome', ...staging]);
    expect(added.out).toMatch(/^Saved "Welcome" as a draft: welcome-[a-z2-9]{4}\./m);
    const refused = await run('workflows', ['activate', 'welcome', ...staging]);
    expect(refused.code).toBe(1);
    expect(refused.error).toMatch(/^welcome-.{4} cannot be activated\. .*postal address/);

    await run('settings', ['set', 'postalAddress', 'Example Shop, Street 1', ...staging]);
    expect(await run('workflows', ['activate', 'welcome', ...staging])).toMatchObject({ code: 0 });
    const test = ['test', 'welcome', '--to', 'you@example.com', ...staging];
    expect(await run('workflows', test)).toMatchObject({ code: 0 });
    expect(ses.sent).toMatchObject([{ to: 'you@example.com', subject: '[Test] Welcome, Ada!' }]);
    const listed = await run('workflows', ['list', ...staging]);
    expect(listed.out).toMatch(
      /^welcome-.{4} +active +customer\.created +marketing +once per contact +Welcome$/m,
    );
  });

  it('are in the operator log, with whom AWS takes the caller for and how they ended', async () => {
    const { out } = await run('acts', ['--what', 'workflow', '--json', ...staging]);
    const { acts, isWhole } = JSON.parse(out);
    expect(isWhole).toBe(true);
    const id = expect.stringMatching(/^welcome-.{4}$/);
    const noted = { by: caller, via: 'command', on: { workflowId: id } };
    expect(acts).toMatchObject([
      { ...noted, what: 'workflow.activate', outcome: 'done' },
      { ...noted, what: 'workflow.activate', outcome: 'refused' },
      { ...noted, what: 'workflow.add', outcome: 'done' },
    ]);
    const listed = await run('acts', ['--by', 'ada', '--since', '1h', '--limit', '2', ...staging]);
    expect(listed.out).toMatch(/ test\.sent +done +Send a test of a workflow\. \(workflowId wel/);
    expect(listed.out).toContain('These are the newest 2; --limit shows more.');
    expect(listed.out).not.toContain('you@example.com');
  });

  it('put an unknown email back into the mail queue', async () => {
    const email = {
      ledgerKey: `-${'k'.repeat(42)}`,
      workflowId: 'welcome',
      workflowVersion: 1,
      webhookId: 'evt-1',
      customerId: 'c1',
    };
    const ledger = dynamoEmails(documentClient(dynamo.client), emailsTable, () => new Date());
    const soon = new Date().toISOString();
    await ledger.reserve(email, { token: 't1', leaseUntil: soon, addressHash: '0a1b' });
    await ledger.loseSight(email.ledgerKey, 't1', 'The answer was lost.', soon);
    const listed = await run('emails', ['list', '--state', 'unknown', ...staging]);
    expect(listed.out).toMatch(new RegExp(`${email.ledgerKey} +The answer was lost\\.$`, 'm'));
    const again = await run('emails', ['send-again', email.ledgerKey, ...staging]);
    expect(again).toMatchObject({ code: 0, error: '' });
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await queue.send(receive);
    expect(Messages.map(({ Body = '' }) => readMailMessage(Body))).toEqual([email]);
  });

  it.each([
    [
      'a stack that there is not',
      ['list', '--stage', 'nowhere'],
      {},
      /^There's no stack PolarAudience-nowhere in eu-west-1, using the credentials in AWS_A/,
    ],
    [
      'an older stack',
      ['list', '--stage', 'old'],
      {},
      /^The stack PolarAudience-old has no output W/,
    ],
    [
      'a missing region',
      ['list'],
      { AWS_REGION: undefined },
      /^No AWS region is set\. .* Looked for stage prod in no region, with /,
    ],
    ['no local stack', ['list', '--local'], {}, /^The local stack isn't running\./],
    [
      'removing without a person',
      ['remove', 'welcome', ...staging],
      {},
      /There's no terminal to answer in/,
    ],
    [
      'a service that cannot be reached',
      ['list', ...staging],
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
      /^Connection failed \(.*ECONNREFUSED.* Looked for stage staging in eu-west-1, with the cred/,
    ],
    [
      'a region that there is not',
      ['list', '--stage', 'staging', '--region', 'nowhere-1'],
      { AWS_ENDPOINT_URL: 'http://cloudformation.nowhere-1.invalid', AWS_MAX_ATTEMPTS: '1' },
      /^Can't reach AWS \(.*(ENOTFOUND|EAI_AGAIN).*\)\. Check your network and the region\. Looked for stage staging in nowhere-1/,
    ],
    [
      'a profile that there is not',
      ['list', ...staging],
      {
        AWS_PROFILE: 'prodd',
        AWS_ACCESS_KEY_ID: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      },
      /^No usable AWS credentials .* for stage staging in eu-west-1, with the profile prodd\.$/m,
    ],
  ])('say in one sentence what is wrong with %s', async (_, args, changed, sentence) => {
    const { code, error } = await run('workflows', args, changed);
    expect(error).toMatch(sentence);
    expect(error.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});
