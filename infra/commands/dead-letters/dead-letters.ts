import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  findDeployment,
  type StackResources,
  stackResources,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { Advice } from '#infra/terminal/advice.ts';
import {
  commonHelp,
  commonOptions,
  readArguments,
  readVerb,
} from '#infra/terminal/command-line.ts';
import { addressShown, progressLine } from '#infra/terminal/lines.ts';
import { confirmed, interruption } from '#infra/terminal/person.ts';
import { type QueueName, queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { type DeadLetterQueue, explainLetters } from '#shared/queue/dead-letters/letter-reasons.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { deadLetterVerbs, discardedFolder, type ResendChoice } from './dead-letter-verbs.ts';

export const deadLettersHelp = `Shows the messages that died, why, and sends them through again.

  npm run deadletters -- list           the oldest first, and how many there are of each reason
      --limit <n>                       so many, instead of 50
  npm run deadletters -- show <id>
  npm run deadletters -- resend <id>
  npm run deadletters -- resend --reason <text>
                                        those whose first or last reason contains it
  npm run deadletters -- resend --all   safe to interrupt and to run twice: each is applied once
  npm run deadletters -- discard <id>   asks first, unless --yes; the body is kept in a file

  --queue <queue>     only ${queueNames.join(', ')}
  --reveal            shows addresses whole
${commonHelp}`;

const verbs = { list: [], show: ['id'], resend: ['id'], discard: ['id'] };

type DeadLettersOptions = Readonly<{
  target: Target;
  verb: keyof typeof verbs;
  id: string;
  choice: ResendChoice;
  queues: readonly QueueName[];
  limit: number;
  reveal: boolean;
  yes: boolean;
}>;

/** Reads the command line; undefined: help is wanted. Throws Advice about what cannot be understood. */
export function deadLettersOptions(args: readonly string[]): DeadLettersOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const own = { limit: text, queue: text, reason: text, all: flag, reveal: flag, yes: flag };
  const options = { ...commonOptions, ...own };
  const { values, positionals } = readArguments('deadletters', () =>
    parseArgs({ args: args.filter((arg) => !isLedgerKey(arg)), allowPositionals: true, options }),
  );
  if (values.help || args.length === 0) return undefined;
  const given = [...positionals, ...args.filter(isLedgerKey)];
  const isWithoutId = given[0] === 'resend' && (values.all || values.reason !== undefined);
  if (isWithoutId && (given.length > 1 || (values.all && values.reason !== undefined))) {
    throw new Advice('Say one of an id, --reason and --all.');
  }
  const { verb, words } = readVerb('deadletters', verbs, isWithoutId ? [...given, ''] : given);
  const [id = ''] = words;
  return {
    target: values,
    verb,
    id,
    choice: choiceOf(id, values.reason),
    queues: queuesNamed(values.queue),
    limit: limitFrom(values.limit),
    reveal: values.reveal ?? false,
    yes: values.yes ?? false,
  };
}

/** Some ledger keys begin with a hyphen. */
function isLedgerKey(arg: string): boolean {
  return /^-[\w-]{42}$/.test(arg);
}

function choiceOf(id: string, reason: string | undefined): ResendChoice {
  if (reason === '') throw new Advice('Say a part of the reason: --reason "throttled".');
  if (reason !== undefined) return { kind: 'reason', text: reason };
  return id === '' ? { kind: 'all' } : { kind: 'id', id };
}

function queuesNamed(given: string | undefined): readonly QueueName[] {
  if (given === undefined) return queueNames;
  const queue = queueNames.find((name) => name === given);
  if (queue !== undefined) return [queue];
  throw new Advice(`--queue is one of ${queueNames.join(', ')}, not "${given}".`);
}

function limitFrom(given = '50'): number {
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new Advice(`--limit must be a whole number from 1 to 10000, not "${given}".`);
}

const logicalIds = { events: 'Events', mail: 'Mail', feedback: 'Feedback' } as const;

/** The queues of dead letters of a stack, each with the one that its messages came from. */
export function deadLetterQueues(
  { physicalId }: Pick<StackResources, 'physicalId'>,
  names: readonly QueueName[],
): DeadLetterQueue[] {
  return names.map((name) => ({
    name,
    url: physicalId(`${logicalIds[name]}DeadLetters`),
    sourceUrl: physicalId(`${logicalIds[name]}Queue`),
  }));
}

/** `npm run deadletters`. */
export async function deadLettersCommand(
  args: readonly string[],
  write: (line: string) => void,
): Promise<void> {
  const given = deadLettersOptions(args);
  if (!given) return write(deadLettersHelp);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    write(line);
  };
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const stop = interruption(print);
  const failuresTable = resources.physicalId('Failures');
  const now = () => new Date();
  const does = deadLetterVerbs({
    sqs: new SQSClient(deployment.clientConfigs.sqs),
    queues: deadLetterQueues(resources, given.queues),
    explain: explainLetters(db, {
      failures: failuresTable,
      customers: resources.physicalId('Customers'),
    }),
    failures: dynamoFailures(db, failuresTable, now),
    confirmed: (question) => stop.isOff(() => confirmed(question)),
    folder: discardedFolder,
    now,
    address: addressShown(given.reveal),
    print,
    progress,
    isStopped: stop.isStopped,
    options: deployment.options,
    waitSeconds: 2,
    // The local SQS, where it keeps messages on disk, loses sight of one that is to be shown at once.
    shownAfterSeconds: 'endpoint' in deployment.clientConfigs.sqs ? 1 : 0,
  });
  try {
    switch (given.verb) {
      case 'list':
        return await does.list(given.limit);
      case 'show':
        return await does.show(given.id);
      case 'resend':
        return await does.resend(given.choice);
      case 'discard':
        return await does.discard(given.id, given.yes);
    }
  } finally {
    clear();
    stop.forget();
  }
}
