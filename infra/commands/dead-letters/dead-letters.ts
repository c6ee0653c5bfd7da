import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { commandActs } from '#infra/commands/command-acts.ts';
import { findDeployment, type Target } from '#infra/commands/deployment/deployment.ts';
import { type StackResources, stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
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
import { addressShown } from '#infra/terminal/lines.ts';
import { outputWithProgress } from '#infra/terminal/output.ts';
import { confirmed, interruption } from '#infra/terminal/person.ts';
import { type QueueName, queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { durationMs, type LetterChoice } from '#shared/queue/dead-letters/letter-choice.ts';
import { type DeadLetterQueue, explainLetters } from '#shared/queue/dead-letters/letter-reasons.ts';
import { dynamoFailures } from '#shared/queue/failures.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { discardedFolder } from './discarded-file.ts';
import { deadLetterVerbs } from './verbs.ts';

export type DeadLettersOptions = Readonly<{
  target: Target;
  queues: readonly QueueName[];
  reveal: boolean;
}> &
  (
    | Readonly<{ verb: 'list'; limit: number; json: boolean }>
    | Readonly<{ verb: 'show'; id: string; json: boolean }>
    | Readonly<{ verb: 'resend' | 'discard'; choice: LetterChoice; yes: boolean }>
    | Readonly<{ verb: 'put-back'; file: string }>
  );

/** The words of `npm run deadletters`. */
export function deadLettersCommand(
  command: StackCommand,
  act: Act<DeadLettersOptions> = noting(commandActs.deadletters, runDeadLetters),
): void {
  const group = command
    .description('Show messages that died and why, and send them again.')
    .addOption(
      parsed('--queue <queue>', `only ${queueNames.join(', ')}`, oneOf('--queue', queueNames)),
    )
    .option('--reveal', 'show whole addresses');
  group
    .command('list')
    .description('list them, oldest first, and how many died for each reason')
    .addOption(limitOption())
    .addOption(jsonOption())
    .action((_, self) => {
      const { limit, json = false, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'list', limit, json });
    });
  group
    .command('show')
    .description('show one, and why it died')
    .argument('<id>')
    .addOption(jsonOption())
    .action((id, _, self) => {
      const { json = false, ...rest } = self.optsWithGlobals();
      return act({ ...common(rest), verb: 'show', id, json });
    });
  const verbs = {
    resend: 'send them again; safe to interrupt and to run twice: each is applied once',
    discard: 'delete them, and keep their bodies in files; asks first',
  } as const;
  for (const verb of ['resend', 'discard'] as const) {
    const one = group
      .command(verb)
      .description(verbs[verb])
      .argument('[id]', 'this one')
      .addOption(text('--reason <text>', 'those whose first or last reason contains this'))
      .addOption(text('--type <type>', 'those of this type, such as order.paid'))
      .addOption(parsed('--older-than <time>', 'those older than this: 90m, 24h, 7d', olderThan))
      .option('--yes', "don't ask");
    if (verb === 'resend') one.option('--all', 'all of them, without asking');
    one.action((id, _, self) => {
      const given: Chosen & Common & { yes?: true } = { id, ...self.optsWithGlobals() };
      const { id: one, reason, type, olderThan, all, yes = false, ...rest } = given;
      const choice = choiceOf(verb, { id: one, reason, type, olderThan, all });
      return act({ ...common(rest), verb, choice, yes });
    });
  }
  group
    .command('put-back')
    .description('put a discarded one back among the dead letters')
    .argument('<file>', 'the file that discard named')
    .action((file, _, self) => act({ ...common(self.optsWithGlobals()), verb: 'put-back', file }));
}

function olderThan(given: string): number {
  const ms = durationMs(given);
  if (ms !== undefined) return ms;
  throw new Advice(`--older-than is a time such as 90m, 24h or 7d, not "${given}".`);
}

type Common = Target & Readonly<{ queue?: QueueName | undefined; reveal?: true | undefined }>;

function common({ queue, reveal, ...target }: Common) {
  return { target, queues: queue === undefined ? queueNames : [queue], reveal: reveal ?? false };
}

type Chosen = Readonly<{
  id?: string | undefined;
  reason?: string | undefined;
  type?: string | undefined;
  olderThan?: number | undefined;
  all?: true | undefined;
}>;

function choiceOf(verb: 'resend' | 'discard', given: Chosen): LetterChoice {
  const { id, reason, type, olderThan: olderThanMs, all } = given;
  if (reason === '') throw new Advice('Say a part of the reason: --reason "throttled".');
  const isFilter = [reason, type, olderThanMs].some((one) => one !== undefined);
  if ([id !== undefined, isFilter, all].filter(Boolean).length > 1) {
    throw new Advice('Say one of an id, --all, and a filter: --reason, --type, --older-than.');
  }
  if (isFilter) return { kind: 'filter', filter: { reason, type, olderThanMs } };
  if (all) return { kind: 'all' };
  if (id) return { kind: 'id', id };
  const ways = verb === 'resend' ? 'a filter or --all' : 'a filter such as --reason';
  throw new Advice(`Say the id as well, or ${ways}: npm run deadletters -- ${verb} <id>`);
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
  const { progress, clear, ...output } = outputWithProgress('json' in given && given.json);
  const { print } = output;
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
    folder: discardedFolder(),
    now,
    address: addressShown(given.reveal),
    ...output,
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
        return await does.resend(given.choice, given.yes);
      case 'discard':
        return await does.discard(given.choice, given.yes);
      case 'put-back':
        return await does.putBack(given.file);
    }
  } finally {
    clear();
    stop.forget();
  }
}
