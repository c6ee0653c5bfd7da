import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import {
  type Deployment,
  findDeployment,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { callerIdentity } from '#infra/commands/deployment/signed-fetch.ts';
import { Advice } from '#infra/terminal/advice.ts';
import { type Act, parsed, type StackCommand, wholeNumber } from '#infra/terminal/command-line.ts';
import { printLine } from '#infra/terminal/lines.ts';
import { startConsoleProxy } from './proxy.ts';

/** Shows a page in the person's browser, if this machine has one; otherwise does nothing. */
function openBrowser(url: string, platform: string = process.platform): void {
  const [command, ...args] = browserCommand(url, platform);
  const child = spawn(command, args, { stdio: 'ignore', detached: true, windowsHide: true });
  child.on('error', () => {});
  child.unref();
}

/** No shell reads the URL. */
export function browserCommand(url: string, platform: string): [string, ...string[]] {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return ['xdg-open', url];
}

const usualPort = 4747;

type ConsoleOptions = Readonly<{ target: Target; port: number; opens: boolean }>;

/** The words of `npm run console`. */
export function consoleCommand(
  command: StackCommand,
  act: Act<ConsoleOptions> = (options) => runConsole(options, printLine),
): void {
  const portOf = wholeNumber('--port', 1, 65_535);
  command
    .description('Open the console in your browser.')
    .addOption(parsed('--port <port>', 'serve it on this port', portOf).default(usualPort))
    .option(
      '--no-open',
      'only print its address. Use this on a shared machine: other users can see the address a browser is started with',
      true,
    )
    .addHelpText('after', afterHelp)
    .action((_, self) => {
      const { port, open, ...target } = self.optsWithGlobals();
      return act({ target, port, opens: open });
    });
}

const afterHelp = `
A stack in AWS only accepts requests signed with AWS credentials, and a browser can't sign. So this serves the console
on this machine, signs with your credentials (the default chain: AWS_PROFILE, "aws sso login", …) and forwards what you
do, until Ctrl-C. You need the policy in the stack's output ConsolePolicyArn. Signing in to Polar works with any port
if Polar knows the address http://localhost:<port>/console/polar/callback.`;

/** Ends at once where a local stack serves the console itself, else with Ctrl-C. */
async function runConsole(options: ConsoleOptions, print: (line: string) => void): Promise<void> {
  const deployment = await findDeployment(options.target, print);
  const { consoleUrl, clientConfigs } = deployment;
  if (consoleUrl === undefined) {
    throw new Advice(
      'This stack has no console: an older version is deployed. Run "npx cdk deploy" first.',
    );
  }
  if ('endpoint' in clientConfigs.dynamodb) {
    print(`The console is at ${consoleUrl}`);
    if (options.opens) openBrowser(consoleUrl);
    return;
  }
  await serve(options, { ...deployment, consoleUrl }, clientConfigs.dynamodb.region, print);
}

async function serve(
  { port, opens }: ConsoleOptions,
  { consoleUrl, consolePolicyArn }: Deployment & { consoleUrl: string },
  region: string,
  print: (line: string) => void,
): Promise<void> {
  const credentials = defaultProvider();
  // Before anything is opened, so that missing credentials are told here and not on a page.
  await credentials();
  const signing = { region, credentials };
  const whoAmI = () => callerIdentity(signing);
  const proxy = await startConsoleProxy({
    port,
    consoleUrl,
    signing,
    policyArn: consolePolicyArn,
    whoAmI,
  });
  const interrupted = Promise.race(
    ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)),
  );
  print(`You are ${(await whoAmI()) ?? 'somebody whom AWS does not name'}.`);
  print(`The console is at ${proxy.url}`);
  print('Anyone with this address can get in. Press Ctrl-C to stop.');
  if (opens) openBrowser(proxy.urlForOnce);
  await interrupted;
  await proxy.stop();
}
