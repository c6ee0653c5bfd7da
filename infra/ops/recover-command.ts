import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Advice } from '#infra/local/advice.ts';
import { documentClient } from '#shared/aws/document-client.ts';
import { oneLine } from '#shared/mail/one-line.ts';
import { isPolarApiError } from '#shared/polar/polar-api-error.ts';
import { acceptedEvents } from './accepted-events.ts';
import { audienceSide, polarSide } from './backfill-parts.ts';
import { backfillLines } from './backfill-text.ts';
import { confirmed } from './confirmation.ts';
import { healthLines } from './connect-text.ts';
import { findDeployment } from './deployment.ts';
import { interruption } from './interruption.ts';
import { person } from './person.ts';
import { progressLine } from './progress-line.ts';
import { type RecoverAcceptance, recoverAcceptance } from './recover-acceptance.ts';
import { recoverHelp, recoverOptions } from './recover-options.ts';
import { isClosed, type Proof, recover } from './recover-run.ts';
import { proofLines, redeliveryLines, undeliveredLines } from './recover-text.ts';
import { stackResources } from './stack-resources.ts';

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
  const now = () => new Date();
  const deployment = await findDeployment(given.target, (line) => print([line]));
  const resources = await stackResources(given.target, deployment);
  const { options } = deployment;
  const stop = interruption((line) => print([line]));
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const acceptance = recoverAcceptance({
    accepted: acceptedEvents(db, deployment.settingsTable),
    named: given.accept,
    by: person(),
    now,
  });
  try {
    const { parts: polar, connection } = await polarSide(deployment, resources);
    if (!connection) throw new Advice('Polar is not connected.');
    const side = await audienceSide(deployment, resources);
    const { isAccepted } = acceptance;
    const parts = { ...side, polar, connection, isAccepted, racePause: side.pause };
    const recovered = await recover(
      { ...parts, pause: setTimeout, progress, isStopped: stop.isStopped },
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
    print(acceptance.unmet().map(unmetText));
    if (recovered.kind === 'unfinished') throw new Advice(recovered.reason);
    const ask = (question: string) => stop.isOff(() => confirmed(question));
    const proof = given.acceptListed
      ? await withoutRefused(recovered.proof, acceptance, {
          print,
          agreed: given.yes ? async () => true : ask,
        })
      : recovered.proof;
    print(proofLines(proof, options));
    if (!isClosed(proof)) process.exitCode = 1;
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

function unmetText(id: string): string {
  return `${oneLine(id)} is not among the events that never arrived, so nothing was accepted for it.`;
}

type Asking = Readonly<{
  print: (lines: readonly string[]) => void;
  agreed: (question: string) => Promise<boolean>;
}>;

/** Records that the events that Polar refuses need not arrive, once a person who has seen them agrees. */
export async function withoutRefused(
  proof: Proof,
  { accept }: Pick<RecoverAcceptance, 'accept'>,
  { print, agreed }: Asking,
): Promise<Proof> {
  const refused = proof.undelivered.filter(({ refusal }) => refusal !== undefined);
  if (refused.length === 0) return proof;
  print(undeliveredLines(refused));
  const events = refused.length === 1 ? 'this event' : `these ${refused.length} events`;
  if (!(await agreed(`Close the gap without ${events}? No workflow sees what never arrives.`))) {
    return proof;
  }
  for (const event of refused) await accept(event, event.refusal ?? '');
  print([`Accepted, and recorded with your name: ${refused.length}.`, '']);
  return { ...proof, undelivered: proof.undelivered.filter((event) => !refused.includes(event)) };
}
