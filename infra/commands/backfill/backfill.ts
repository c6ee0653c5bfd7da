import {
  findDeployment,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { audienceSide, type PolarToken, polarSide } from '#infra/commands/deployment/parts.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import {
  type Act,
  jsonOption,
  parsed,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { addressShown, progressLine } from '#infra/terminal/lines.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { interruption, tokenGiven } from '#infra/terminal/person.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import { instant } from '#shared/polar/instant.ts';
import {
  type BackfillParts,
  type BackfillState,
  type BackfillStates,
  backfill,
  backfillStates,
  stateFolder,
} from './run.ts';
import { backfillLines, driftDocument, driftLine, isLeft } from './text.ts';

export type BackfillOptions = Readonly<{
  target: Target;
  /** As `instant` writes it. */
  since: string | undefined;
  isDryRun: boolean;
  restart: boolean;
  reveal: boolean;
  json: boolean;
  /** Absent: the access of the connection. */
  given: PolarToken | undefined;
}>;

/** The words of `npm run backfill`. */
export function backfillCommand(
  command: StackCommand,
  act: Act<BackfillOptions> = (options) => runBackfill(options),
  environment: NodeJS.ProcessEnv = process.env,
): void {
  command
    .description(
      "Compares what Polar lists with the audience here, and repairs what webhooks failed to bring. Sends no mail, and touches nobody's consent. After Ctrl-C, the same command goes on where it was.",
    )
    .option('--dry-run', 'shows what differs, and changes nothing')
    .addOption(sinceOption('compares only what Polar changed or made since'))
    .option('--restart', 'starts over')
    .option('--reveal', 'shows addresses whole')
    .addOption(jsonOption())
    .addOption(
      text(
        '--token <token>',
        'an organisation access token; - asks for it, or takes it from a pipe; also POLAR_TOKEN. Without it the access that Polar was connected with is used. It needs the scopes organizations:read, customers:read, orders:read and subscriptions:read',
      ),
    )
    .option('--sandbox', "that token is one of Polar's sandbox")
    .addHelpText('after', afterHelp)
    .action((_, self) => act(optionsOf(self.optsWithGlobals(), environment)));
}

const afterHelp = `
Customers, subscriptions and paid orders are compared by the settings of now. What is missing is applied as the event
that Polar would have sent, with an id that begins with "backfill-"; no workflow sees it. Exit code 2: a dry run found
something to repair; 1: something is left.`;

type Given = Target &
  Readonly<{
    dryRun?: true | undefined;
    since?: string | undefined;
    restart?: true | undefined;
    reveal?: true | undefined;
    json?: true | undefined;
    token?: string | undefined;
    sandbox?: true | undefined;
  }>;

function optionsOf(given: Given, { POLAR_TOKEN }: NodeJS.ProcessEnv): BackfillOptions {
  const { since, token = POLAR_TOKEN, sandbox, dryRun, restart, reveal, json, ...target } = given;
  if (sandbox && !token)
    throw new Advice('--sandbox goes with --token: the connection knows its server.');
  if (restart && dryRun) throw new Advice('A dry run starts over anyway: leave --restart.');
  return {
    target,
    since,
    isDryRun: dryRun ?? false,
    restart: restart ?? false,
    reveal: reveal ?? false,
    json: json ?? false,
    given: token ? { token, server: sandbox ? 'sandbox' : 'production' } : undefined,
  };
}

/** The option `--since` of a comparison with Polar. */
export function sinceOption(does: string) {
  return parsed(
    '--since <day>',
    `${does}: 2026-11-01, or a time such as 2026-11-01T08:30Z`,
    sinceTime,
  );
}

/** A day or a time in UTC, as `instant` writes it. */
function sinceTime(text: string): string {
  const whole = text
    .replace(/^\d{4}-\d\d-\d\d$/, '$&T00:00:00Z')
    .replace(/T(\d\d:\d\d)(?=Z|$|[+-])/, 'T$1:00');
  const time = instant(whole);
  if (time !== undefined) return time;
  throw new Advice(
    `--since is a day such as 2026-11-01, or a time such as 2026-11-01T08:30Z, not "${text}".`,
  );
}

/** `npm run backfill`. Sets the exit code where something is left: 2 after a dry run, else 1. */
async function runBackfill(options: BackfillOptions): Promise<void> {
  const output = outputFor(options.json);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    output.print(line);
  };
  const deployment = await findDeployment(options.target, print);
  const resources = await stackResources(options.target, deployment);
  const given = options.given && {
    ...options.given,
    token: await tokenGiven(options.given.token, process.stdin),
  };
  const stop = interruption(print);
  try {
    const { parts, organizationId } = await polarSide(deployment, resources, given);
    const side = await audienceSide(deployment, resources);
    await run({ ...side, api: parts.api, organizationId }, options, {
      states: backfillStates(stateFolder, resources.physicalId('Customers')),
      ...{ ...output, print },
      progress,
      isStopped: stop.isStopped,
      sameDeployment: deployment.options,
    });
  } catch (error) {
    throw isPolarApiError(error)
      ? new Advice(`${error.message} ${goesOn}`, { cause: error })
      : error;
  } finally {
    clear();
    stop.forget();
  }
}

const goesOn =
  'What was repaired so far stays; run the command again, and it goes on where it was.';

export type BackfillShown = Readonly<{
  states: BackfillStates;
  progress: (text: string) => void;
  isStopped: () => boolean;
  sameDeployment: string;
}> &
  Output;

/** Runs a backfill from where an earlier one was broken off, and shows what it came to. */
async function run(
  parts: BackfillParts,
  { since, isDryRun, restart, reveal }: BackfillOptions,
  { states, print, document, progress, isStopped, sameDeployment }: BackfillShown,
): Promise<void> {
  const { organizationId } = parts;
  const shown = addressShown(reveal);
  const from = isDryRun || restart ? undefined : await earlier(states, { organizationId, since });
  if (from) {
    print(`Goes on where the run of ${from.savedAt} was broken off. --restart starts over.\n`);
  }
  const differences: object[] = [];
  const { kind, counts } = await backfill(
    parts,
    { since, isDryRun, from },
    {
      found: (drift) => {
        if (!isDryRun) return;
        if (document) differences.push(driftDocument(drift, shown));
        else print(driftLine(drift, shown));
      },
      progress,
      isStopped,
      async save(place) {
        if (isDryRun) return;
        const savedAt = parts.now().toISOString();
        await states.save({ ...place, organizationId, since: since ?? null, savedAt });
      },
    },
  );
  const isWhole = kind === 'done';
  if (document) document({ since: since ?? null, isDryRun, isWhole, counts, differences });
  else backfillLines(counts, { isDryRun, options: sameDeployment }).forEach(print);
  if (!isWhole) {
    const rest = isDryRun ? '' : ' The same command goes on where it was.';
    return print(`\nIt was broken off, so this is not all.${rest}`);
  }
  if (!isDryRun) await states.forget();
  if (isLeft(counts, isDryRun)) process.exitCode = isDryRun ? foundSomethingToDo : 1;
}

async function earlier(
  states: BackfillStates,
  { organizationId, since }: Readonly<{ organizationId: string; since: string | undefined }>,
): Promise<BackfillState | undefined> {
  const state = await states.read();
  const isSame = state?.organizationId === organizationId && state.since === (since ?? null);
  return isSame ? state : undefined;
}
