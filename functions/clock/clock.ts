import type { Email, MailMessage } from '#shared/audience/emails/email.ts';
import type { Wake } from '#shared/audience/runs/go-on.ts';
import type { Log } from '#shared/log.ts';
import type { RemainingTime } from '#shared/queue/each-record.ts';
import type { DueEmail, DueEmails, Taken } from '#shared/store/mail/due-emails.ts';
import type { DueRun, DueRuns, UnreadableRun } from '#shared/store/runs/due-runs.ts';

export type ClockParts = Readonly<{
  emails: DueEmails;
  runs: DueRuns;
  /** Puts at most ten messages into the worker's queue. Throws when it did not take all of them. */
  wake: (wakes: readonly Wake[]) => Promise<unknown>;
  /** Of one call. */
  mostRuns: number;
  /** Whether mail was held once and is not now: what was put aside meanwhile is due. */
  isReleased: () => Promise<boolean>;
  /** Puts at most ten messages into the mail queue. Throws when it did not take all of them. */
  queue: (messages: readonly MailMessage[]) => Promise<unknown>;
  /** Of one call: about what the mailers send until the next one, or messages pile up in their queue. */
  mostEmails: number;
  now: () => Date;
  log: Log;
}>;

/** After so long an email is asked for again, should its message be lost, and spoken of again, should it be unknown still. */
const leaseMs = 15 * 60_000;

/** What SQS takes in one call. */
const messagesAtOnce = 10;

/** So many are taken before their messages go, so that a clock that dies has few in its hands. */
const takenAtOnce = 50;

/** Time for what was begun: the SDK's three tries of a call, twice. What is left is due a minute later, too. */
const msToFinish = 15_000;

/**
 * Asks, every minute, for what is due. Whatever has to be done later is in a table with the time at which it is due, so
 * that no function waits by sending messages to itself, which Lambda stops after some 16 rounds. Each row is first put
 * off under a condition, an email for a quarter of an hour, a run for five minutes: two clocks at once ask once, and
 * what one that dies has taken is asked for after that time.
 */
export function clock(parts: ClockParts): (event: unknown, time: RemainingTime) => Promise<void> {
  return async (_, time) => {
    const hasTime = () => time.getRemainingTimeInMillis() > msToFinish;
    // Each for itself: what keeps one of them from going on must not hold the other.
    const [emails, runs] = await Promise.allSettled([
      askForEmails(parts, hasTime),
      askForRuns(parts, hasTime),
    ]);
    throwAll([emails, runs].flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
  };
}

/** Waits for all: one that fails must not cost the others their lease. */
async function outcomesOf<T>(all: readonly Promise<T>[]) {
  const results = await Promise.allSettled(all);
  return {
    done: results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    failures: results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
  };
}

function throwAll(reasons: readonly unknown[]): void {
  const words = new Set(reasons.map(String));
  if (reasons.length > 0) throw new AggregateError(reasons, [...words].join(' '));
}

function inBatches<T>(messages: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(messages.length / messagesAtOnce) }, (_, n) =>
    messages.slice(n * messagesAtOnce, (n + 1) * messagesAtOnce),
  );
}

const runLeaseMs = 5 * 60_000;
/** A run that is asked for and never goes on has its reason among the dead letters; it must not fill them. */
const patientLeaseMs = 60 * 60_000;
const triesBeforePatience = 3;

/** The wakes of one customer follow one another, so that one batch of the worker has them. */
async function askForRuns(parts: ClockParts, hasTime: () => boolean): Promise<void> {
  const { runs, wake, mostRuns, now, log } = parts;
  const { runs: due, unreadable } = await runs.due(now().toISOString(), mostRuns);
  const failed = await tellOfUnreadable(unreadable, parts);
  const byCustomer = Map.groupBy(due, ({ customerId }) => customerId);
  const inOrder = [...byCustomer.values()].flat();
  let queued = 0;
  for (let from = 0; from < inOrder.length && hasTime(); from += takenAtOnce) {
    const some = inOrder.slice(from, from + takenAtOnce);
    const { done, failures } = await outcomesOf(
      some.map(async (run) => ((await runs.take(run, leaseOf(run, now()))) ? [wakeOf(run)] : [])),
    );
    const wakes = done.flat();
    const sent = await outcomesOf(inBatches(wakes).map(wake));
    queued += wakes.length;
    failed.push(...failures, ...sent.failures);
  }
  if (due.length > 0) log.info('asked for runs that are due', { due: due.length, queued });
  throwAll(failed);
}

/** An alarm counts these lines: only a person can mend such a row, and meanwhile it must not keep the others waiting. */
async function tellOfUnreadable(
  unreadable: readonly UnreadableRun[],
  { runs, now, log }: ClockParts,
): Promise<unknown[]> {
  const until = new Date(now().getTime() + leaseMs).toISOString();
  const { failures } = await outcomesOf(
    unreadable.map(async (run) => {
      if (await runs.take(run, until)) log.error('run cannot be read', { runId: run.runId });
    }),
  );
  return failures;
}

function leaseOf({ wakes }: DueRun, now: Date): string {
  const leaseMs = wakes < triesBeforePatience ? runLeaseMs : patientLeaseMs;
  return new Date(now.getTime() + leaseMs).toISOString();
}

function wakeOf({ runId, customerId, workflowId, stepId, dueAt }: DueRun): Wake {
  return { runId, customerId, workflowId, stepId, dueAt };
}

async function askForEmails(parts: ClockParts, hasTime: () => boolean): Promise<void> {
  const due = await dueNow(parts);
  let queued = 0;
  const failed: unknown[] = [];
  for (let from = 0; from < due.length && hasTime(); from += takenAtOnce) {
    const { asked, failures } = await askForSome(due.slice(from, from + takenAtOnce), parts);
    queued += asked;
    failed.push(...failures);
  }
  if (due.length > 0) parts.log.info('asked for emails that are due', { due: due.length, queued });
  throwAll(failed);
}

/** How many of them the mailer was asked for, and what failed. */
async function askForSome(some: readonly DueEmail[], parts: ClockParts) {
  const { emails, queue, now, log } = parts;
  const until = new Date(now().getTime() + leaseMs).toISOString();
  const { done: found, failures } = await outcomesOf(
    some.map(async (one) => ({ ...one, taken: await emails.take(one, until) })),
  );
  // First, lest it be lost for a quarter of an hour with the messages of others.
  tellOfEmails(found, log);
  const rows = found.flatMap(({ taken }) => (taken.kind === 'email' ? [taken.email] : []));
  const messages = rows.filter(isToTry).map(messageOf);
  const sent = await outcomesOf(inBatches(messages).map(queue));
  const over = rows.filter((row) => row.state !== 'unknown' && !isToTry(row));
  const ended = await outcomesOf(over.map(({ ledgerKey }) => emails.settled(ledgerKey, until)));
  return {
    asked: messages.length,
    failures: [...failures, ...sent.failures, ...ended.failures],
  };
}

const isToTry = ({ state }: Email) => state === 'waiting' || state === 'reserved';

/** Alarms count these lines. An unknown email is settled by SES's own events or a person, an unreadable row by a person. */
function tellOfEmails(found: readonly (DueEmail & { taken: Taken })[], log: Log): void {
  for (const { ledgerKey, taken } of found) {
    if (taken.kind === 'unreadable') log.error('email cannot be read', { ledgerKey });
    if (taken.kind !== 'email' || taken.email.state !== 'unknown') continue;
    const { webhookId, workflowId } = taken.email;
    log.error('email is unknown for fifteen minutes', { webhookId, workflowId, ledgerKey });
  }
}

/**
 * What has come due by itself goes first; it is the longest in sight. Half is for what was held, once there is such: of what
 * is due much may be unknown, which comes again every quarter of an hour until a person has decided.
 */
async function dueNow({ emails, isReleased, mostEmails, now }: ClockParts) {
  const due = await emails.due(now().toISOString(), mostEmails);
  if (!(await isReleased())) return due;
  const room = Math.max(mostEmails - due.length, Math.ceil(mostEmails / 2));
  const held = await emails.held(room);
  return [...due.slice(0, mostEmails - held.length), ...held];
}

/** The mailer tries what waits, and gives up what was reserved and never ended. */
function messageOf(email: Email): MailMessage {
  const { ledgerKey, workflowId, workflowVersion, webhookId, customerId } = email;
  const { contactId, replayId, again, runId, stepId, stepDueAt, attempts = 0 } = email;
  return {
    ...{ ledgerKey, workflowId, workflowVersion, webhookId, customerId },
    ...{ contactId, replayId, again, runId, stepId, stepDueAt, attempts },
  };
}
