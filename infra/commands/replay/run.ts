import { counted, quoted } from '#infra/commands/words.ts';
import { actedOn } from '#infra/terminal/acted.ts';
import { Advice } from '#infra/terminal/advice.ts';
import type { ReplayEntry } from '#shared/audience/event-record.ts';
import { inGroups } from '#shared/in-time.ts';
import { requestReplay, type SendToWorker } from '#shared/queue/events-queue.ts';
import type { ReplayMode } from './options.ts';
import type { EventChoice, RecordedEvent, RecordedEvents } from './recorded-events.ts';
import { commandText, modeQuestion, outcomeLines, outcomeText } from './text.ts';

export type RunParts = Readonly<{
  events: RecordedEvents;
  send: SendToWorker;
  confirmed: (question: string) => Promise<boolean>;
  by: string;
  now: () => Date;
  newRun: () => string;
  print: (line: string) => void;
  progress: (text: string) => void;
  isStopped: () => boolean;
  /** What has to stand behind the next command to mean the same deployment. */
  options: string;
  sleep: (ms: number) => Promise<unknown>;
  /** How long to wait, without news, for the worker to record replays. */
  patienceMs: number;
}>;

type Run = ReplayMode &
  Readonly<{
    choice: EventChoice;
    /** The id of an interrupted run that this one goes on with. */
    run: string | undefined;
    yes: boolean;
  }>;

const customersSideBySide = 10;
const pollMs = 500;

/**
 * Asks the worker to replay the chosen events, waits for what became of them, and prints it. An interrupted run that
 * is given again, with its id, counts each event once.
 */
export async function runReplays(given: Run, parts: RunParts): Promise<void> {
  const { choice } = given;
  const { print, options, isStopped } = parts;
  const count = await meant(given, parts);
  if (count === undefined) return print('Nothing was replayed.');
  const run = given.run ?? parts.newRun();
  const again = commandText(choice, given, ` --run ${run}${options}`);
  print(`Run ${run}. If it's interrupted, this continues it, each event once:`);
  print(`  ${again}\n`);
  const replayId = replayIdOf(run, given);
  try {
    const { sent, before } = await sendAll(given, replayId, count, parts);
    const earlier = before > 0 ? ` ${before} were replayed before the interruption.` : '';
    print(`${counted(sent, 'replay')} queued.${earlier}`);
  } catch (error) {
    print(
      'It stopped on an error. Nothing is lost: fix the cause, then continue with the command above.\n',
    );
    throw error;
  }
  if (isStopped())
    return print('It stopped before everything was queued. Continue with the command above.');
  actedOn({ count });
  const { emails } = await outcomes(choice, replayId, count, parts);
  const next = nextCommand(given, emails);
  if (next) print(`\nNext:\n  npm run ${next}${options}`);
}

/** Where to see what it came to; nothing where all of it has been said. */
function nextCommand({ choice }: Run, emails: number): string | undefined {
  if (choice.kind === 'one') return `why -- ${quoted(choice.webhookId)}`;
  return emails > 0 ? 'emails -- list' : undefined;
}

/** The same events in another mode are another replay, also under the same run. */
function replayIdOf(run: string, { triggers, again }: ReplayMode): string {
  return [run, triggers && 'triggers', again && 'again'].filter(Boolean).join('-');
}

/** How many, after a person has agreed; `undefined`: none. */
async function meant(given: Run, parts: RunParts): Promise<number | undefined> {
  const { choice, yes } = given;
  const types = new Map<string, number>();
  let count = 0;
  for await (const events of parts.events.chosen(choice)) {
    count += events.length;
    for (const { type } of events) types.set(type, (types.get(type) ?? 0) + 1);
    parts.progress(`${count} events counted`);
    if (parts.isStopped()) return undefined;
  }
  if (count === 0) throw new Advice(noneText(choice));
  if (choice.kind === 'one') return count;
  parts.print(`${counted(count, 'event')}, received from ${choice.since} to ${choice.until}:`);
  outcomeLines(types).forEach(parts.print);
  return yes || (await parts.confirmed(modeQuestion(count, given))) ? count : undefined;
}

export function noneText(choice: EventChoice): string {
  return choice.kind === 'one'
    ? `There's no record of webhook ${choice.webhookId}: it never arrived, hasn't been applied yet, or its record has expired.`
    : `No matching events were received from ${choice.since} to ${choice.until}.`;
}

async function sendAll(given: Run, replayId: string, count: number, parts: RunParts) {
  const { choice, triggers, again } = given;
  const { events, send, by, now, isStopped } = parts;
  let [sent, before] = [0, 0];
  const failures: unknown[] = [];
  const ask = async ({ webhookId }: RecordedEvent) => {
    if (failures.length > 0 || isStopped()) return;
    try {
      const at = now().toISOString();
      await requestReplay({ replayId, webhookId, triggers, again, by, at }, send);
      sent += 1;
    } catch (error) {
      failures.push(error);
    }
  };
  for await (const all of events.chosen(choice)) {
    const left = given.run === undefined ? all : await notReplayed(all, replayId, events);
    before += all.length - left.length;
    await inGroups(left, ({ customerId }) => customerId, ask, customersSideBySide);
    if (failures.length > 0) throw failures[0];
    parts.progress(`${sent + before} of ${count} events queued`);
    if (isStopped()) break;
  }
  return { sent, before };
}

async function notReplayed(
  all: readonly RecordedEvent[],
  replayId: string,
  events: RecordedEvents,
) {
  const ids = all.map(({ webhookId }) => webhookId);
  const replayed = await events.entriesOf(ids, replayId);
  return all.filter(({ webhookId }) => !replayed.has(webhookId));
}

/** Waits for as long as there is news, and prints how many had which outcome. Gives how many emails were asked for. */
async function outcomes(
  choice: EventChoice,
  replayId: string,
  count: number,
  { events, print, progress, isStopped, now, sleep, patienceMs, options }: RunParts,
): Promise<{ emails: number }> {
  const tally = new Map<string, number>();
  let [recorded, missing, emails, runs, isPatient] = [0, 0, 0, 0, true];
  let newsAt = now().getTime();
  const note = (entry: ReplayEntry) => {
    const text = outcomeText(entry);
    tally.set(text, (tally.get(text) ?? 0) + 1);
    for (const { ledgerKey, runId, emails: atOnce = [] } of entry.workflows ?? []) {
      emails += atOnce.length + (ledgerKey === undefined ? 0 : 1);
      runs += runId === undefined ? 0 : 1;
    }
    recorded += 1;
  };
  for await (const all of events.chosen(choice)) {
    let left = all.map(({ webhookId }) => webhookId);
    while (left.length > 0) {
      const found = await events.entriesOf(left, replayId);
      for (const entry of found.values()) note(entry);
      left = left.filter((webhookId) => !found.has(webhookId));
      if (found.size > 0) newsAt = now().getTime();
      isPatient &&= now().getTime() - newsAt < patienceMs;
      if (left.length === 0 || !isPatient || isStopped()) break;
      progress(`${recorded} of ${count} replays recorded`);
      await sleep(pollMs);
    }
    missing += left.length;
    if (isStopped()) break;
  }
  print(`${counted(recorded, 'replay')} recorded:`);
  outcomeLines(tally).forEach(print);
  if (emails > 0) print(`${counted(emails, 'email')} requested.`);
  if (runs > 0) print(`${counted(runs, 'run')} started.`);
  if (isStopped()) print('The rest continues in the background.');
  else if (missing > 0) {
    print(`${missing} not recorded yet: queued, being retried, or dead. Check:`);
    print(`  npm run deadletters -- list --queue events${options}`);
  }
  return { emails };
}
