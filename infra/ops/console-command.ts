import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Advice } from '#infra/local/advice.ts';
import { callerIdentity } from './caller-identity.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import { startConsoleProxy } from './console-proxy.ts';
import { type Deployment, findDeployment, type Target } from './deployment.ts';
import { openBrowser } from './open-browser.ts';

const usualPort = 4747;

export const consoleHelp = `Opens the console in your browser.

  npm run console
      --port <port>     serve it on another port than ${usualPort}
      --no-open         print its address only. On a machine with other users, use this: they can
                        see with which address a browser is started

A stack in AWS lets in requests that are signed with AWS credentials, and a browser cannot sign. So
this serves the console on this machine, signs with your credentials (the default chain: AWS_PROFILE,
"aws sso login", …) and passes on what you do, until Ctrl-C. You need the policy that the stack has
in its output ConsolePolicyArn. Signing in to Polar works with any port, too, if Polar knows the
address http://localhost:<port>/console/polar/callback.

${commonHelp}`;

type ConsoleOptions = Readonly<{ target: Target; port: number; opens: boolean }>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function consoleOptions(args: readonly string[]): ConsoleOptions | undefined {
  const options = {
    ...commonOptions,
    port: { type: 'string', default: String(usualPort) },
    'no-open': { type: 'boolean', default: false },
  } as const;
  const {
    help,
    port,
    'no-open': isClosed,
    ...target
  } = readArguments('console', () => parseArgs({ args: [...args], options })).values;
  return help ? undefined : { target, port: portFrom(port), opens: !isClosed };
}

function portFrom(given: string): number {
  const port = Number(given);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Advice(`--port must be a whole number from 1 to 65535, not "${given}".`);
}

/** `npm run console`: ends at once where a local stack serves the console itself, else with Ctrl-C. */
export async function consoleCommand(
  args: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const options = consoleOptions(args);
  if (!options) return print(consoleHelp);
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
  print('The address lets in whoever knows it. Ctrl-C ends it.');
  if (opens) openBrowser(proxy.urlForOnce);
  await interrupted;
  await proxy.stop();
}
