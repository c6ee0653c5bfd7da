import type { Email, MailMessage } from '#shared/audience/email.ts';
import type { Log } from '#shared/log.ts';
import type { DueEmails } from '#shared/store/mail/due-emails.ts';

export type ClockParts = Readonly<{
  emails: DueEmails;
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

/**
 * Asks, every minute, for what is due. Whatever has to be done later stands in a table with the time at which it is
 * due, so that no function waits by sending messages to itself, which Lambda stops after some 16 rounds. Each row is
 * first taken for a quarter of an hour under a condition: two clocks at once ask once, and what one that dies has taken
 * is asked for a quarter of an hour later.
 */
export function clock(parts: ClockParts): () => Promise<void> {
  return () => askForEmails(parts);
}

async function askForEmails(parts: ClockParts): Promise<void> {
  const { emails, queue, now, log } = parts;
  const due = await dueNow(parts);
  const asked = { queued: 0, unknown: 0 };
  for (let from = 0; from < due.length; from += messagesAtOnce) {
    const until = new Date(now().getTime() + leaseMs).toISOString();
    const some = due.slice(from, from + messagesAtOnce);
    const taken = await Promise.all(some.map((one) => emails.take(one, until)));
    const rows = taken.filter((row) => row !== undefined);
    const unknown = rows.filter(({ state }) => state === 'unknown');
    for (const { ledgerKey, webhookId, workflowId } of unknown) {
      // An alarm counts these lines: only SES's own events or a person can settle it.
      const fields = { webhookId, workflowId, ledgerKey };
      log.error('email is unknown for fifteen minutes', fields);
    }
    const left = rows.filter(({ state }) => state === 'waiting' || state === 'reserved');
    const over = rows.filter((row) => !unknown.includes(row) && !left.includes(row));
    await Promise.all(over.map(({ ledgerKey }) => emails.settled(ledgerKey, until)));
    const messages = left.map(messageOf);
    if (messages.length > 0) await queue(messages);
    asked.unknown += unknown.length;
    asked.queued += messages.length;
  }
  if (due.length > 0) log.info('asked for emails that are due', { due: due.length, ...asked });
}

/** What has come due by itself goes first; it is the longest in sight. */
async function dueNow({ emails, isReleased, mostEmails, now }: ClockParts) {
  const due = await emails.due(now().toISOString(), mostEmails);
  const left = mostEmails - due.length;
  if (left === 0 || !(await isReleased())) return due;
  return [...due, ...(await emails.held(left))];
}

/** The mailer tries what waits, and gives up what was reserved and never ended. */
function messageOf(email: Email): MailMessage {
  const { ledgerKey, workflowId, workflowVersion, webhookId, customerId } = email;
  const { contactId, replayId, again, attempts = 0 } = email;
  return {
    ...{ ledgerKey, workflowId, workflowVersion, webhookId, customerId },
    ...{ contactId, replayId, again, attempts },
  };
}
