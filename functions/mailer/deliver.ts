import { contactLedgerKey } from '#shared/audience/consider-workflows.ts';
import type { Counted, Email, EmailIdentity, MailMessage } from '#shared/audience/emails/email.ts';
import { judgeMail } from '#shared/audience/emails/judge-mail.ts';
import type { Emails } from '#shared/audience/emails/ledger.ts';
import {
  countedToday,
  fullReason,
  isCounted,
  mailboxOf,
  quotaOf,
} from '#shared/audience/emails/mailbox.ts';
import type { NormalisedEmail } from '#shared/audience/person/address.ts';
import type { Contact } from '#shared/audience/person/person.ts';
import { stepKey } from '#shared/audience/runs/run.ts';
import { sendOf, type Workflow } from '#shared/audience/workflow.ts';
import type { SendMail } from '#shared/mail/ses.ts';
import type { Hold } from '#shared/store/mail/hold.ts';
import type { Compose } from './compose.ts';
import type { Known } from './situation.ts';

export type DeliveryParts = Readonly<{
  emails: Emails;
  /** Whether all mail is held, at most seconds ago. */
  hold: () => Promise<Hold | undefined>;
  /** Everything that decides on this email, read consistently now. */
  known: (message: MailMessage) => Promise<Known>;
  compose: Compose;
  send: SendMail;
  addressHash: (email: NormalisedEmail) => Promise<string>;
  /** Also keyed, and never that of an address. */
  mailboxHash: (mailbox: string) => Promise<string>;
  hasSender: boolean;
  newToken: () => string;
  now: () => Date;
}>;

export type Delivery = {
  kind: 'sent' | 'waiting' | 'unknown' | 'blocked' | 'failed' | 'settled';
  reason?: string;
  /** Of one that is `blocked`: for a reason that somebody can remove, such as a template. */
  needsPerson?: true;
  /** Of one that is `waiting`: for how long SES has refused it. */
  waitedMinutes?: number;
};

/** Longer than the mailer may run: whoever holds an older lease is gone. */
const leaseMs = 120_000;

/** How long SES may refuse an email for now before it counts as failed. */
const longestWaitMs = 48 * 3_600_000;

/** From the first refusal of SES to the next attempt; each later wait is twice as long, up to the longest. */
const firstWaitMs = 15_000;
const longestBreakMs = 900_000;

/** After so long SES should have said whether it took an email whose answer was lost. */
const silenceMs = 900_000;

/**
 * Sends one email at most once. The ledger is written before SES is called and after it has answered; where the
 * answer is lost the email is `unknown` and never sent again by itself. What is left to do later is in the ledger
 * too, in the same write as the state, and the clock asks for it. Throws when the ledger cannot be reached, or when
 * another mailer is at this email: the message must come again.
 */
export async function deliver(message: MailMessage, parts: DeliveryParts): Promise<Delivery> {
  const { attempts, check, ...identity } = message;
  const email = await parts.emails.find(identity.ledgerKey);
  if (check) return handOver(email, parts);
  // It was tried since the clock asked: where a backlog keeps messages, the clock asks more than once.
  if (attempts !== undefined && attempts !== (email?.attempts ?? 0)) return { kind: 'settled' };
  if (email && isOver(email, identity)) return { kind: 'settled' };
  if (email?.state === 'reserved') return outlived(email, parts);
  return attempt(identity, email, parts);
}

const later = ({ now }: DeliveryParts, ms: number) => new Date(now().getTime() + ms).toISOString();

/**
 * What was blocked or failed for another event, or before a replay, is tried for this one; the same event or replay is
 * not judged twice.
 */
function isOver(email: Email, message: EmailIdentity): boolean {
  if (email.state === 'sent' || email.state === 'unknown') return true;
  return (email.state === 'blocked' || email.state === 'failed') && isAskedBySame(email, message);
}

/** Whether the row was written for the same event or replay. */
function isAskedBySame(email: Email, { webhookId, replayId }: EmailIdentity): boolean {
  return email.webhookId === webhookId && email.replayId === replayId;
}

/** A reservation that was never ended: its mailer is still at it, or died without telling whether SES took the email. */
async function outlived(email: Email, parts: DeliveryParts): Promise<Delivery> {
  if (email.token === undefined || (email.leaseUntil ?? '') > parts.now().toISOString()) {
    throw new Error('Another mailer is sending this email.');
  }
  const reason = 'The mailer was interrupted before SES confirmed the email.';
  return loseSight(email.ledgerKey, email.token, reason, parts);
}

async function attempt(
  message: EmailIdentity,
  email: Email | undefined,
  parts: DeliveryParts,
): Promise<Delivery> {
  const hold = await parts.hold();
  if (hold?.isOn) return putAside(message, email, hold, parts);
  const known = await parts.known(message);
  if (message.runId !== undefined && !known.ofRun) return withoutRun(message, email, parts);
  const { workflow, contact } = known;
  const wasSentBefore =
    !message.again && (await wasSentUnderOtherId(message, workflow, contact, parts.emails));
  const verdict = judgeMail({
    ...known,
    wasSentBefore,
    wasHeld: email?.state === 'waiting' && email.heldSince !== undefined,
    hasSender: parts.hasSender,
    now: parts.now(),
  });
  const counted = countedToday(email, parts.now());
  if (verdict.kind === 'block') return block(message, { ...verdict, counted }, parts);
  const composed = await parts.compose(verdict, known.settings, message.ledgerKey);
  if (composed.kind === 'blocked') {
    return block(message, { reason: composed.reason, needsPerson: true, counted }, parts);
  }

  const token = parts.newToken();
  const leaseUntil = later(parts, leaseMs);
  const addressHash = await parts.addressHash(verdict.contact.email);
  // An edited workflow is sent in its present words.
  const workflowVersion = workflow?.version ?? message.workflowVersion;
  const identity = { ...message, workflowVersion, contactId: verdict.contact.contactId };
  const { customerId } = message;
  const unchanged = known.ofRun && { customerId, revision: known.revision };
  const reservation = { token, leaseUntil, addressHash, unchanged, counted };
  const mailboxHash = await parts.mailboxHash(mailboxOf(verdict.contact.email));
  // One that waits was counted when it was tried first, unless that was on another day.
  const quota =
    isCounted(verdict) && !counted
      ? quotaOf(verdict, known.settings, mailboxHash, parts.now())
      : undefined;
  const reserved = quota
    ? await parts.emails.reserveWithin(identity, reservation, quota)
    : (await parts.emails.reserve(identity, reservation)) && 'reserved';
  if (quota && (reserved === 'full of mails' || reserved === 'full of marketing')) {
    return block(identity, { reason: fullReason(quota, reserved) }, parts);
  }
  if (reserved !== 'reserved') {
    throw new Error('Another mailer took this email, or its customer changed, at the same moment.');
  }
  const isCountedFor = counted ?? (quota && { key: quota.key, isMarketing: quota.isMarketing });
  const result = await parts.send(composed.mail);
  switch (result.kind) {
    case 'sent':
      await parts.emails.sent(message.ledgerKey, token, result.sesMessageId);
      return { kind: 'sent' };
    case 'refused':
      return (await parts.emails.fail(message.ledgerKey, token, result.reason, isCountedFor))
        ? { kind: 'failed', reason: result.reason }
        : { kind: 'settled' };
    case 'not-now':
      return wait(message, { email, token, reason: result.reason, counted: isCountedFor }, parts);
    case 'unknown':
      return loseSight(message.ledgerKey, token, result.reason, parts);
  }
}

/** Nothing is judged meanwhile: what is mended before the release counts. The clock asks for it after that. */
async function putAside(
  message: EmailIdentity,
  email: Email | undefined,
  hold: Hold,
  { emails, now }: DeliveryParts,
): Promise<Delivery> {
  const reason = `All mail is held: ${hold.reason}`;
  const heldSince = email?.heldSince ?? now().toISOString();
  const isAside = await emails.putAside(message, reason, heldSince);
  return isAside ? { kind: 'waiting', reason } : { kind: 'settled' };
}

type Blocking = Readonly<{ reason: string; counted?: Counted | undefined }>;

async function block(
  message: EmailIdentity,
  { reason, needsPerson, counted }: Pick<Delivery, 'needsPerson'> & Blocking,
  parts: DeliveryParts,
): Promise<Delivery> {
  const isBlocked = await parts.emails.block(message, reason, counted);
  return isBlocked
    ? { kind: 'blocked', reason, ...(needsPerson && { needsPerson }) }
    : { kind: 'settled' };
}

/**
 * Its run is erased, or has begun again and asks for itself. What waits for this very message would wait for good: nobody
 * else asks for it.
 */
async function withoutRun(
  message: EmailIdentity,
  email: Email | undefined,
  parts: DeliveryParts,
): Promise<Delivery> {
  const isItsOwn =
    email?.state === 'waiting' &&
    isAskedBySame(email, message) &&
    email.stepDueAt === message.stepDueAt;
  const reason = 'The run that asked for it was erased, or has started over.';
  const counted = countedToday(email, parts.now());
  const isBlocked = isItsOwn && (await parts.emails.giveUp(email, reason, counted));
  return isBlocked ? { kind: 'blocked', reason } : { kind: 'settled' };
}

type Attempted = Readonly<{
  /** As it was before this attempt. */
  email: Email | undefined;
  token: string;
  reason: string;
  counted: Counted | undefined;
}>;

/** Counted in the ledger and not in receives, so that a quota that is used up for a day makes no dead letters. */
async function wait(
  { ledgerKey }: EmailIdentity,
  { email, token, reason, counted }: Attempted,
  parts: DeliveryParts,
): Promise<Delivery> {
  const { emails, now } = parts;
  const since = (email?.state === 'waiting' && email.waitingSince) || now().toISOString();
  const waitedMs = now().getTime() - Date.parse(since);
  if (waitedMs > longestWaitMs) {
    await emails.fail(ledgerKey, token, `SES refused it for two days: ${reason}`, counted);
    return { kind: 'failed', reason };
  }
  const attempts = email?.state === 'waiting' ? (email.attempts ?? 0) : 0;
  const breakMs = Math.min(longestBreakMs, firstWaitMs * 2 ** Math.min(attempts, 10));
  const waiting = { reason, waitingSince: since, dueAt: later(parts, breakMs) };
  return (await emails.wait(ledgerKey, token, waiting))
    ? { kind: 'waiting', reason, waitedMinutes: Math.floor(waitedMs / 60_000) }
    : { kind: 'settled' };
}

async function loseSight(
  ledgerKey: string,
  token: string,
  reason: string,
  parts: DeliveryParts,
): Promise<Delivery> {
  const dueAt = later(parts, silenceMs);
  const isUnknown = await parts.emails.loseSight(ledgerKey, token, reason, dueAt);
  return isUnknown ? { kind: 'unknown', reason } : { kind: 'settled' };
}

/** 0.1.0 asks by messages what became of an unknown email; the clock does so from now on. */
async function handOver(email: Email | undefined, parts: DeliveryParts): Promise<Delivery> {
  if (email?.state === 'unknown' && email.dueAt === undefined) {
    await parts.emails.keepInSight(email.ledgerKey, later(parts, silenceMs));
  }
  return { kind: 'settled' };
}

async function wasSentUnderOtherId(
  { ledgerKey, stepId, runId }: EmailIdentity,
  workflow: Workflow | undefined,
  contact: Contact | undefined,
  emails: Emails,
): Promise<boolean> {
  if (workflow?.frequency !== 'once-per-contact') return false;
  const step = sendOf(workflow, stepId);
  if (!step) return false;
  const ids = contact ? [contact.contactId, ...(contact.mergedIds ?? [])] : [];
  const keys = ids.flatMap((contactId) => {
    const key = contactLedgerKey(workflow.workflowId, contactId);
    // Without a run it has the key that any other in its place has, and may have been a step of one before.
    return runId === undefined ? [key, stepKey(key, step.id)] : [stepKey(key, step.id)];
  });
  for (const key of new Set(keys)) {
    if (key === ledgerKey) continue;
    const email = await emails.find(key);
    if (email && ['sent', 'unknown', 'reserved'].includes(email.state)) return true;
  }
  return false;
}
