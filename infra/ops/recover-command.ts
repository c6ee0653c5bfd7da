import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Advice } from '#infra/local/advice.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import { sinceTime } from './backfill-options.ts';
import { audienceSide, polarSide } from './backfill-parts.ts';
import { backfillLines } from './backfill-text.ts';
import { commonHelp, commonOptions, readArguments } from './command-line.ts';
import { healthLines } from './connect-text.ts';
import { findDeployment, type Target } from './deployment.ts';
import { interruption } from './interruption.ts';
import { progressLine } from './progress-line.ts';
import { isClosed, recover } from './recover-run.ts';
import { proofLines, redeliveryLines } from './recover-text.ts';
import { stackResources } from './stack-resources.ts';

export const recoverHelp = `After an outage in which Polar could not deliver: enables the endpoint and sets it right, has Polar deliver again
what never arrived, backfills what Polar never recorded while the endpoint was disabled, and shows that all is closed.

  npm run recover

  --since <day>       when the gap began, if Polar's list of deliveries does not tell: 2026-11-01 or 2026-11-01T08:30Z
${commonHelp}

Safe to run twice, and to end with Ctrl-C. The access that Polar is connected with needs webhooks:read,
webhooks:write, organizations:read, customers:read, orders:read and subscriptions:read. Exit code 1: something is left.`;

export type RecoverOptions = Readonly<{ target: Target; since: string | undefined }>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function recoverOptions(args: readonly string[]): RecoverOptions | undefined {
  const options = { ...commonOptions, since: { type: 'string' } as const };
  const { values } = readArguments('recover', () => parseArgs({ args: [...args], options }));
  if (values.help) return undefined;
  const { since } = values;
  return { target: values, since: since === undefined ? undefined : sinceTime(since) };
}

/** `npm run recover`. Sets the exit code to 1 where the gap is not closed. */
export async function recoverCommand(
  args: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const given = recoverOptions(args);
  if (!given) return write(recoverHelp);
  const { progress, clear } = progressLine(process.stderr);
  const print = (lines: readonly string[]) => {
    clear();
    for (const line of lines) write(line);
  };
  const deployment = await findDeployment(given.target, (line) => print([line]));
  const resources = await stackResources(given.target, deployment);
  const { options } = deployment;
  const stop = interruption((line) => print([line]));
  try {
    const { parts: polar, connection } = await polarSide(deployment, resources);
    if (!connection) throw new Advice('Polar is not connected.');
    const side = await audienceSide(deployment, resources);
    const parts = { ...side, polar, connection, racePause: side.pause, pause: setTimeout };
    const recovered = await recover(
      { ...parts, progress, isStopped: stop.isStopped },
      given.since,
      {
        health: (health) => print([...healthLines(connection, health, options), '']),
        repaired: (done) => print(done.length > 0 ? [...done, ''] : []),
        redelivered: (redelivery) => print([...redeliveryLines(redelivery), '']),
        backfilled: (counts, since) =>
          print([
            since === undefined
              ? 'Compared all that Polar lists:'
              : `Compared what Polar changed or made since ${since}:`,
            ...backfillLines(counts, { isDryRun: false, options }),
            '',
          ]),
      },
    );
    if (recovered.kind === 'unfinished') throw new Advice(recovered.reason);
    print(proofLines(recovered.proof, options));
    if (!isClosed(recovered.proof)) process.exitCode = 1;
  } catch (error) {
    throw isPolarApiError(error)
      ? new Advice(`${error.message} ${again}`, { cause: error })
      : error;
  } finally {
    clear();
    stop.forget();
  }
}

const again = 'Nothing of what was done is lost: run it again.';
