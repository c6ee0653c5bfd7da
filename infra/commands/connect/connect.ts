import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { type PartsFor, partsOf } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  type StackCommand,
  saysNothing,
  text,
} from '#infra/terminal/command-line.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { confirmed, person, tokenGiven } from '#infra/terminal/person.ts';
import { type PolarServer, problemOfWebhookUrl } from '#shared/polar/access.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import { connectPolar } from '#shared/polar/connection/connect.ts';
import type { Connection, ConnectionParts, Tended } from '#shared/polar/connection/connection.ts';
import { missingScopesText } from '#shared/polar/connection/scopes.ts';
import {
  acceptEmails,
  switchEmailsOff,
  switchEmailsOn,
} from '#shared/polar/connection/switch-emails.ts';
import {
  disconnectPolar,
  dropPreviousSecret,
  forgetLeftAccess,
  repairConnection,
} from '#shared/polar/connection/tend-connection.ts';
import { secretAlone } from '#shared/polar/webhook-secret.ts';
import { type Stack, tellOfSecrets, tellStatus } from './connection-status.ts';

export type ConnectOptions = Readonly<{ target: Target }> &
  (
    | { verb: 'connect'; token: string; server: PolarServer; organization: string | undefined }
    | { verb: 'status'; json: boolean }
    | { verb: 'repair' | 'drop-previous' | 'accept-emails' }
    | { verb: 'emails-off' | 'emails-on'; keys: readonly string[] }
    | { verb: 'disconnect'; yes: boolean }
  );

/** The words of `npm run connect`. */
export function connectCommand(
  command: StackCommand,
  act: Act<ConnectOptions> = noting(commandActs.connect, runConnect),
  environment: NodeJS.ProcessEnv = process.env,
): void {
  command
    .description(
      'Connect this deployment to a Polar organization: create its webhook endpoint and copy the secret. Safe to run twice.',
    )
    .addOption(
      text(
        '--token <token>',
        "the organization access token; - reads it from the terminal or a pipe; also POLAR_TOKEN. Don't pass the token itself: other users of this machine can see arguments, and shells keep them",
      ),
    )
    .option('--sandbox', "the token is from Polar's sandbox")
    .addOption(text('--organization <slug>', 'refuse to connect to any other'))
    .option('--status', 'show how Polar sees the connection')
    .addOption(jsonOption())
    .option('--repair', 'fix what --status finds wrong with the endpoint')
    .option('--drop-previous', 'end the previous webhook secret now, for example after a leak')
    .addOption(
      text(
        '--emails-off <keys>',
        "switch off Polar's own emails, by their names in --status, comma-separated; needs the scope organizations:write",
      ),
    )
    .addOption(text('--emails-on <keys>', 'switch them on again; --disconnect does this too'))
    .option('--accept-emails', "accept Polar's own mails as they are now, after they changed")
    .option('--disconnect', 'remove the endpoint in Polar; asks first')
    .option('--yes', "don't ask")
    .addHelpText('after', afterHelp)
    .action((_, self) => {
      if (saysNothing(self) && !environment['POLAR_TOKEN']) return self.help();
      return act(optionsOf(self.optsWithGlobals(), environment));
    });
}

const afterHelp = `
  npm run connect -- --token -
  POLAR_TOKEN=polar_oat_… npm run connect

Create the token in Polar, in your organization's settings, with the scopes organizations:read, webhooks:read and
webhooks:write; for npm run backfill also customers:read, orders:read and subscriptions:read.`;

type Given = Target &
  Readonly<{
    token?: string | undefined;
    organization?: string | undefined;
    sandbox?: true | undefined;
    status?: true | undefined;
    json?: true | undefined;
    repair?: true | undefined;
    dropPrevious?: true | undefined;
    acceptEmails?: true | undefined;
    emailsOff?: string | undefined;
    emailsOn?: string | undefined;
    disconnect?: true | undefined;
    yes?: true | undefined;
  }>;

function optionsOf(given: Given, { POLAR_TOKEN }: NodeJS.ProcessEnv): ConnectOptions {
  const { token, organization, sandbox, yes = false, ...rest } = given;
  const { status, json = false, repair, dropPrevious, acceptEmails, ...others } = rest;
  const { emailsOff, emailsOn, disconnect, ...target } = others;
  const [verb, another] = [
    status && ('status' as const),
    repair && ('repair' as const),
    dropPrevious && ('drop-previous' as const),
    acceptEmails && ('accept-emails' as const),
    emailsOff !== undefined && ('emails-off' as const),
    emailsOn !== undefined && ('emails-on' as const),
    disconnect && ('disconnect' as const),
  ].filter((one) => one !== undefined && one !== false);
  if (another || (verb && (token ?? organization ?? sandbox) !== undefined)) {
    throw new Advice(
      'Pass only one of --token, --status, --repair, --drop-previous, --emails-off, --emails-on, --accept-emails and --disconnect.',
    );
  }
  if (json && verb !== 'status') throw new Advice('--json only works with --status.');
  if (verb === 'disconnect') return { target, verb, yes };
  if (verb === 'status') return { target, verb, json };
  if (verb === 'emails-off' || verb === 'emails-on') {
    const keys = (emailsOff ?? emailsOn ?? '').split(',').map((key) => key.trim());
    return { target, verb, keys: keys.filter((key) => key !== '') };
  }
  if (verb) return { target, verb };
  const used = token ?? POLAR_TOKEN;
  if (!used) {
    throw new Advice(
      'Pass a Polar organization access token: --token - reads it from the terminal. Run "npm run connect -- --help" for more.',
    );
  }
  const server = sandbox ? 'sandbox' : 'production';
  return { target, verb: 'connect', token: used, server, organization };
}

type Print = Output['print'];

async function runConnect(options: ConnectOptions): Promise<void> {
  const output = outputFor(options.verb === 'status' && options.json);
  const deployment = await findDeployment(options.target, output.print);
  const resources = await stackResources(options.target, deployment);
  try {
    await act(options, partsOf(deployment, resources), { deployment, resources }, output);
  } catch (error) {
    throw isPolarApiError(error) ? new Advice(error.message, { cause: error }) : error;
  }
}

async function act(
  options: ConnectOptions,
  partsFor: PartsFor,
  stack: Stack,
  output: Output,
): Promise<void> {
  const { print } = output;
  const { options: sameDeployment } = stack.deployment;
  if (options.verb === 'connect') return connect(options, partsFor, print);
  if (options.verb === 'drop-previous') {
    return say(await dropPreviousSecret(partsFor('production')), print);
  }
  if (options.verb === 'status' && !output.document) {
    await tellOfSecrets(partsFor('production'), sameDeployment, print);
  }
  const connection = await partsFor('production').connections.read();
  if (!connection) return notConnected(options, partsFor('production'), print);
  const parts = partsFor(connection.server);
  if (options.verb === 'disconnect') return disconnect(parts, connection, options.yes, print);
  if (options.verb === 'repair') return say(await repairConnection(parts, connection), print);
  if (options.verb === 'accept-emails') return say(await acceptEmails(parts, connection), print);
  if (options.verb === 'emails-off') {
    return say(await switchEmailsOff(parts, connection, options.keys), print);
  }
  if (options.verb === 'emails-on') {
    return say(await switchEmailsOn(parts, connection, options.keys), print);
  }
  await tellStatus(parts, connection, stack, output);
}

async function notConnected(
  { verb }: ConnectOptions,
  parts: ConnectionParts,
  print: Print,
): Promise<void> {
  if (!(await parts.access.isKept())) {
    const { current } = await parts.webhookSecrets.read();
    const how = problemOfWebhookUrl(parts.webhookUrl, parts.apiUrl)
      ? 'To connect a local Polar, end this stack, then run npm start -- --polar.'
      : 'Connect it: npm run connect -- --token -';
    throw new Advice(
      `Polar is not connected; the webhook secret is ${secretAlone(current !== '')}. ${how}`,
    );
  }
  if (verb === 'disconnect') return say(await forgetLeftAccess(parts), print);
  throw new Advice(
    "Polar isn't connected, but access from an unfinished attempt is still stored. Connect again (nothing is created twice), or delete that access: npm run connect -- --disconnect",
  );
}

async function connect(
  options: Extract<ConnectOptions, { verb: 'connect' }>,
  partsFor: PartsFor,
  print: Print,
): Promise<void> {
  const { server, organization } = options;
  const token = await tokenGiven(options.token, process.stdin);
  const access = { kind: 'token', server, token } as const;
  const wish = { access, organization, by: person() };
  const parts = partsFor(server, { given: access });
  const connected = await connectPolar(parts, wish);
  switch (connected.kind) {
    case 'connected': {
      for (const line of connected.done) print(line);
      const missing = await missingScopesText(parts.api);
      if (missing !== undefined) print(missing);
      return;
    }
    case 'choose': {
      const slugs = connected.organizations.map(({ slug }) => slug).join(', ');
      throw new Advice(`The token covers ${slugs}. Choose one with --organization <slug>.`);
    }
    case 'refused':
      throw new Advice(connected.reason);
  }
}

async function disconnect(
  parts: ConnectionParts,
  connection: Connection,
  yes: boolean,
  print: Print,
): Promise<void> {
  const question = `Disconnect from ${connection.organizationName}? Polar will stop sending webhooks.`;
  if (!yes && !(await confirmed(question))) return print('Nothing was changed.');
  say(await disconnectPolar(parts, connection), print);
}

function say(tended: Tended, print: Print): void {
  if (tended.kind === 'unfinished') throw new Advice(tended.reason, { cause: tended.error });
  for (const line of [...tended.done].concat(tended.next ?? [])) print(line);
}
