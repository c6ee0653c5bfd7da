import { describe, expect, inject, it } from 'vitest';
import {
  credentialsUsed,
  findDeployment,
  localDeployment,
  unsubscribeUrlOf,
} from '#infra/commands/deployment/deployment.ts';
import { polarInEnvironment } from '#infra/commands/deployment/parts.ts';
import { localIdentities, templateOf } from '#infra/local/assembly/template.ts';
import { Advice } from '#infra/terminal/advice.ts';

const running = {
  processId: 1,
  webhookUrl: 'http://127.0.0.1:5000/webhooks/polar',
  consoleUrl: 'http://localhost:5006/console',
  webhookSecret: 'whsec_',
  clockUrl: 'http://127.0.0.1:4799',
  aheadMs: 0,
};

it('the local stack is found where npm start runs it', () => {
  const template = templateOf('PolarAudience-local', inject('stackTemplate'));
  const sqs = 'http://127.0.0.1:5002';
  const stack = localIdentities(template, { sqs, http: 'http://127.0.0.1:5000' });
  expect(localDeployment(running)).toMatchObject({
    workflowsTable: stack.nameOf('Workflows'),
    emailsTable: stack.nameOf('Emails'),
    settingsTable: stack.nameOf('Settings'),
    mailQueueUrl: stack.resolve({ Ref: 'MailQueue' }),
    webhookUrl: running.webhookUrl,
    unsubscribeUrl: 'http://127.0.0.1:5000/unsubscribe',
    consoleUrl: running.consoleUrl,
    clientConfigs: {
      dynamodb: { endpoint: 'http://127.0.0.1:5001' },
      sqs: { endpoint: sqs },
      sesv2: { endpoint: 'http://127.0.0.1:5004' },
    },
  });
});

it.each([
  ['the domain of its own', 'https://unsubscribe.shop.example/unsubscribe'],
  ['its API, where the stack does not say it yet', undefined],
])('links to unsubscribe in tests of a stage lead to %s', (_, UnsubscribeUrl) => {
  const WebhookUrl = 'https://api.example.com/webhooks/secret-path';
  const expected = UnsubscribeUrl ?? 'https://api.example.com/unsubscribe';
  expect(unsubscribeUrlOf({ WebhookUrl, UnsubscribeUrl })).toBe(expected);
});

it('commands speak with the Polar that runs beside the local stack, and with no other', () => {
  const polarUrl = 'http://127.0.0.1:5005';
  expect(localDeployment(running).polar).toBeUndefined();
  expect(localDeployment({ ...running, polarUrl }).polar).toEqual({
    POLAR_API_URL: polarUrl,
    POLAR_AUTHORIZE_URL: `${polarUrl}/oauth2/authorize`,
  });
});

describe('a Polar that the shell names', () => {
  const url = 'http://127.0.0.1:4705';
  const POLAR = { POLAR_API_URL: url, POLAR_AUTHORIZE_URL: `${url}/oauth2/authorize` };

  it('counts for the local stack, and where AWS itself is on this machine', () => {
    expect(polarInEnvironment({ ...POLAR, PATH: '/bin' }, true)).toEqual(POLAR);
    const emulated = { POLAR_API_URL: url, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect(polarInEnvironment(emulated, false)).toEqual({ POLAR_API_URL: url });
    expect(polarInEnvironment({ POLAR_API_URL: '' }, false)).toEqual({});
  });

  it.each([
    [{ POLAR_API_URL: 'https://polar.example.com' }, 'POLAR_API_URL'],
    [{ POLAR_AUTHORIZE_URL: url }, 'POLAR_AUTHORIZE_URL'],
    [{ POLAR_API_URL: url, AWS_ENDPOINT_URL: 'https://aws.example.com' }, 'POLAR_API_URL'],
  ])('%j keeps a command from a stage in AWS', (environment, name) => {
    const refused = () => polarInEnvironment(environment, false);
    expect(refused).toThrow(Advice);
    expect(refused).toThrow(`Run "unset ${name}", then try again.`);
  });
});

it('a running local stack is meant unless a stage is named, and is named first', async () => {
  const printed: string[] = [];
  const find = (target: Parameters<typeof findDeployment>[0]) =>
    findDeployment(
      target,
      (line) => printed.push(line),
      async () => running,
    );
  expect(await find({})).toMatchObject({ options: '' });
  expect(await find({ local: true })).toMatchObject({ options: ' --local' });
  expect(printed).toEqual([
    'The local stack at http://127.0.0.1:5000 (in AWS: --stage prod)\n',
    'The local stack at http://127.0.0.1:5000\n',
  ]);
});

it.each([
  [{ local: true }, /^The local stack isn't running\./],
  [{ local: true, stage: 'prod' }, /^--local means this machine/],
  [{ local: true, region: 'eu-west-1' }, /^--local means this machine/],
])('%j without a local stack gets a sentence', async (target, sentence) => {
  const find = findDeployment(
    target,
    () => {},
    async () => undefined,
  );
  await expect(find).rejects.toThrow(sentence);
});

it.each([
  [{}, 'the default profile'],
  [{ AWS_ACCESS_KEY_ID: 'AKIA' }, 'the credentials in AWS_ACCESS_KEY_ID'],
  [{ AWS_ACCESS_KEY_ID: 'AKIA', AWS_PROFILE: 'prodd' }, 'the profile prodd'],
])('with %j AWS is asked with %s', (environment, used) => {
  expect(credentialsUsed(environment)).toBe(used);
});
