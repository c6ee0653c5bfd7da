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
  type Act,
  jsonOption,
  limitOption,
  oneOf,
  parsed,
  type StackCommand,
  text,
} from '#infra/terminal/command-line.ts';
import { addressShown, progressLine } from '#infra/terminal/lines.ts';
import { outputFor } from '#infra/terminal/output.ts';
import { confirmed, interruption } from '#infra/terminal/person.ts';
import { type QueueName, queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { type DeadLetterQueue, explainLetters } from '#shared/queue/dead-letters/letter-reasons.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { deadLetterVerbs, discardedFolder, type ResendChoice } from './dead-letter-verbs.ts';

export type DeadLettersOptions = Readonly<{
  target: Target;
  queues: readonly QueueName[];
  reveal: boolean;
}> &
  (
    | Readonly<{ verb: 'list'; limit: number; json: boolean }>
    | Readonly<{ verb: 'show'; id: string; json: boolean }>
    | Readonly<{ verb: 'resend'; choice: ResendChoice }>
    | Readonly<{ verb: 'discard'; id: string; yes: boolean }>
  );

/** The words of `npm run deadletters`. */
export function deadLettersCommand(
  command: StackCommand,
  act: Act<DeadLettersOptions> = (options) => runDeadLetters(options),
): void {
  const group = command
    .description('Shows the messages that died, why, and sends them through again.')
    .addOption(
      parsed('--queue <queue>', `only ${queueNames.join(', ')}`, oneOf('--queue', queueNames)),
    )
    .option('--reveal', 'shows addresses whole');
  group
    .command('list')
    .description('the oldest first, and how many there are of each reason')
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((_, self) => {
      const { limit, json = false, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'list', limit, json });
    });
  group
    .command('show')
    .description('one, and why it died')
    .argument('<id>')
    .addOption(jsonOption())
    .action((id, _, self) => {
      const { json = false, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'show', id, json });
    });
  group
    .command('resend')
    .description('sends them again; safe to interrupt and to run twice: each is applied once')
    .argument('[id]', 'this one')
    .addOption(text('--reason <text>', 'those whose first or last reason contains it'))
    .option('--all', 'all of them')
    .action((id, _, self) => {
      const { reason, all, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'resend', choice: choiceOf({ id, reason, all }) });
    });
  group
    .command('discard')
    .description('asks first; the body is kept in a file')
    .argument('<id>')
    .option('--yes', 'does not ask')
    .action((id, _, self) => {
      const { yes = false, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'discard', id, yes });
    });
}

type Common = Target & Readonly<{ queue?: QueueName | undefined; reveal?: true | undefined }>;

function common({ queue, reveal, ...target }: Common) {
  return { target, queues: queue === undefined ? queueNames : [queue], reveal: reveal ?? false };
}

type Chosen = Readonly<{
  id: string | undefined;
  reason: string | undefined;
  all: true | undefined;
}>;

function choiceOf({ id, reason, all }: Chosen): ResendChoice {
  const given = [id, reason, all].filter((one) => one !== undefined);
  if (given.length > 1) throw new Advice('Say one of an id, --reason and --all.');
  if (reason === '') throw new Advice('Say a part of the reason: --reason "throttled".');
  if (reason !== undefined) return { kind: 'reason', text: reason };
  if (all) return { kind: 'all' };
  if (id) return { kind: 'id', id };
  throw new Advice('Say the id as well, or --reason or --all: npm run deadletters -- resend <id>');
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

async function runDeadLetters(given: DeadLettersOptions): Promise<void> {
  const output = outputFor('json' in given && given.json);
  const { progress, clear } = progressLine(process.stderr);
  const print = (line: string) => {
    clear();
    output.print(line);
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
    ...{ ...output, print },
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
