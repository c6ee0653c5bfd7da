import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { browserCommand } from '#infra/commands/console-door/console.ts';
import { freePort } from '#infra/local/http/loopback-server.ts';
import { announce } from '#infra/local/running-stack.ts';
import { startApiGateway } from '#test/fakes/api-gateway.ts';
import { startCloudFormation } from '#test/support/cloud/cloud-formation.ts';
import { environmentOfTests } from '#test/support/process/environment-of-tests.ts';
import { temporaryFolder } from '#test/support/process/function-in-a-folder.ts';
import { typed } from '#test/support/process/typed-command.ts';
import { startTokenService } from './token-service.ts';

const outputs = {
  WorkflowsTableName: 'Workflows',
  EmailsTableName: 'Emails',
  SettingsTableName: 'Settings',
  MailQueueUrl: 'http://127.0.0.1:9/0/mail',
  WebhookUrl: 'https://api.example.com/webhooks/polar',
  ConsolePolicyArn: 'arn:aws:iam::123456789012:policy/ConsolePolicy',
};
const ada = { accessKeyId: 'AKIAADA', secretAccessKey: 'secret-of-Ada' };
const region = 'eu-west-1';
const arn = 'arn:aws:sts::123456789012:assumed-role/Engineer/ada';

/** The command, with every AWS service on this machine. */
async function commandFor(consoleUrl: string | undefined) {
  const cloudFormation = await startCloudFormation({
    'PolarAudience-staging': { ...outputs, ...(consoleUrl && { ConsoleUrl: consoleUrl }) },
  });
  const tokenService = await startTokenService(arn);
  onTestFinished(() => Promise.all([cloudFormation.stop(), tokenService.stop()]).then(() => {}));
  const environment = {
    POLAR_AUDIENCE_LOCAL: fileURLToPath(new URL('./no-local-stack', import.meta.url)),
    AWS_ACCESS_KEY_ID: ada.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ada.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: cloudFormation.endpoint,
    AWS_ENDPOINT_URL_STS: tokenService.endpoint,
  };
  return {
    run: (args: readonly string[], changed: NodeJS.ProcessEnv = {}) =>
      typed(['console', ...args], { ...environment, ...changed }),
    /** In a process of its own, as its npm script runs it. */
    started(args: readonly string[]) {
      const child = spawn(process.execPath, ['infra/cli.ts', 'console', ...args], {
        cwd: fileURLToPath(new URL('../../../../..', import.meta.url)),
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...environmentOfTests, ...environment },
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    },
  };
}

test('npm run console serves the console of a stage in AWS until Ctrl-C', async () => {
  const gateway = await startApiGateway({
    region,
    people: [ada],
    answer: () => ({ status: 200, body: 'Hello' }),
  });
  onTestFinished(gateway.stop);
  const command = await commandFor(`${gateway.url}/console`);
  const port = await freePort();
  const child = command.started(['--stage', 'staging', '--no-open', '--port', String(port)]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await vi.waitFor(() => expect(output).toContain('Press Ctrl-C to stop.'), 200_000);
  expect(output).toContain('Stage staging: stack PolarAudience-staging in eu-west-1');
  expect(output).toContain(`You are ${arn}.`);
  const [url = ''] = /http:\/\/localhost:\d+\/start\?token=\S+/.exec(output) ?? [];
  const start = await fetch(url, { redirect: 'manual' });
  const [cookie = ''] = start.headers.getSetCookie().map((one) => one.split(';')[0]);
  const page = await fetch(`http://localhost:${port}/console`, { headers: { cookie } });
  expect(await page.text()).toBe('Hello');
  expect(gateway.invoked).toMatchObject([
    { method: 'GET', url: '/console', headers: { 'x-console-origin': `http://localhost:${port}` } },
  ]);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  await expect(fetch(`http://localhost:${port}/console`)).rejects.toThrow();
});

test('npm run console names the console of a local stack, which needs no signature', async () => {
  const command = await commandFor(undefined);
  const directory = await temporaryFolder();
  await announce(directory, {
    processId: process.pid,
    webhookUrl: 'http://127.0.0.1:5000/webhooks/polar',
    consoleUrl: 'http://localhost:5006/console',
    webhookSecret: 'whsec_',
    clockUrl: 'http://127.0.0.1:5999',
  });
  const { out, code } = await command.run(['--no-open', '--local'], {
    POLAR_AUDIENCE_LOCAL: directory,
  });
  expect(out).toContain('The console is at http://localhost:5006/console\n');
  expect(code).toBe(0);
});

test.each<[string, NodeJS.ProcessEnv, RegExp]>([
  ['an older stack', {}, /^This stack has no console: an older version is deployed\./],
  [
    'credentials that are none',
    {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    /^No usable AWS credentials/,
  ],
])('npm run console says in one sentence what is wrong with %s', async (_, changed, sentence) => {
  const { run } = await commandFor(undefined);
  const { error, code } = await run(['--stage', 'staging', '--no-open'], changed);
  expect(error).toMatch(sentence);
  expect(error.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});

test.each([
  ['linux', 'xdg-open'],
  ['darwin', 'open'],
  ['win32', 'rundll32'],
])('on %s the browser is opened with %s, and no shell reads the address', (platform, command) => {
  const url = 'http://localhost:4747/start?token=a&b=$(c)';
  const [program, ...args] = browserCommand(url, platform);
  expect(program).toBe(command);
  expect(args.at(-1)).toBe(url);
});
