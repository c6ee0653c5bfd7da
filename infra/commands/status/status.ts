import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { deadLetterQueues } from '#infra/commands/dead-letters/dead-letters.ts';
import {
  type Deployment,
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { oldestMessages } from '#infra/commands/deployment/oldest-message.ts';
import { partsOf } from '#infra/commands/deployment/parts.ts';
import { type StackResources, stackResources } from '#infra/commands/deployment/resources.ts';
import { askedWhy, remedies, withOptions } from '#infra/commands/words.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { localPolarAway } from '#shared/polar/access.ts';
import { queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { queueCounts } from '#shared/queue/queue-counts.ts';
import { type Concern, concernsOf } from '#shared/status/concerns.ts';
import {
  readStatus,
  type SettingsNow,
  type Status,
  type StatusParts,
} from '#shared/status/status.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { statusDocument } from './status-document.ts';
import { statusLines, underWay, unseenLines } from './status-lines.ts';

type StatusOptions = Readonly<{ target: Target; json: boolean }>;

/** The words of `npm run status`. */
export function statusCommand(
  command: StackCommand,
  act: Act<StatusOptions> = (options) => runStatus(options),
): void {
  command
    .description('Show the state of everything on one page, and what to do next.')
    .addOption(jsonOption())
    .addHelpText('after', "\nExit codes: 0 all is well, 2 something isn't, 1 it couldn't check.")
    .action((_, self) => {
      const { json = false, ...target } = self.optsWithGlobals();
      return act({ target, json });
    });
}

async function runStatus({ target, json }: StatusOptions): Promise<void> {
  const output = outputFor(json);
  const deployment = await findDeployment(target, output.print);
  const resources = await stackResources(target, deployment);
  const status = await readStatus(statusParts(deployment, resources));
  if (tellStatus(status, deployment.options, output) === 'not-well') {
    process.exitCode = foundSomethingToDo;
  }
}

/** Polar may be slow, and whoever is on call is not. */
const polarMs = 1_500;
const patienceMs = 1_000;

function statusParts(deployment: Deployment, resources: StackResources): StatusParts {
  const { clientConfigs, emailsTable, workflowsTable, settingsTable } = deployment;
  const db = documentClient(new DynamoDBClient(clientConfigs.dynamodb));
  const partsFor = partsOf(deployment, resources);
  const { connections, webhookSecrets } = partsFor('production');
  return {
    db,
    queues: deadLetterQueues(resources, queueNames),
    queueCounts: queueCounts(new SQSClient(clientConfigs.sqs)),
    tables: {
      failures: resources.physicalId('Failures'),
      emails: emailsTable,
    },
    workflows: dynamoWorkflowVersions(db, { workflows: workflowsTable, settings: settingsTable }),
    hold: dynamoHold(db, settingsTable),
    settings: () => settingsNow(db, settingsTable),
    polar: {
      connections,
      webhookSecrets,
      partsFor: ({ server }) => partsFor(server, { patienceMs }),
    },
    oldestSeconds: oldestMessages(clientConfigs.sqs),
    polarMs,
    now: () => new Date(),
  };
}

/** Settings that are not valid are a finding, and no failure of the look. */
export async function settingsNow(db: DynamoDBDocumentClient, table: string): Promise<SettingsNow> {
  try {
    return { isValid: true, version: (await readSettings(db, table)).version };
  } catch (error) {
    if (error instanceof Advice) return { isValid: false, reason: error.message };
    throw error;
  }
}

/** Shows the page, and says whether all is well. */
export function tellStatus(
  status: Status,
  options: string,
  { print, document }: Output,
): 'well' | 'not-well' {
  const concerns = concernsOf(status);
  const nextOf = (concern: Concern) => {
    const next = nextCommand(concern);
    return next === undefined ? undefined : withOptions(next, options);
  };
  if (document) {
    document(statusDocument(status, concerns, nextOf));
  } else {
    statusLines(status).forEach(print);
    print('');
    if (concerns.length === 0) print(['All is well.', ...underWay(status)].join(' '));
    for (const concern of concerns) {
      print(`! ${concern.sentence}`);
      const next = nextOf(concern);
      if (next !== undefined) print(`    ${next}`);
    }
    for (const line of unseenLines(status)) print(line);
  }
  return concerns.length === 0 ? 'well' : 'not-well';
}

function nextCommand(concern: Concern): string | undefined {
  switch (concern.kind) {
    case 'held':
      return 'npm run emails -- release';
    case 'queue-late':
    case 'dead-letters':
      return 'npm run deadletters -- list';
    case 'retried':
      return askedWhy(concern.failureId);
    case 'emails-unknown':
      return 'npm run emails -- list --state unknown';
    case 'emails-failed':
      return 'npm run emails -- list --state failed';
    case 'emails-waiting':
      return 'npm run emails -- list --state waiting';
    case 'settings':
      return 'npm run settings -- show';
    case 'previous-secret':
      return 'npm run connect -- --drop-previous';
    case 'not-connected':
      return 'npm run connect -- --token -';
    case 'polar-silent':
      return 'npm run connect -- --status';
    case 'gap':
      return 'npm run recover';
    case 'connection':
      if (concern.sentence === localPolarAway) return undefined;
      return remedies[concern.repair] ?? 'npm run connect -- --status';
  }
}
