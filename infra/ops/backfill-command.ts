import { Advice } from '#infra/local/advice.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import { type BackfillOptions, backfillHelp, backfillOptions } from './backfill-options.ts';
import { audienceSide, polarSide } from './backfill-parts.ts';
import { type BackfillParts, backfill } from './backfill-run.ts';
import {
  type BackfillState,
  type BackfillStates,
  backfillStates,
  stateFolder,
} from './backfill-state.ts';
import { backfillLines, driftLine, isLeft } from './backfill-text.ts';
import { tokenGiven } from './connect-options.ts';
import { findDeployment } from './deployment.ts';
import { interruption } from './interruption.ts';
import { addressShown } from './masked-address.ts';
import { progressLine } from './progress-line.ts';
import { stackResources } from './stack-resources.ts';

/** `npm run backfill`. Sets the exit code to 1 where something is left. */
export async function backfillCommand(
  args: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const options = backfillOptions(args, process.env['POLAR_TOKEN']);
  if (!options) return write(backfillHelp);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    write(line);
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
      print,
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
  print: (line: string) => void;
  progress: (text: string) => void;
  isStopped: () => boolean;
  sameDeployment: string;
}>;

/** Runs a backfill from where an earlier one was broken off, and shows what it came to. */
async function run(
  parts: BackfillParts,
  { since, isDryRun, restart, reveal }: BackfillOptions,
  { states, print, progress, isStopped, sameDeployment }: BackfillShown,
): Promise<void> {
  const { organizationId } = parts;
  const shown = addressShown(reveal);
  const from = isDryRun || restart ? undefined : await earlier(states, { organizationId, since });
  if (from) {
    print(`Goes on where the run of ${from.savedAt} was broken off. --restart begins anew.\n`);
  }
  const { kind, counts } = await backfill(
    parts,
    { since, isDryRun, from },
    {
      found: (drift) => {
        if (isDryRun) print(driftLine(drift, shown));
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
  for (const line of backfillLines(counts, { isDryRun, options: sameDeployment })) print(line);
  if (kind === 'stopped') {
    const rest = isDryRun ? '' : ' The same command goes on where it was.';
    return print(`\nIt was broken off, so this is not all.${rest}`);
  }
  if (!isDryRun) await states.forget();
  if (isLeft(counts, isDryRun)) process.exitCode = 1;
}

async function earlier(
  states: BackfillStates,
  { organizationId, since }: Readonly<{ organizationId: string; since: string | undefined }>,
): Promise<BackfillState | undefined> {
  const state = await states.read();
  const isSame = state?.organizationId === organizationId && state.since === (since ?? null);
  return isSame ? state : undefined;
}
