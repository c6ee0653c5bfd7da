import { parseArgs } from 'node:util';
import { Advice } from '#infra/local/advice.ts';
import { instant } from '#shared/polar/instant.ts';
import type { PolarServer } from '#shared/polar/polar-server.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import type { Target } from './deployment.ts';

const accessHelp = `  --token -           asks for an organisation access token, or takes it from a pipe; also POLAR_TOKEN. Without it the
                      access that Polar was connected with is used. It needs the scopes organizations:read,
                      customers:read, orders:read and subscriptions:read
  --sandbox           that token is one of Polar's sandbox`;

export const backfillHelp = `Compares what Polar lists with the audience here, and repairs what webhooks failed to bring. Sends no mail, and
touches nobody's consent.

  npm run backfill -- --dry-run     shows what differs, and changes nothing
  npm run backfill                  repairs it; after Ctrl-C it goes on where it was

  --since <day>       compares only what Polar changed or made since: 2026-11-01, or a time such as 2026-11-01T08:30Z
  --restart           begins anew
  --reveal            shows addresses whole
${accessHelp}

${commonHelp}

Customers, subscriptions and paid orders are compared by the settings of now. What is missing is applied as the event
that Polar would have sent, with an id that begins with "backfill-"; no workflow sees it. Exit code 1: something is left.`;

export type PolarToken = Readonly<{ token: string; server: PolarServer }>;

export type BackfillOptions = Readonly<{
  target: Target;
  /** As `instant` writes it. */
  since: string | undefined;
  isDryRun: boolean;
  restart: boolean;
  reveal: boolean;
  /** Absent: the access of the connection. */
  given: PolarToken | undefined;
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function backfillOptions(
  args: readonly string[],
  tokenInEnvironment: string | undefined,
): BackfillOptions | undefined {
  const flag = { type: 'boolean' } as const;
  const word = { type: 'string' } as const;
  const own = { since: word, token: word, sandbox: flag, restart: flag, reveal: flag };
  const { values } = readArguments('backfill', () =>
    parseArgs({ args: [...args], options: { ...commonOptions, ...own, 'dry-run': flag } }),
  );
  if (values.help) return undefined;
  const { since, token = tokenInEnvironment, sandbox, restart = false, reveal = false } = values;
  if (sandbox && !token)
    throw new Advice('--sandbox goes with --token: the connection knows its server.');
  const isDryRun = values['dry-run'] ?? false;
  if (restart && isDryRun) throw new Advice('A dry run begins anew anyway: leave --restart.');
  return {
    target: values,
    since: since === undefined ? undefined : sinceTime(since),
    isDryRun,
    restart,
    reveal,
    given: token ? { token, server: sandbox ? 'sandbox' : 'production' } : undefined,
  };
}

/** A day or a time in UTC, as `instant` writes it. */
export function sinceTime(text: string): string {
  const whole = text
    .replace(/^\d{4}-\d\d-\d\d$/, '$&T00:00:00Z')
    .replace(/T(\d\d:\d\d)(?=Z|$|[+-])/, 'T$1:00');
  const time = instant(whole);
  if (time !== undefined) return time;
  throw new Advice(
    `--since is a day such as 2026-11-01, or a time such as 2026-11-01T08:30Z, not "${text}".`,
  );
}
