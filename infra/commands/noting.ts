import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { actBegins, whatWasDone } from '#infra/terminal/acted.ts';
import { Advice, endedByPerson } from '#infra/terminal/advice.ts';
import type { Act } from '#infra/terminal/command-line.ts';
import { printAside } from '#infra/terminal/lines.ts';
import { localActor } from '#shared/actor.ts';
import type { ActDraft, ActEnd, Actor } from '#shared/audience/operator-act.ts';
import { reasonOf } from '#shared/failure.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoOperatorLog } from '#shared/store/operator-log.ts';
import { type Deployment, findDeployment, type Target } from './deployment/deployment.ts';

/** What a command with these options does; `looks`: it changes nothing. */
type ActOfCommand<Options> = (options: Options) => ActDraft | 'looks';

type Log = Pick<ReturnType<typeof dynamoOperatorLog>, 'begin' | 'end'>;

/** A log that an act can be written into, and who does it; `undefined`: the stack is too old to have one. */
export type FindLog = (target: Target) => Promise<{ log: Log; actor: Actor } | undefined>;

/**
 * Runs a command, and writes what it does into the operator log of its stack: before it begins, and how it ended. What
 * cannot be written down is not begun. Throws what the command throws.
 */
export function noting<Options extends Readonly<{ target: Target }>>(
  actOf: ActOfCommand<Options>,
  run: (options: Options) => Promise<void>,
  findLog: FindLog = logOf,
): Act<Options> {
  return async (options) => {
    const draft = actOf(options);
    if (draft === 'looks') return run(options);
    const { end, by } = await begin(draft, options.target, findLog);
    actBegins(by);
    try {
      await run(options);
    } catch (error) {
      const outcome = error instanceof Advice ? 'refused' : 'failed';
      const reason = error instanceof Advice ? withoutList(error.message) : reasonOf(error);
      await end({ outcome, reason });
      throw error;
    }
    await end(endNow());
  };
}

/** Without what there is to choose from, which begins after an empty line, and the sentence that introduces it. */
function withoutList(message: string): string {
  const [reason = '', list] = message.split('\n\n');
  return list === undefined ? reason : reason.replace(/(?<=\.) [^.]*:$/, '');
}

/** Who ends a run with Ctrl-C may have had a part of it done. */
function endNow(): ActEnd {
  if (whatWasDone().isDeclined) return { outcome: 'refused', reason: 'Somebody said no.' };
  if (process.exitCode !== endedByPerson) return { outcome: 'done' };
  return { outcome: 'failed', reason: 'Ctrl-C ended it.' };
}

async function begin(draft: ActDraft, target: Target, findLog: FindLog) {
  const found = await findLog(target);
  if (!found) {
    printAside(
      'This won\'t be in the operator log: the stack runs an older version. Run "npx cdk deploy" to add one.',
    );
    return { end: () => undefined, by: undefined };
  }
  const { log, actor } = found;
  try {
    const act = await log.begin(draft, actor);
    const end = async (ended: ActEnd) => {
      try {
        await log.end(act, ended, whatWasDone().objects);
      } catch (error) {
        printAside(`The operator log shows only that this started: ${reasonOf(error)}`);
      }
    };
    return { end, by: actor.by };
  } catch (cause) {
    throw new Advice(
      `Couldn't write to the operator log (${reasonOf(cause)}), so nothing was done. Your credentials need dynamodb:PutItem and dynamodb:UpdateItem on the table Acts.`,
      { cause },
    );
  }
}

async function logOf(target: Target) {
  const deployment = await findDeployment(target, () => undefined);
  const log = operatorLogOf(deployment);
  return log && { log, actor: { by: await whoActs(deployment), via: 'command' as const } };
}

/** The operator log of a deployment; `undefined` where it is of a version that has none. */
export function operatorLogOf({ clientConfigs, actsTable, retentionDays }: Deployment) {
  if (actsTable === undefined) return undefined;
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  return dynamoOperatorLog(db, actsTable, { retentionDays, now: () => new Date() });
}

async function whoActs({ clientConfigs }: Deployment): Promise<string> {
  const { dynamodb } = clientConfigs;
  if ('endpoint' in dynamodb) return localActor;
  // What signs requests takes a while to load.
  const [{ defaultProvider }, { callerIdentity }] = await Promise.all([
    import('@aws-sdk/credential-provider-node'),
    import('./deployment/signed-fetch.ts'),
  ]);
  const who = await callerIdentity({ region: dynamodb.region, credentials: defaultProvider() });
  return who ?? 'somebody whom AWS does not name';
}
