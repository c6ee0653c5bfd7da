import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { commandActs } from '#infra/commands/command-acts.ts';
import {
  type Deployment,
  findDeployment,
  readSettings,
} from '#infra/commands/deployment/deployment.ts';
import { deployedAudience } from '#infra/commands/deployment/parts.ts';
import { type StackResources, stackResources } from '#infra/commands/deployment/resources.ts';
import { noting } from '#infra/commands/noting.ts';
import { counted } from '#infra/commands/words.ts';
import { Advice, foundSomethingToDo } from '#infra/terminal/advice.ts';
import type { StackCommand } from '#infra/terminal/command-line.ts';
import { addressShown } from '#infra/terminal/lines.ts';
import { type Output, outputWithProgress } from '#infra/terminal/output.ts';
import { confirmed, interruption, person } from '#infra/terminal/person.ts';
import { type Rehearsal, type Replay, rehearseReplay } from '#shared/audience/replay/replay.ts';
import type { SendToWorker } from '#shared/queue/events-queue.ts';
import { documentClient } from '#shared/store/dynamo.ts';
import { dynamoEmailAdmin } from '#shared/store/mail/emails.ts';
import { dynamoWorkflows } from '#shared/store/mail/workflows.ts';
import { type ReplayMode, type ReplayOptions, replayWords } from './options.ts';
import {
  type EventChoice,
  type RecordedEvent,
  type RecordedEvents,
  recordedEvents,
} from './recorded-events.ts';
import { noneText, runReplays } from './run.ts';
import { commandText, outcomeLines, rehearsalDocument, rehearsalLines } from './text.ts';

export type RehearsalParts = Readonly<{
  events: RecordedEvents;
  rehearse: (replay: Replay) => Promise<Rehearsal>;
  address: (address: string) => string;
  by: string;
  now: () => Date;
  progress: (text: string) => void;
  isStopped: () => boolean;
  options: string;
}> &
  Output;

const sideBySide = 8;

/** Keys that are remembered, so that an email for which several events ask counts once. */
const mostKeys = 100_000;

/**
 * Prints what a replay of each chosen event would do if it were the only one, and changes nothing. `true`: it would
 * change something, or email somebody.
 */
export async function rehearseReplays(
  { choice, triggers, again }: ReplayMode & Readonly<{ choice: EventChoice }>,
  { events, rehearse, address, by, now, progress, isStopped, options, ...output }: RehearsalParts,
): Promise<boolean> {
  const { print, document } = output;
  const outcomes = new Map<string, number>();
  const going = new Set<string>();
  const found: object[] = [];
  let [looked, changed, emails, begun] = [0, 0, 0, 0];

  async function show({ webhookId }: RecordedEvent): Promise<() => void> {
    const at = now().toISOString();
    const replay = { replayId: 'rehearsal', webhookId, triggers, again, by, at };
    const rehearsal = await rehearse(replay);
    // Its record expired after it was listed.
    if (rehearsal.kind === 'no-record') return () => undefined;
    const { record, entry, mails, runs } = rehearsal;
    return () => {
      looked += 1;
      begun += runs.length;
      if (entry.changes.length > 0 || entry.erases) changed += 1;
      outcomes.set(entry.outcome, (outcomes.get(entry.outcome) ?? 0) + 1);
      for (const { ledgerKey, goes } of mails) {
        if (!goes || going.has(ledgerKey)) continue;
        emails += 1;
        if (going.size < mostKeys) going.add(ledgerKey);
      }
      if (document) found.push(rehearsalDocument(record, entry, rehearsal, address));
      else rehearsalLines(record, entry, rehearsal, address).forEach(print);
    };
  }

  for await (const batch of events.chosen(choice)) {
    for (let start = 0; start < batch.length && !isStopped(); start += sideBySide) {
      const shown = await Promise.all(batch.slice(start, start + sideBySide).map(show));
      for (const one of shown) one();
      progress(`${looked} events checked`);
    }
    if (isStopped()) break;
  }
  const isWhole = !isStopped();
  if (isWhole && looked === 0) throw new Advice(noneText(choice));
  const isWorthIt = changed + emails + begun > 0;
  if (document) {
    const counts = { events: looked, changed, emails, runs: begun };
    const whole = { ...counts, outcomes: Object.fromEntries(outcomes) };
    document({ isWhole, triggers, again, counts: whole, events: found });
    return isWorthIt;
  }
  if (!isWhole) print('\nInterrupted.');
  print(`\n${counted(looked, 'event')} checked, each on its own. Nothing was changed.`);
  outcomeLines(outcomes).forEach(print);
  const runs = begun > 0 ? ` ${counted(begun, 'run')} would start.` : '';
  if (triggers) print(`${counted(emails, 'email')} would go.${runs}`);
  print(`\nNext:\n  ${commandText(choice, { triggers, again }, options)}`);
  return isWorthIt;
}

const patienceMs = 60_000;

/** The words of `npm run replay`, and what they do. */
export function replayCommand(command: StackCommand): void {
  replayWords(command, noting(commandActs.replay, runReplay));
}

async function runReplay(given: ReplayOptions): Promise<void> {
  const { progress, clear, ...output } = outputWithProgress(given.json);
  const { print } = output;
  const now = () => new Date();
  const deployment = await findDeployment(given.target, print);
  const resources = await stackResources(given.target, deployment);
  const db = documentClient(new DynamoDBClient(deployment.clientConfigs.dynamodb));
  const stop = interruption(print);
  const parts = {
    events: recordedEvents(db, resources.physicalId('Events')),
    by: person(),
    now,
    ...output,
    progress,
    isStopped: stop.isStopped,
    options: deployment.options,
  };
  try {
    if (given.dryRun) {
      const rehearse = await rehearsalOf(deployment, resources);
      const address = addressShown(given.reveal);
      const isWorthIt = await rehearseReplays(given, { ...parts, rehearse, address });
      if (isWorthIt && !stop.isStopped()) process.exitCode = foundSomethingToDo;
      return;
    }
    await runReplays(given, {
      ...parts,
      send: sendTo(
        new SQSClient(deployment.clientConfigs.sqs),
        resources.physicalId('EventsQueue'),
      ),
      confirmed: (question) => stop.isOff(() => confirmed(question)),
      newRun: () => `${now().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`,
      sleep: (ms) => setTimeout(ms),
      patienceMs,
    });
  } finally {
    clear();
    stop.forget();
  }
}

function sendTo(sqs: SQSClient, QueueUrl: string): SendToWorker {
  return (message, DelaySeconds) =>
    sqs.send(new SendMessageCommand({ QueueUrl, DelaySeconds, ...message }));
}

/** Reads the settings and workflows once, so that all events are looked at by the same. */
async function rehearsalOf(deployment: Deployment, resources: StackResources) {
  const { workflowsTable, emailsTable, settingsTable, mailFrom } = deployment;
  const { db, store, suppressionKey, now, newId } = deployedAudience(deployment, resources);
  const [settings, workflows] = await Promise.all([
    readSettings(db, settingsTable),
    dynamoWorkflows(db, workflowsTable).all(),
    // Who may not read it is told at once.
    suppressionKey(),
  ]);
  const emails = dynamoEmailAdmin(db, emailsTable, now);
  return (replay: Replay) =>
    rehearseReplay(replay, {
      store,
      surroundings: { settings, now: now(), newId },
      workflows,
      emailUnder: emails.find,
      hasSender: mailFrom !== undefined,
    });
}
