import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Advice } from '#infra/local/advice.ts';
import type { PolarServer } from '#shared/polar/polar-server.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import type { Target } from './deployment.ts';

export const connectHelp = `Connects this deployment with an organisation of Polar: makes the webhook endpoint there and takes over its secret.

  npm run connect -- --token -            asks for the organisation access token, or takes it from a pipe
  POLAR_TOKEN=polar_oat_… npm run connect
  npm run connect -- --token polar_oat_…  beware: other users of this machine can see arguments, and shells keep them
  npm run connect -- --status             how the connection is, seen from Polar's side
  npm run connect -- --repair             sets right what --status finds wrong with the endpoint
  npm run connect -- --disconnect         removes the endpoint in Polar; asks first, unless --yes

  --sandbox              the token is one of Polar's sandbox
  --organization <slug>  refuses to connect with another one

The token is made in Polar in the settings of your organisation, with the scopes organizations:read, webhooks:read and
webhooks:write; for npm run backfill also customers:read, orders:read and subscriptions:read. Safe to run twice.

${commonHelp}`;

export type ConnectOptions = Readonly<{ target: Target }> &
  (
    | { verb: 'connect'; token: string; server: PolarServer; organization: string | undefined }
    | { verb: 'status' | 'repair' }
    | { verb: 'disconnect'; yes: boolean }
  );

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function connectOptions(
  args: readonly string[],
  tokenInEnvironment: string | undefined,
): ConnectOptions | undefined {
  const flag = { type: 'boolean' } as const;
  const word = { type: 'string' } as const;
  const own = { token: word, organization: word, sandbox: flag, yes: flag };
  const verbs = { status: flag, repair: flag, disconnect: flag };
  const { values } = readArguments('connect', () =>
    parseArgs({ args: [...args], options: { ...commonOptions, ...own, ...verbs } }),
  );
  if (values.help || (args.length === 0 && !tokenInEnvironment)) return undefined;
  const { organization, sandbox, yes = false, token, ...target } = values;
  const [verb, another] = (['status', 'repair', 'disconnect'] as const).filter(
    (name) => values[name],
  );
  if (another || (verb && (token ?? organization ?? sandbox) !== undefined)) {
    throw new Advice(
      'Say one of --token, --status, --repair and --disconnect, and no more of them.',
    );
  }
  if (verb === 'disconnect') return { target, verb, yes };
  if (verb) return { target, verb };
  const given = token ?? tokenInEnvironment;
  if (!given) {
    throw new Advice(
      'Say the organisation access token of Polar: --token - asks for it. "npm run connect -- --help" shows more.',
    );
  }
  const server = sandbox ? 'sandbox' : 'production';
  return { target, verb: 'connect', token: given, server, organization };
}

/** The token itself; `-` stands for what comes on standard input. Throws Advice about what is none. */
export async function tokenGiven(given: string, input: NodeJS.ReadableStream): Promise<string> {
  const token = (given === '-' ? await text(input) : given).trim();
  if (/^polar_oat_[\w-]+$/.test(token)) return token;
  throw new Advice(
    'That is no organisation access token of Polar: those begin with polar_oat_. Make one in Polar, in the settings of your organisation.',
  );
}
