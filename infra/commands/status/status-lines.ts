import { counted } from '#infra/commands/words.ts';
import { columns } from '#infra/terminal/lines.ts';
import { secretAlone } from '#shared/polar/webhook-secret.ts';
import { ageText } from '#shared/queue/dead-letters/letter-reasons.ts';
import type { ReasonNow } from '#shared/queue/failures-now.ts';
import { deadLettersIn, sumOf } from '#shared/status/concerns.ts';
import type { ConnectionNow, Status } from '#shared/status/status.ts';

const mostReasons = 10;

/** The page as a terminal shows it, but for what is wrong. */
export function statusLines(status: Status): string[] {
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
export function underWay({ queues }: Status): string[] {
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
export function unseenLines({ emails, failures, queues }: Status): string[] {
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

/** Whether there were few enough emails to count them all. */
export function areAllCounted({ hasAllOfDay, hasAllOpen }: Status['emails']): boolean {
  return hasAllOfDay && hasAllOpen;
}
