import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { audienceSide, type PolarToken, polarSide } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand, text } from '#infra/terminal/command-line.ts';
import { addressShown } from '#infra/terminal/lines.ts';
import { type Output, outputWithProgress } from '#infra/terminal/output.ts';
import {
  confirmed,
  interruption,
  isSomebodyThere,
  person,
  tokenGiven,
} from '#infra/terminal/person.ts';
import type { FoundDrift } from '#shared/audience/backfill/page.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import { chooseDeletions } from './deletions.ts';
import { acceptDeletionsOption, mustBeThis, organizationOption, sinceOption } from './options.ts';
import { type RestoreParts, restoreDeleted, restoredLines } from './restore.ts';
import {
  type BackfillParts,
  type BackfillState,
  type BackfillStates,
  backfill,
  backfillStates,
  stateFolder,
} from './run.ts';
import {
  backfillLines,
  driftDocument,
  driftLine,
  driftLines,
  isLeft,
  refusalText,
} from './text.ts';

export type BackfillOptions = Readonly<{
  target: Target;
  /** As `instant` writes it. */
  since: string | undefined;
  isDryRun: boolean;
  restart: boolean;
  reveal: boolean;
  json: boolean;
  /** How many customers may be taken for deleted. */
  acceptDeletions: number | undefined;
  /** The organization to compare with although customers of others are here. */
  organization: string | undefined;
  /** Instead of comparing, brings back whom a backfill took for deleted. */
  restore: boolean;
  /** Absent: the access of the connection. */
  given: PolarToken | undefined;
}>;

/** The words of `npm run backfill`. */
export function backfillCommand(
  command: StackCommand,
  act: Act<BackfillOptions> = noting(commandActs.backfill, runBackfill),
  environment: NodeJS.ProcessEnv = process.env,
): void {
  command
    .description(
      "Compare Polar's customers with your audience, and repair what webhooks missed. Sends no mail. Existing contacts keep their consent. Also treats customers that Polar no longer has as deleted, after asking. After Ctrl-C, run it again to continue.",
    )
    .option('--dry-run', 'show what differs; changes nothing')
    .addOption(sinceOption('compare only what Polar created or changed since'))
    .option('--restart', 'start over')
    .option('--reveal', 'show whole addresses')
    .addOption(jsonOption())
    .addOption(acceptDeletionsOption())
    .addOption(organizationOption())
    .option(
      '--restore',
      'bring back customers that a backfill treated as deleted but Polar still has; compares nothing',
    )
    .addOption(
      text(
        '--token <token>',
        'an organization access token; - reads it from the terminal or a pipe; also POLAR_TOKEN (default: the access Polar was connected with). Needs the scopes organizations:read, customers:read, orders:read and subscriptions:read',
      ),
    )
    .option('--sandbox', "the token is from Polar's sandbox")
    .addHelpText('after', afterHelp)
    .action((_, self) => act(optionsOf(self.optsWithGlobals(), environment)));
}

const afterHelp = `
Uses today's settings. What's missing is applied as the event Polar would have sent, with an id that begins with
"backfill-"; no workflow sees it. Exit code 2: a dry run found something to repair; 1: some differences remain.`;

type Given = Target &
  Readonly<{
    dryRun?: true | undefined;
    since?: string | undefined;
    restart?: true | undefined;
    reveal?: true | undefined;
    json?: true | undefined;
    acceptDeletions?: number | undefined;
    organization?: string | undefined;
    restore?: true | undefined;
    token?: string | undefined;
    sandbox?: true | undefined;
  }>;

function optionsOf(given: Given, { POLAR_TOKEN }: NodeJS.ProcessEnv): BackfillOptions {
  const { since, token = POLAR_TOKEN, sandbox, dryRun, restart, reveal, json, ...others } = given;
  const { acceptDeletions, organization, restore, ...target } = others;
  if (sandbox && !token)
    throw new Advice('--sandbox only works with --token: the connection knows its server.');
  const compares = since !== undefined || restart || acceptDeletions !== undefined;
  if (restore && compares) {
    throw new Advice('--restore compares nothing: drop --since, --restart and --accept-deletions.');
  }
  if (restart && dryRun) throw new Advice('A dry run starts over anyway: drop --restart.');
  return {
    target,
    since,
    isDryRun: dryRun ?? false,
    restart: restart ?? false,
    reveal: reveal ?? false,
    json: json ?? false,
    acceptDeletions,
    organization,
    restore: restore ?? false,
    given: token ? { token, server: sandbox ? 'sandbox' : 'production' } : undefined,
  };
}

/** `npm run backfill`. Sets the exit code where something is left: 2 after a dry run, else 1. */
async function runBackfill(options: BackfillOptions): Promise<void> {
  const { progress, clear, ...output } = outputWithProgress(options.json);
  const { print } = output;
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
    mustBeThis(organizationId, options.organization);
    const all = { ...side, api: parts.api, organizationId };
    const shown = { ...output, progress, isStopped: stop.isStopped };
    if (options.restore) {
      return await restore({ ...all, by: person() }, options, shown, deployment.options);
    }
    await run(all, options, {
      states: backfillStates(stateFolder(), resources.physicalId('Customers'), side.now),
      ...shown,
      ask: isSomebodyThere() ? (question) => stop.isOff(() => confirmed(question)) : undefined,
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
  'What was repaired so far stays. Run the command again to continue where it stopped.';

type Shown = Output &
  Readonly<{
    progress: (text: string) => void;
    isStopped: () => boolean;
  }>;

async function restore(
  parts: Omit<RestoreParts, 'isDryRun'>,
  { isDryRun, reveal }: BackfillOptions,
  { print, document, progress, isStopped }: Shown,
  options: string,
): Promise<void> {
  const shown = addressShown(reveal);
  const customers: string[] = [];
  const found = (one: FoundDrift) => {
    if (document) customers.push(one.customerId);
    else print(driftLine(one, shown, isDryRun ? 'to restore' : 'restored'));
  };
  const restored = await restoreDeleted({ ...parts, isDryRun }, { found, progress, isStopped });
  if (document) document({ isDryRun, ...restored, customers });
  else restoredLines(restored, { isDryRun, options }).forEach(print);
  if (isDryRun && restored.restored > 0) process.exitCode = foundSomethingToDo;
}

type BackfillShown = Shown &
  Readonly<{
    states: BackfillStates;
    /** Absent: nobody is there to be asked. */
    ask: ((question: string) => Promise<boolean>) | undefined;
    sameDeployment: string;
  }>;

/** Runs a backfill from where an earlier one was broken off, and shows what it came to. */
async function run(
  parts: BackfillParts,
  { since, isDryRun, restart, reveal, acceptDeletions, organization }: BackfillOptions,
  { states, print, document, progress, isStopped, ask, sameDeployment }: BackfillShown,
): Promise<void> {
  const { organizationId } = parts;
  const shown = addressShown(reveal);
  const left = isDryRun || restart ? undefined : await earlier(states, { organizationId, since });
  const from = typeof left === 'string' ? undefined : left;
  if (typeof left === 'string') print(`${startsOver[left]}\n`);
  if (from) {
    print(`Continuing where the run of ${from.savedAt} stopped. To start over, pass --restart.\n`);
  }
  const differences: object[] = [];
  const printOnce = driftLines(shown, print);
  let isSaved = from !== undefined;
  const backfilled = await backfill(
    parts,
    { since, isDryRun, from, isMixed: organization !== undefined },
    {
      found: (drift) => {
        if (!isDryRun) return;
        if (document) differences.push(driftDocument(drift, shown));
        else printOnce(drift);
      },
      progress,
      isStopped,
      deletions: (deletions) =>
        chooseDeletions(deletions, { accepted: acceptDeletions, ask }, { print, shown }),
      async save(place) {
        if (isDryRun) return;
        const savedAt = parts.now().toISOString();
        await states.save({ ...place, organizationId, since: since ?? null, savedAt });
        isSaved = true;
      },
    },
  );
  if (backfilled.kind === 'refused') {
    throw new Advice(refusalText(backfilled, 'backfill', sameDeployment));
  }
  const { kind, counts, tooMany } = backfilled;
  const isWhole = kind === 'done';
  if (document) document({ since: since ?? null, isDryRun, isWhole, counts, differences });
  else {
    const told = { command: 'backfill', isDryRun, tooMany, options: sameDeployment } as const;
    const brokenOff = isSaved ? 'goes-on' : 'starts-over';
    backfillLines(counts, { ...told, ...(!isWhole && { brokenOff }) }).forEach(print);
  }
  if (!isWhole) return;
  if (!isDryRun) await states.forget();
  if (isLeft(counts, isDryRun)) process.exitCode = isDryRun ? foundSomethingToDo : 1;
}

const startsOver = {
  older:
    "An earlier run, of version 0.1.0, didn't finish. It used a different order, so this one starts over.",
  stale: 'An earlier run stopped more than a day ago, so this one starts over.',
} as const;

async function earlier(
  states: BackfillStates,
  { organizationId, since }: Readonly<{ organizationId: string; since: string | undefined }>,
): Promise<BackfillState | keyof typeof startsOver | undefined> {
  const state = await states.read();
  if (typeof state === 'string') return state;
  const isSame = state?.organizationId === organizationId && state.since === (since ?? null);
  return isSame ? state : undefined;
}
