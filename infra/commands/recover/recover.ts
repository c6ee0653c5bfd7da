import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Option } from '@commander-js/extra-typings';
import { chooseDeletions } from '#infra/commands/backfill/deletions.ts';
import {
  acceptDeletionsOption,
  mustBeThis,
  organizationOption,
  sinceOption,
} from '#infra/commands/backfill/options.ts';
import { backfillLines, driftLines, refusalText } from '#infra/commands/backfill/text.ts';
import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { audienceSide, polarSide } from '#infra/commands/deployment/parts.ts';
import { stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { healthLines } from '#infra/commands/words.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { maskedAddress, printAside } from '#infra/terminal/lines.ts';
import { outputWithProgress } from '#infra/terminal/output.ts';
import { confirmed, interruption, isSomebodyThere, person } from '#infra/terminal/person.ts';
import type { BackfillCounts } from '#shared/audience/backfill/page.ts';
import { everything } from '#shared/audience/operator-act.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { ConnectionHealth } from '#shared/polar/connection/health.ts';
import { oneLine } from '#shared/safe-text.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import {
  acceptedEvents,
  recoverAcceptance,
  withoutRefusals,
  withoutRefused,
} from './acceptance.ts';
import type { Lost } from './lost.ts';
import { lostOrderParts } from './lost-order-parts.ts';
import { isClosed, recover, rehearseRecovery, settleGap } from './run.ts';
import {
  awaitedLines,
  lostDocument,
  lostLines,
  proofDocument,
  proofLines,
  redeliveryDocument,
  redeliveryLines,
  rehearsalEnding,
} from './text.ts';

export type RecoverOptions = Readonly<{
  target: Target;
  since: string | undefined;
  /** Ids of events that need not arrive. */
  accept: readonly string[];
  /** All that Polar refuses need not arrive. */
  acceptListed: boolean;
  yes: boolean;
  json: boolean;
  /** How many customers may be taken for deleted. */
  acceptDeletions: number | undefined;
  organization: string | undefined;
  isDryRun: boolean;
  applyLost: boolean;
}>;

const listed = 'listed';

/** The words of `npm run recover`. */
export function recoverCommand(
  command: StackCommand,
  act: Act<RecoverOptions> = noting(commandActs.recover, runRecover),
): void {
  command
    .description(
      'Close the gap after an outage: enable and fix the endpoint, have Polar redeliver what never arrived, backfill what it never recorded, and show that nothing is missing.',
    )
    .option('--dry-run', 'show what it would do; changes nothing')
    .addOption(sinceOption("when the gap began, if Polar's deliveries don't tell"))
    .addOption(
      new Option(
        '--accept <id>',
        "close the gap without this event, which never arrived; repeatable. --accept listed shows the events that Polar refuses to redeliver and the customers that can't be compared or repaired, and asks. Records who accepted what; no workflow sees such an event",
      ).argParser(eventIds),
    )
    .option('--yes', 'accept what is listed without asking')
    .option(
      '--apply-lost',
      'apply paid orders whose webhook never came, as if it had: workflows see the recent ones. Nobody is mailed twice if the webhook comes after all',
    )
    .addOption(acceptDeletionsOption())
    .addOption(organizationOption())
    .addOption(jsonOption())
    .addHelpText('after', afterHelp)
    .action((_, self) => {
      const { since, accept = [], yes = false, json = false, ...others } = self.optsWithGlobals();
      const { acceptDeletions, organization, dryRun, applyLost, ...target } = others;
      if (dryRun && (accept.length > 0 || applyLost || acceptDeletions !== undefined)) {
        throw new Advice(
          'A dry run changes nothing: drop --accept, --apply-lost and --accept-deletions.',
        );
      }
      return act({
        target,
        since,
        accept: accept.filter((id) => id !== listed),
        acceptListed: accept.includes(listed),
        yes,
        json,
        acceptDeletions,
        organization,
        isDryRun: dryRun ?? false,
        applyLost: applyLost ?? false,
      });
    });
}

const afterHelp = `
Safe to run twice, and to stop with Ctrl-C. The access Polar is connected with needs webhooks:read, webhooks:write,
organizations:read, customers:read, orders:read and subscriptions:read. Exit code 2: there's more to do.`;

function eventIds(given: string, before: readonly string[] = []): readonly string[] {
  if (given.trim() === '') throw new Advice('--accept needs an event id.');
  return [...before, given];
}

/** `npm run recover`. Sets the exit code to 2 where the gap is not closed. */
async function runRecover(given: RecoverOptions): Promise<void> {
  const { progress, clear, ...output } = outputWithProgress(given.json);
  const print = (lines: readonly string[]) => lines.forEach(output.print);
  const now = () => new Date();
  const deployment = await findDeployment(given.target, output.print);
  const resources = await stackResources(given.target, deployment);
  const { options } = deployment;
  const stop = interruption(output.print);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const acceptance = recoverAcceptance({
    accepted: acceptedEvents(db, deployment.settingsTable),
    named: given.accept,
    by: person(),
    now,
  });
  try {
    const { parts: polar, connection } = await polarSide(deployment, resources);
    if (!connection) throw new Advice("Polar isn't connected.");
    const side = await audienceSide(deployment, resources);
    mustBeThis(connection.organizationId, given.organization);
    const { isAccepted } = acceptance;
    const ask = (question: string) => stop.isOff(() => confirmed(question));
    const isMixed = given.organization !== undefined;
    const parts = {
      ...{ ...side, polar, connection, isAccepted, isMixed, racePause: side.pause },
      ...{ pause: setTimeout, progress, isStopped: stop.isStopped },
      appliesLost: given.applyLost,
      lost: await lostOrderParts(db, deployment, resources, side),
    };
    const told: RecoverDocument = {};
    const shown = {
      health: (health: ConnectionHealth) =>
        print([...healthLines(connection, health, { options, apiUrl: polar.apiUrl }), '']),
      backfilled: (counts: BackfillCounts, since: string | undefined, tooMany?: number) => {
        told.backfill = { since: since ?? null, counts };
        actedOn(since === undefined ? { compared: everything } : { since });
        print([
          since === undefined
            ? 'Compared everything Polar lists:'
            : `Compared what Polar created or changed since ${since}:`,
          ...backfillLines(counts, {
            command: 'recover',
            isDryRun: given.isDryRun,
            tooMany,
            options,
          }),
          '',
        ]);
      },
      lost: (lost: Lost) => {
        told.lost = lostDocument(lost);
        print([
          ...lostLines(lost, { isApplying: given.applyLost, isDryRun: given.isDryRun }, options),
          '',
        ]);
      },
    };
    if (given.isDryRun) {
      const rehearsed = await rehearseRecovery(parts, given.since, {
        ...shown,
        undelivered: (events) => {
          told.undelivered = events.map(({ id }) => id);
          print([...awaitedLines(events), '']);
        },
        found: driftLines(maskedAddress, output.print),
      });
      if (rehearsed.kind === 'unfinished') throw new Advice(rehearsed.reason);
      output.document?.({ isDryRun: true, isLeft: rehearsed.isLeft, ...told });
      print([rehearsalEnding(rehearsed.isLeft, options)]);
      if (rehearsed.isLeft) process.exitCode = foundSomethingToDo;
      return;
    }
    const recovered = await recover(parts, given.since, {
      ...shown,
      repaired: (done) => {
        told.repaired = done;
        print(done.length > 0 ? [...done, ''] : []);
      },
      waiting: (seconds) => {
        clear();
        printAside(
          `The webhook secret just changed. Waiting ${seconds} seconds until it applies everywhere.`,
        );
      },
      settling: (seconds) => {
        clear();
        printAside(
          `Waiting ${seconds} seconds until every worker knows these orders are applied here.`,
        );
      },
      applied: (count, of) => {
        told.applied = count;
        print([
          `Applied ${count} of ${of} orders. See their emails: npm run emails -- list${options}`,
          '',
        ]);
      },
      deletions: (deletions) =>
        chooseDeletions(
          deletions,
          { accepted: given.acceptDeletions, ask: isSomebodyThere() ? ask : undefined },
          { print: output.print, shown: maskedAddress },
        ),
      redelivered: (redelivery) => {
        told.redelivery = redeliveryDocument(redelivery);
        print([...redeliveryLines(redelivery), '']);
      },
    });
    print(acceptance.unmet().map(unmetText));
    if (recovered.kind === 'unfinished') {
      throw new Advice(refusalText(recovered, 'recover', options));
    }
    let { proof } = recovered;
    if (given.acceptListed) {
      const asking = { print, agreed: given.yes ? async () => true : ask };
      proof = await withoutRefused(proof, acceptance, asking);
      proof = await withoutRefusals(proof, asking);
    }
    const openGap = await settleGap(polar.connections, { ...recovered, proof });
    const isAllClosed = isClosed(proof) && openGap === undefined;
    print(proofLines(proof, options, openGap));
    output.document?.({
      isClosed: isAllClosed,
      ...told,
      proof: proofDocument(proof),
      gapSince: openGap?.since ?? null,
    });
    if (!isAllClosed) process.exitCode = foundSomethingToDo;
  } catch (error) {
    throw isPolarApiError(error)
      ? new Advice(`${error.message} ${again}`, { cause: error })
      : error;
  } finally {
    clear();
    stop.forget();
  }
}

/** What a recovery tells a program, in the order in which it becomes known. */
type RecoverDocument = {
  repaired?: readonly string[];
  redelivery?: ReturnType<typeof redeliveryDocument>;
  undelivered?: readonly string[];
  backfill?: Readonly<{ since: string | null; counts: BackfillCounts }>;
  lost?: ReturnType<typeof lostDocument>;
  applied?: number;
};

const again = 'What was done so far stays. Run it again.';

function unmetText(id: string): string {
  return `${oneLine(id)} isn't among the events that never arrived, so there was nothing to accept.`;
}
