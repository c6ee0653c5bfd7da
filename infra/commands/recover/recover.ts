import { setTimeout } from 'node:timers/promises';

import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { Option } from '@commander-js/extra-typings';
import {
  acceptDeletionsOption,
  mustBeThis,
  organizationOption,
  sinceOption,
} from '#infra/commands/backfill/backfill.ts';
import { chooseDeletions } from '#infra/commands/backfill/deletions.ts';
import type { BackfillCounts } from '#infra/commands/backfill/page.ts';
import { backfillLines, driftLine, refusalText } from '#infra/commands/backfill/text.ts';
import {
  findDeployment,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { audienceSide, polarSide } from '#infra/commands/deployment/parts.ts';
import { healthLines } from '#infra/commands/words.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { maskedAddress, progressLine } from '#infra/terminal/lines.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { confirmed, interruption, isSomebodyThere, person } from '#infra/terminal/person.ts';
import { isPolarApiError } from '#shared/polar/api-error.ts';
import type { ConnectionHealth } from '#shared/polar/connection-health.ts';
import type { UndeliveredEvent } from '#shared/polar/redelivery.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { oneLine } from '#shared/text.ts';
import type { Lost } from './lost.ts';
import { lostOrderParts } from './lost-order-parts.ts';
import { rehearseRecovery } from './rehearse.ts';
import { isClosed, type Proof, recover } from './run.ts';
import {
  awaitedLines,
  lostDocument,
  lostLines,
  proofDocument,
  proofLines,
  redeliveryDocument,
  redeliveryLines,
  undeliveredLines,
} from './text.ts';

export type Acceptance = Readonly<{
  eventId: string;
  type: string;
  /** When Polar made the event. */
  createdAt: string;
  /** Why it does not arrive, as far as that was known. */
  reason: string;
  /** Who accepted it, and when. */
  by: string;
  at: string;
}>;

export type AcceptedEvents = Readonly<{
  has: (eventId: string) => Promise<boolean>;
  /** The first acceptance of an event stays. */
  add: (acceptance: Acceptance) => Promise<void>;
}>;

/** The events of which a person accepted that they never arrive: items `accepted-event#<id>` of table Settings. */
export function acceptedEvents(db: DynamoDBDocumentClient, table: string): AcceptedEvents {
  const nameOf = (eventId: string) => `accepted-event#${eventId}`;
  return {
    async has(eventId) {
      const Key = { name: nameOf(eventId) };
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      return (await db.send(get)).Item !== undefined;
    },

    async add(acceptance) {
      try {
        await db.send(
          new PutCommand({
            TableName: table,
            Item: { name: nameOf(acceptance.eventId), ...acceptance },
            ConditionExpression: 'attribute_not_exists(#name)',
            ExpressionAttributeNames: { '#name': 'name' },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

type AcceptanceParts = Readonly<{
  accepted: AcceptedEvents;
  /** Ids of events that a person named. */
  named: readonly string[];
  by: string;
  now: () => Date;
}>;

export type RecoverAcceptance = ReturnType<typeof recoverAcceptance>;

/** Which events a person accepted as never arriving: in this run by their ids, in an earlier one, or all that were listed. */
export function recoverAcceptance({ accepted, named, by, now }: AcceptanceParts) {
  const unmet = new Set(named);
  const accept = ({ id, type, createdAt }: UndeliveredEvent, reason: string) =>
    accepted.add({ eventId: id, type, createdAt, reason, by, at: now().toISOString() });

  return {
    /** Whether it need not arrive. Records one that was named. */
    async isAccepted(event: UndeliveredEvent): Promise<boolean> {
      if (await accepted.has(event.id)) {
        unmet.delete(event.id);
        return true;
      }
      if (!unmet.delete(event.id)) return false;
      await accept(event, 'Named with --accept.');
      return true;
    },

    accept,

    /** Those named ones that turned out not to be among the events that never arrived. */
    unmet: (): readonly string[] => [...unmet],
  };
}

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
  act: Act<RecoverOptions> = (options) => runRecover(options),
): void {
  command
    .description(
      'After an outage in which Polar could not deliver: enables the endpoint and sets it right, has Polar deliver again what never arrived, backfills what Polar never recorded while the endpoint was disabled, and shows that all is closed.',
    )
    .option('--dry-run', 'shows all that it would do, and changes nothing')
    .addOption(sinceOption("when the gap began, if Polar's list of deliveries does not tell"))
    .addOption(
      new Option(
        '--accept <id>',
        'closes the gap without this event, which never arrived; may be given several times. --accept listed shows the events that Polar refuses to deliver again, and asks whether to close the gap without them. Who accepted what is recorded, and no workflow sees such an event',
      ).argParser(eventIds),
    )
    .option('--yes', 'accepts what is listed without asking')
    .option(
      '--apply-lost',
      'applies the paid orders of which Polar sent no webhook, as if it had: workflows see those that are young enough, and nobody is mailed twice if the webhook comes after all',
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
          'A dry run changes nothing: leave --accept, --apply-lost and --accept-deletions.',
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
Safe to run twice, and to end with Ctrl-C. The access that Polar is connected with needs webhooks:read,
webhooks:write, organizations:read, customers:read, orders:read and subscriptions:read. Exit code 2: something is left
to do.`;

function eventIds(given: string, before: readonly string[] = []): readonly string[] {
  if (given.trim() === '') throw new Advice('--accept takes the id of an event.');
  return [...before, given];
}

/** `npm run recover`. Sets the exit code to 2 where the gap is not closed. */
async function runRecover(given: RecoverOptions): Promise<void> {
  const output = outputFor(given.json);
  const { progress, clear } = progressLine(process.stderr);
  const print = (lines: readonly string[]) => {
    clear();
    for (const line of lines) output.print(line);
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
        print([...healthLines(connection, health, options), '']),
      backfilled: (counts: BackfillCounts, since: string | undefined, tooMany?: number) => {
        told.backfill = { since: since ?? null, counts };
        print([
          since === undefined
            ? 'Compared all that Polar lists:'
            : `Compared what Polar changed or made since ${since}:`,
          ...backfillLines(counts, { isDryRun: given.isDryRun, tooMany, options }),
          '',
        ]);
      },
      lost: (lost: Lost) => {
        told.lost = lostDocument(lost);
        print([...lostLines(lost, given.applyLost, options), '']);
      },
    };
    if (given.isDryRun) {
      const rehearsed = await rehearseRecovery(parts, given.since, {
        ...shown,
        undelivered: (events) => {
          told.undelivered = events.map(({ id }) => id);
          print([...awaitedLines(events), '']);
        },
        found: (drift) => print([driftLine(drift, maskedAddress)]),
      });
      if (rehearsed.kind === 'unfinished') throw new Advice(rehearsed.reason);
      output.document?.({ isDryRun: true, isLeft: rehearsed.isLeft, ...told });
      print([`Nothing was changed. To do it: npm run recover${options && ` --${options}`}`]);
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
        process.stderr.write(
          `The webhook secret was changed just now: waiting ${seconds} seconds, until it counts everywhere.\n`,
        );
      },
      settling: (seconds) => {
        clear();
        process.stderr.write(
          `Waiting ${seconds} seconds, until every worker knows that these orders are applied here.\n`,
        );
      },
      applied: (count, of) => {
        told.applied = count;
        print([
          `Applied ${count} of ${of} orders. See their mails: npm run emails -- list${options}`,
          '',
        ]);
      },
      deletions: (deletions) =>
        chooseDeletions(
          deletions,
          { accepted: given.acceptDeletions, ask: isSomebodyThere() ? ask : undefined },
          { print: (line) => print([line]), shown: maskedAddress },
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
    const proof = given.acceptListed
      ? await withoutRefused(recovered.proof, acceptance, {
          print,
          agreed: given.yes ? async () => true : ask,
        })
      : recovered.proof;
    print(proofLines(proof, options));
    output.document?.({ isClosed: isClosed(proof), ...told, proof: proofDocument(proof) });
    if (!isClosed(proof)) process.exitCode = foundSomethingToDo;
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
