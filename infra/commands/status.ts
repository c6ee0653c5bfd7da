import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Deployment,
  findDeployment,
  readSettings,
  type Target,
} from '#infra/commands/deployment/deployment.ts';
import { partsOf } from '#infra/commands/deployment/parts.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import { type Act, jsonOption, type StackCommand } from '#infra/terminal/command-line.ts';
import { columns } from '#infra/terminal/lines.ts';
import { type Output, outputFor } from '#infra/terminal/output.ts';
import { localPolarAway } from '#shared/polar/access.ts';
import { secretAlone } from '#shared/polar/webhook-secret.ts';
import { queueNames } from '#shared/queue/dead-letters/dead-letter.ts';
import { ageText } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { ReasonNow } from '#shared/queue/failures-now.ts';
import { queueCounts } from '#shared/queue/queue-counts.ts';
import { type Concern, concernsOf, deadLettersIn, sumOf } from '#shared/status/concerns.ts';
import {
  type ConnectionNow,
  readStatus,
  type SettingsNow,
  type Status,
  type StatusParts,
} from '#shared/status/status.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoHold } from '#shared/store/mail/hold.ts';
import { dynamoWorkflowVersions } from '#shared/store/mail/workflow-versions.ts';
import { deadLetterQueues } from './dead-letters/dead-letters.ts';
import { oldestMessages } from './deployment/oldest-message.ts';
import { type StackResources, stackResources } from './deployment/resources.ts';
import { askedWhy, counted, remedies, withOptions } from './words.ts';

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

const mostReasons = 10;

function statusLines(status: Status): string[] {
  const { queues, failures, emails, settings, workflows, hold, at } = status;
  const dead = deadLettersIn(queues);
  const rows = queues.map(({ name, waiting, inWork, scheduled, oldestSeconds, deadLetters }) => {
    const isEmpty = waiting + inWork === 0;
    const notKnown = isEmpty ? '–' : 'not known yet';
    const oldest = oldestSeconds === undefined ? notKnown : ageText(oldestSeconds * 1_000);
    return [name, ...[waiting, inWork, scheduled].map(String), oldest, String(deadLetters)];
  });
  const facts = [
    ['emails, 24 h', countsText(emails.byState)],
    ['emails, open', countsText(emails.open)],
    ['workflows', `${workflows.active.length} of ${workflows.all} active`],
    ...workflows.active.map((id) => ['', id]),
    ['settings', settings.isValid ? `valid, version ${settings.version}` : 'not valid'],
    ['connection', connectionText(status.connection)],
    ['mail', hold ? 'held' : 'goes out'],
    ['old secret', previousText(status.previousSecret)],
  ];
  return [
    ...columns([['QUEUE', 'WAITING', 'IN WORK', 'SCHEDULED', 'OLDEST', 'DEAD LETTERS'], ...rows]),
    '',
    ...reasonLines('Being retried', failures.retried, at),
    ...(dead > 0 ? reasonLines('Dead letters by reason', failures.dead, at) : []),
    ...unexplainedLines(dead, sumOf(failures.dead)),
    ...columns(facts),
  ];
}

/** Below that nobody would say that a message waits. */
const soonSeconds = 60;

/** What is in the queues while all is well. */
function underWay({ queues }: Status): string[] {
  const sumOfQueues = (countIn: (queue: Status['queues'][number]) => number) =>
    queues.reduce((sum, queue) => sum + countIn(queue), 0);
  const count = sumOfQueues(({ waiting, inWork }) => waiting + inWork);
  const scheduled = sumOfQueues((queue) => queue.scheduled);
  const are = (number: number) => `${counted(number, 'message')} ${number === 1 ? 'is' : 'are'}`;
  const oldest = Math.max(...queues.map(({ oldestSeconds = 0 }) => oldestSeconds));
  const wait = `${counted(count, 'message')} still ${count === 1 ? 'waits' : 'wait'}`;
  const now =
    oldest < soonSeconds
      ? `${are(count)} being processed.`
      : `${wait}, the oldest for ${ageText(oldest * 1_000)}.`;
  return [
    ...(count > 0 ? [now] : []),
    ...(scheduled > 0 ? [`${are(scheduled)} scheduled to run within 15 minutes.`] : []),
  ];
}

function reasonLines(title: string, reasons: readonly ReasonNow[], at: Date): string[] {
  if (reasons.length === 0) return [];
  const rows = reasons.slice(0, mostReasons).map(({ reason, count, since, failureId }) => {
    const age = ageText(at.getTime() - Date.parse(since));
    return [`${count} ×`, `since ${age}`, reason, `(${failureId})`];
  });
  const more = reasons.length - rows.length;
  const rest = more > 0 ? [`  … and ${more} more reasons`] : [];
  return [`${title}: ${sumOf(reasons)}`, ...columns(rows).map((line) => `  ${line}`), ...rest, ''];
}

function unexplainedLines(dead: number, explained: number): string[] {
  if (dead <= explained) return [];
  const why = 'their function crashed or timed out';
  return explained > 0
    ? [`  no reason is kept for the others: ${why}`, '']
    : [`Dead letters: ${dead}, and no reason is kept: ${why}`, ''];
}

function countsText(counts: ReadonlyMap<string, number>): string {
  const texts = [...counts].sort().map(([state, count]) => `${state} ${count}`);
  return texts.join(' · ') || 'none';
}

function connectionText(now: ConnectionNow): string {
  if (now.kind === 'none') {
    return `not connected; the webhook secret is ${secretAlone(now.hasSecret)}`;
  }
  const { organizationName, server } = now.connection;
  const where = server === 'sandbox' ? ', sandbox' : '';
  const endpoint = now.kind === 'seen' ? now.health.endpoint : undefined;
  const how = endpoint ? (endpoint.enabled ? 'enabled' : 'disabled') : 'unknown';
  return `${organizationName}${where}, endpoint ${how}`;
}

function previousText(previous: Status['previousSecret']): string {
  if (!previous) return 'none in use';
  return `accepted until ${previous.until ?? 'watch sets an end'}`;
}

/** What was not looked at, because there is too much of it. */
function unseenLines({ emails, failures, queues }: Status): string[] {
  // Nothing waits in an empty queue, so nobody misses its age.
  const isAgeUnknown = queues.some(
    ({ oldestSeconds, waiting, inWork }) => oldestSeconds === undefined && waiting + inWork > 0,
  );
  const lines = [
    !areAllCounted(emails) &&
      'Not all emails are counted: only the newest 2,000 of each workflow, and 800 open ones.',
    !failures.isWhole &&
      `Not all failures are counted: only the first ${failures.read} in the table Failures.`,
    isAgeUnknown &&
      'How long the oldest message has waited isn’t known yet. CloudWatch reports it, a few minutes late; a local stack has none.',
  ].filter((line) => line !== false);
  return lines.length > 0 ? ['', ...lines] : [];
}

function areAllCounted({ hasAllOfDay, hasAllOpen }: Status['emails']): boolean {
  return hasAllOfDay && hasAllOpen;
}

function statusDocument(
  status: Status,
  concerns: readonly Concern[],
  nextOf: (concern: Concern) => string | undefined,
) {
  const { at, queues, failures, emails, settings, workflows, connection, hold } = status;
  return {
    isWell: concerns.length === 0,
    at: at.toISOString(),
    concerns: concerns.map((concern) => ({
      kind: concern.kind,
      sentence: concern.sentence,
      next: nextOf(concern) ?? null,
    })),
    queues: queues.map((queue) => ({ ...queue, oldestSeconds: queue.oldestSeconds ?? null })),
    retried: failures.retried,
    deadLetters: {
      count: deadLettersIn(queues),
      reasons: deadLettersIn(queues) > 0 ? failures.dead : [],
      isWhole: failures.isWhole,
    },
    emails: {
      since: emails.since,
      byState: Object.fromEntries(emails.byState),
      open: Object.fromEntries(emails.open),
      waitingSince: emails.waitingSince ?? null,
      isWhole: areAllCounted(emails),
    },
    settings: {
      isValid: settings.isValid,
      version: settings.isValid ? settings.version : null,
      reason: settings.isValid ? null : settings.reason,
    },
    workflows,
    connection: connectionDocument(connection),
    hold: hold ? { reason: hold.reason, by: hold.by, at: hold.at } : null,
    previousSecret: status.previousSecret ? { until: status.previousSecret.until ?? null } : null,
  };
}

function connectionDocument(now: ConnectionNow) {
  if (now.kind === 'none') return null;
  const { organizationName, server, gap } = now.connection;
  const endpoint = now.kind === 'seen' ? now.health.endpoint : undefined;
  const isEnabled = endpoint?.enabled ?? null;
  return { organizationName, server, isEnabled, gapSince: gap?.since ?? null };
}
